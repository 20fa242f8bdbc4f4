"""Text files and names: what bytes say, and which characters a reader can see."""

import re
import unicodedata
from collections import Counter
from pathlib import Path

from gongzao.kernel.errors import InvalidInput, InvalidValue, Problem

MAX_BYTES = 10 * 1024 * 1024
"""Largest text file [B] unless a reader says otherwise."""

_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF_32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_SAMPLE = 32_768
# A character of UTF-8 that Chinese text has, one that was cut, and what is neither (bytes of GB18030, mostly).
_UTF_8 = re.compile(
    rb"(?P<whole>[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})"
    rb"|(?P<cut>[\xe0-\xef][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{1,2})"
    rb"|[\xc2\xc3][\x80-\xbf]|(?P<strange>[\xc4-\xdf][\x80-\xbf]|[\x80-\xff])"
)
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_AROUND = "\ufeff\u200b\u200c\u200d\u2060\u200e\u200f\u202a\u202c"
# Direction marks turn round what stands behind them, so what is read is not what is kept.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def decode(data: bytes, source: str, *, most: int = MAX_BYTES, gb18030: bool = True) -> str:
    """Return the text of a file: UTF-8, UTF-16 with byte order mark, or GB18030 as Excel and WPS write it.

    GB18030 gives nearly every sequence of bytes a meaning, so it is taken only if the bytes are not UTF-8 that was cut
    or damaged: a file with as many whole Chinese characters of UTF-8 as faults in it is UTF-8.

    Parameters
    ----------
    data
        The file.
    source
        Its name, for messages.
    most
        Largest file [B].
    gb18030
        Whether GB18030 is taken at all.

    Raises
    ------
    InvalidInput
        ``file.size``, or ``file.encoding`` with the line of the first fault.
    """
    if len(data) > most:
        size = f"{most / 1024**2:g} MB"
        raise _refused(source, "file.size", f"larger than {size}", f"文件超过{size}")
    if data.startswith(_UTF_32):
        raise _refused(source, "file.encoding", "UTF-32 is not read; save as UTF-8", "不读取 UTF-32，请另存为 UTF-8")
    if mark := _UTF_16.get(data[:2]):
        text = _decoded(data[2:], mark, source)
    else:
        text = _eight_bits(data, source, gb18030=gb18030)
    if (place := text.find("\x00")) >= 0:
        en, zh = "holds a NUL character: not a text file", "含有空字符（NUL），不是文本文件"
        raise _refused(source, "file.encoding", en, zh, text.count("\n", 0, place) + 1)
    return text


def read_text(path: Path, *, most: int = MAX_BYTES, gb18030: bool = True) -> str:
    """Return the text of a file on the disk, as :func:`decode` has it.

    Raises
    ------
    InvalidInput
        ``file.unreadable``, and what :func:`decode` refuses.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        en, zh = f"cannot be read: {error.strerror}", f"无法读取：{error.strerror}"
        raise _refused(str(path), "file.unreadable", en, zh) from None
    return decode(data, str(path), most=most, gb18030=gb18030)


def one_line(text: str) -> str:
    r"""Return a name without blanks and zero-width characters around it.

    Raises
    ------
    InvalidValue
        ``text.hidden`` if it holds a character that is not seen: control characters, line breaks, direction marks.

    Examples
    --------
    >>> one_line("\\u200b 安平县丝网厂 ")
    '安平县丝网厂'
    """
    bare = _bare(text)
    return bare if bare.isprintable() else _checked(bare, {c for c in bare if unicodedata.category(c) in _HIDDEN})


def several_lines(text: str) -> str:
    """Return a text that may have lines and tabs, without blanks and zero-width characters around it.

    Raises
    ------
    InvalidValue
        ``text.hidden`` if it holds any other control character, or a mark that turns the direction of writing.
    """
    bare = _bare(text.replace("\r\n", "\n"))
    hidden = {c for c in bare if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"}
    return _checked(bare, hidden | _TURNING & set(bare))


def _bare(text: str) -> str:
    before = None
    while text != before:
        before, text = text, text.strip().strip(_AROUND)
    return text


def _checked(text: str, hidden: set[str]) -> str:
    if hidden:
        names = " ".join(f"U+{ord(c):04X}" for c in sorted(hidden)[:5])
        raise InvalidValue(
            "text.hidden",
            en=f"holds a line break or a character that is not seen ({names}); please type it anew",
            zh=f"含有换行或看不见的字符（{names}），请删去后重新输入",
        )
    return text


def _eight_bits(data: bytes, source: str, *, gb18030: bool) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fault = error.start
    if data.startswith(b"\xef\xbb\xbf"):
        fault += 3
    elif gb18030 and not _is_damaged_utf_8(data[max(0, fault - _SAMPLE) : fault + _SAMPLE]):
        return _decoded(data, "gb18030", source)
    en = "not UTF-8, or UTF-8 that was cut or damaged here; save the file anew as UTF-8"
    zh = "不是 UTF-8，或此处的 UTF-8 文本被截断、损坏，请另存为 UTF-8 后重试"
    raise _refused(source, "file.encoding", en, zh, data.count(b"\n", 0, fault) + 1)


def _is_damaged_utf_8(data: bytes) -> bool:
    """Whether bytes that are no UTF-8 were meant to be: characters that are whole or only cut outweigh the others."""
    kinds = Counter(found.lastgroup for found in _UTF_8.finditer(data))
    return kinds["strange"] <= kinds["whole"] + kinds["cut"]


def _decoded(data: bytes, encoding: str, source: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    en, zh = "not text in UTF-8, UTF-16 or GB18030", "不是 UTF-8、UTF-16 或 GB18030 编码的文本"
    raise _refused(source, "file.encoding", en, zh, line)


def _refused(source: str, code: str, en: str, zh: str, line: int | None = None) -> InvalidInput:
    return InvalidInput([Problem(source, code, en, zh, line)])
