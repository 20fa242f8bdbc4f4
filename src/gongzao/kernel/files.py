"""Files in and out: text that says how it is encoded, results that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from gongzao.kernel.errors import InvalidInput, Problem

MARKS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
GUESSES = ("gb18030", "big5")
"""Encodings of Chinese files that are not UTF-8, the likelier first."""


def _refuse(path: Path, code: str, en: str, zh: str) -> NoReturn:
    raise InvalidInput([Problem(str(path), f"file.{code}", en, zh)])


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, without the byte order mark it may begin with.

    Raises
    ------
    InvalidInput
        ``file.unreadable``, or ``file.encoding`` with the encoding it seems to have.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        _refuse(path, "unreadable", f"cannot be read: {error.strerror or error}", f"文件无法读取：{error.strerror}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        name = _encoding(data)
        seems = f"; it seems to be {name}" if name else ""
        _refuse(
            path,
            "encoding",
            f"is not UTF-8{seems}: save it as UTF-8",
            f"不是 UTF-8 编码{f'，可能是 {name}' if name else ''}，请另存为 UTF-8",
        )


def _encoding(data: bytes) -> str | None:
    for mark, name in MARKS:
        if data.startswith(mark):
            return name
    for name in GUESSES:
        with suppress(UnicodeDecodeError):
            data.decode(name)
            return "GBK (GB18030)" if name == "gb18030" else name.upper()
    return None


def require_writable(outputs: Sequence[Path], inputs: Sequence[Path] = ()) -> None:
    """Refuse, before any work is done, outputs that could not be written or that would replace something else.

    Parameters
    ----------
    outputs
        Files to write. A device or a pipe is written through; a link is followed.
    inputs
        Files the work reads, which no output may be, by whatever name.

    Raises
    ------
    InvalidInput
        ``file.no_folder``, ``file.folder``, ``file.device``, ``file.unwritable``, ``file.is_input`` or ``file.twice``.
    """
    for path in outputs:
        _require_target(path)
        for source in inputs:
            if _same(path, source):
                _refuse(
                    path, "is_input", f"is the input {source}, which stays as it is", f"就是输入文件 {source}，不能覆盖"
                )
    for i, path in enumerate(outputs):
        for other in outputs[:i]:
            if _same(path, other) and not _through(path):
                _refuse(path, "twice", f"is the same file as {other}", f"与 {other} 是同一个文件")


def _same(one: Path, two: Path) -> bool:
    with suppress(OSError):
        return one.samefile(two)
    return _target(one) == _target(two)


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        _refuse(path, "unwritable", f"cannot be written: {error.strerror}", f"无法写入：{error.strerror}")


def _through(path: Path) -> bool:
    """Return whether the path is a character device or a pipe, which take text but cannot be replaced."""
    mode = _mode(path)
    return mode is not None and (stat.S_ISCHR(mode) or stat.S_ISFIFO(mode))


def _target(path: Path) -> Path:
    """Return the file that a path stands for, all links followed."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # Python 3.11 and 3.12 say RuntimeError where links go round
        _refuse(path, "unwritable", "cannot be written: its links go round in a circle", "无法写入：链接成环")


def _require_target(path: Path) -> None:
    mode = _mode(path)
    if mode is not None and stat.S_ISDIR(mode):
        _refuse(path, "folder", "is a folder, not a file", "是文件夹，不是文件")
    if mode is not None and not (stat.S_ISREG(mode) or _through(path)):
        _refuse(path, "device", "is a device and is not written over", "是设备，不会覆盖")
    if mode is not None and not os.access(path, os.W_OK):
        _refuse(path, "unwritable", "may not be written", "没有写入权限")
    if _through(path):
        return
    folder = _target(path).parent
    if not folder.is_dir():
        _refuse(path, "no_folder", f"the folder {folder} does not exist", f"文件夹 {folder} 不存在")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        _refuse(
            path,
            "unwritable",
            f"cannot be written: nothing can be made in {folder}: {error.strerror}",
            f"无法写入：不能在 {folder} 中新建文件：{error.strerror}",
        )


def write_files(contents: Mapping[Path, str | bytes]) -> None:
    """Write all the files whole, or none: text (UTF-8, lines as they are) or bytes.

    Each is written beside its place under a name of its own, brought to the disk and only then moved, so that a reader
    or a second writer sees the old file or the new. The mode of a file that is replaced stays, a link is followed.

    Raises
    ------
    InvalidInput
        What :func:`require_writable` says, or ``file.unwritable``.
    """
    require_writable(tuple(contents))
    data = {p: c.encode("utf-8") if isinstance(c, str) else c for p, c in contents.items()}
    parts: dict[Path, Path] = {}
    path = next(iter(data))
    try:
        for path, content in data.items():
            if not _through(path):
                parts[_target(path)] = _fresh(_target(path))
                _write_part(parts[_target(path)], _target(path), content)
        for path, content in data.items():
            if _through(path):
                with path.open("wb") as file:
                    file.write(content)
        _move(parts)
    except OSError as error:
        _refuse(path, "unwritable", f"cannot be written: {error.strerror}", f"无法写入：{error.strerror}")
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    for folder in {target.parent for target in parts}:
        _settle(folder)


def _fresh(target: Path) -> Path:
    return target.with_name(f".{secrets.token_hex(8)}.part")


def _write_part(part: Path, target: Path, content: bytes) -> None:
    """Write the content, with the mode of the file it is to replace and, where this is allowed, its owner."""
    with part.open("xb") as file:
        if target.exists():
            old = target.stat()
            if hasattr(os, "chown"):
                with suppress(OSError):
                    os.chown(part, old.st_uid, old.st_gid)
            part.chmod(stat.S_IMODE(old.st_mode))
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _move(parts: Mapping[Path, Path]) -> None:
    """Move every part to its place; if one cannot be, put back what stood where others have gone."""
    kept = {target: _fresh(target) for target in parts if len(parts) > 1 and target.exists()}
    moved: list[Path] = []
    try:
        for target, copy in kept.items():
            shutil.copy2(target, copy)
        for target, part in parts.items():
            part.replace(target)
            moved.append(target)
    except OSError:
        for target in moved:
            if target in kept:
                kept[target].replace(target)
            else:
                target.unlink()
        raise
    finally:
        for copy in kept.values():
            copy.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Bring the entries of a folder to the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
