"""Keep the English catalogues complete: collect the Chinese texts of every app of the site and merge them.

``python tools/messages.py`` adds what is missing (untranslated) and drops what is gone; ``--check`` only tells, and
fails when a text has no English or a catalogue holds a text that is gone.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

WEB = Path(__file__).resolve().parents[1] / "src/gongzao/web"
KEYWORDS = ("_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy")

HEADER = b"""msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def texts(app: Path) -> Iterator[tuple[str | tuple[str, str], str | None]]:
    """Yield every marked text of an app, with its context."""
    for path in sorted([*app.rglob("*.py"), *app.rglob("*.html"), *app.rglob("*.txt")]):
        source = path.read_text("utf-8")
        code = templatize(source) if path.suffix != ".py" else source
        for _, function, message, _ in extract_python(io.BytesIO(code.encode()), KEYWORDS, [], {}):
            parts = (message,) if isinstance(message, str) else tuple(part for part in message if part)
            if function.startswith("pgettext"):
                yield parts[1], parts[0]
            elif function.startswith("ngettext"):
                yield (parts[0], parts[1]), None
            elif parts and parts[0]:
                yield parts[0], None


def merge(app: Path, *, check: bool) -> list[str]:
    """Bring the catalogue of an app up to date, or list what is wrong with it."""
    path = app / "locale/en/LC_MESSAGES/django.po"
    known = read_po(path.open("rb"), locale="en") if path.exists() else Catalog(locale="en")
    wanted = Catalog(locale="en")
    for message, context in texts(app):
        wanted.add(message, context=context)
    if not len(wanted):
        return []
    faults = []
    for entry in wanted:
        if not entry.id:
            continue
        old = known.get(entry.id if isinstance(entry.id, str) else entry.id[0], entry.context)
        entry.string = old.string if old is not None else entry.string or ""
        translated = all(entry.string) if isinstance(entry.string, tuple) else bool(entry.string)
        if not translated or (old is not None and old.fuzzy):
            faults.append(f"{path}: no English for {entry.id!r}")
    gone = {(m.id if isinstance(m.id, str) else m.id[0]) for m in known} - {
        (m.id if isinstance(m.id, str) else m.id[0]) for m in wanted
    }
    faults += [f"{path}: {message!r} is not used any more" for message in sorted(gone)]
    if not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(HEADER)
            write_po(file, wanted, sort_output=True, width=110, omit_header=True)
    return faults


def main() -> int:
    """Merge or check every app; return the exit status."""
    check = "--check" in sys.argv
    faults = [fault for app in sorted(p for p in WEB.iterdir() if p.is_dir()) for fault in merge(app, check=check)]
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults and check else 0


if __name__ == "__main__":
    raise SystemExit(main())
