"""The same few shapes as SVG or as PNG, so that both charts look alike."""

from __future__ import annotations

import re
import unicodedata
import warnings
from html import escape
from io import BytesIO
from typing import Any, Protocol

FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Sans CJK JP",
    "Arial Unicode MS",
)
"""Fonts with Chinese characters, the first that is installed is taken; nothing is fetched."""
PIXELS, SIDE = 60_000_000, 60_000
"""Most pixels of a PNG, and of one of its sides; a larger chart comes out coarser."""
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def width_of(text: str, size: float) -> float:
    """Return about how wide a text is [px]: wide characters are square, others a bit more than half."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return size * (wide + 0.58 * (len(text) - wide))


def fitted(text: str, size: float, room: float, *, keep_end: bool = False) -> str:
    """Return the text, cut with an ellipsis if it is wider than ``room`` [px]; empty if nothing would stay.

    Numbered names differ at their ends: ``keep_end`` cuts the beginning.
    """
    if width_of(text, size) <= room:
        return text
    while text and width_of(text, size) + size > room:
        text = text[1:] if keep_end else text[:-1]
    if not text:
        return ""
    return f"…{text}" if keep_end else f"{text}…"


class Canvas(Protocol):
    """What a chart is drawn on [px, from the top left]."""

    def rect(
        self, x: float, y: float, w: float, h: float, fill: str, *, edge: str = "", line: float = 0, alpha: float = 1
    ) -> None:
        """Draw a rectangle."""

    def text(self, x: float, y: float, text: str, *, size: float = 11, anchor: str = "start", fill: str = "") -> None:
        """Write a text whose baseline is at ``y``; ``anchor`` is start, middle or end."""

    def tip(self, text: str) -> None:
        """Let the last rectangle tell more where that can be shown."""


class Svg:
    """A canvas as SVG."""

    def __init__(self, width: float, height: float, title: str) -> None:
        fonts = ",".join(f"'{f}'" for f in FONTS)
        self._out = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
            f'height="{height:.0f}" font-family="{fonts},sans-serif" role="img">',
            f"<title>{_clean(title)}</title>",
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>',
        ]

    def rect(
        self, x: float, y: float, w: float, h: float, fill: str, *, edge: str = "", line: float = 0, alpha: float = 1
    ) -> None:
        """Draw a rectangle."""
        stroke = f' stroke="{edge}" stroke-width="{line}"' if edge else ""
        opacity = f' fill-opacity="{alpha}"' if alpha < 1 else ""
        self._out.append(
            f'<rect x="{x:.2f}" y="{y:.1f}" width="{w:.2f}" height="{h:.1f}" fill="{fill}"{stroke}{opacity}/>'
        )

    def text(self, x: float, y: float, text: str, *, size: float = 11, anchor: str = "start", fill: str = "") -> None:
        """Write a text."""
        place = f' text-anchor="{anchor}"' if anchor != "start" else ""
        colour = f' fill="{fill}"' if fill else ""
        self._out.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}"{place}{colour}>{_clean(text)}</text>')

    def tip(self, text: str) -> None:
        """Give the last rectangle a title."""
        self._out[-1] = f"{self._out[-1][:-2]}><title>{_clean(text)}</title></rect>"

    def done(self) -> str:
        """Return the document."""
        return "\n".join([*self._out, "</svg>"])


def _clean(text: str) -> str:
    return escape(_UNPRINTABLE.sub("", text))


def chinese_font() -> str | None:
    """Return the name of an installed font with Chinese characters."""
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    return next((name for name in FONTS if name in known), None)


class Png:
    """A canvas as PNG, by matplotlib."""

    def __init__(self, width: float, height: float) -> None:
        from matplotlib.figure import Figure

        scale = min(2.0, SIDE / max(width, height), (PIXELS / (width * height)) ** 0.5)
        self._figure = Figure(figsize=(width / 100, height / 100), dpi=100 * scale)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(height, 0)
        self._axes.axis("off")
        self._order = 0
        self._shapes: list[tuple[Any, ...]] = []
        font = chinese_font()
        self._fonts = [*([font] if font else []), "DejaVu Sans"]

    def rect(
        self, x: float, y: float, w: float, h: float, fill: str, *, edge: str = "", line: float = 0, alpha: float = 1
    ) -> None:
        """Draw a rectangle."""
        from matplotlib.colors import to_rgba

        corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
        colour = to_rgba(edge) if edge else (0.0, 0.0, 0.0, 0.0)
        self._shapes.append((corners, to_rgba(fill, alpha), colour, line * 0.72))

    def text(self, x: float, y: float, text: str, *, size: float = 11, anchor: str = "start", fill: str = "") -> None:
        """Write a text."""
        place: Any = {"start": "left", "middle": "center", "end": "right"}[anchor]
        shown = _UNPRINTABLE.sub("", text).replace("$", r"\$")
        self._flush()
        self._axes.text(
            x,
            y,
            shown,
            fontsize=size * 0.72,
            ha=place,
            va="baseline",
            family=self._fonts,
            color=fill or "#000",
            zorder=self._order + 1,
        )

    def tip(self, text: str) -> None:
        """Show nothing: a picture has no tips."""

    def _flush(self) -> None:
        """Draw the rectangles so far in one go, below what comes."""
        from matplotlib.collections import PolyCollection

        if self._shapes:
            corners, fills, edges, lines = zip(*self._shapes, strict=True)
            self._order += 2
            self._axes.add_collection(
                PolyCollection(corners, facecolors=fills, edgecolors=edges, linewidths=lines, zorder=self._order)
            )
            self._shapes = []

    def done(self) -> bytes:
        """Return the picture."""
        self._flush()
        out = BytesIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing")  # the command says once what font is needed
            self._figure.savefig(out, format="png")
        return out.getvalue()
