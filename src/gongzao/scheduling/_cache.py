"""Where compiled kernels are kept between runs: one folder for each state of the sources they rest on.

Numba itself looks only at the file a kernel stands in. A kernel that has another inlined, or uses a constant of another
module, would stay as it was when that one changes; so the folder is named after all that a kernel can see.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import shutil
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, cast

import numba
from numba.core import caching

PACKAGE = Path(__file__).parent
PREFIX = "kernels-"
_SPOILT = (OSError, EOFError, pickle.UnpicklingError)


_KERNELS = re.compile(r"^from gongzao\.scheduling\._jit import .*\b(?:kernel|leaf)\b", re.MULTILINE)
_IMPORTS = re.compile(r"^from gongzao\.scheduling\.(\w+) import", re.MULTILINE)


def seen_by_kernels() -> tuple[Path, ...]:
    """Return the sources that can change what a kernel does: those of kernels, and whatever they import."""
    texts = {path.stem: path.read_text("utf-8") for path in PACKAGE.glob("*.py")}
    seen = [name for name, text in texts.items() if _KERNELS.search(text)]
    for name in seen:
        seen += [other for other in _IMPORTS.findall(texts[name]) if other not in seen]
    return tuple(PACKAGE / f"{name}.py" for name in sorted(set(seen)))


@cache
def _state() -> str:
    """Return a fingerprint of the sources that kernels see."""
    digest = hashlib.sha256(sys.prefix.encode())  # another environment compiles for itself
    for path in seen_by_kernels():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _homes() -> list[Path]:
    """Return where folders may be made, the best first: as told, beside the sources, in the user's cache."""
    named = cast("Any", numba.config).CACHE_DIR
    told = [Path(named)] if named else []
    own = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    users = [Path(own)] if own else []
    with suppress(RuntimeError):  # nobody's home
        users += [] if own else [Path.home() / ".cache"]
    place = hashlib.sha256(str(PACKAGE).encode()).hexdigest()[:8]
    return [*told, PACKAGE / "__pycache__", *(user / "gongzao" / place for user in users)]


@cache
def folder() -> Path | None:
    """Return the folder of these sources' kernels, made if need be; ``None`` if there is none and none can be made.

    Folders of other states of the sources go.
    """
    for home in _homes():
        mine = home / f"{PREFIX}{_state()}"
        try:
            mine.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=mine):
                pass
        except OSError:
            if any(mine.glob("*.nbi")):
                return mine  # an installation that may only be read, with its kernels
            continue
        for other in home.glob(f"{PREFIX}*"):
            if other != mine:
                shutil.rmtree(other, ignore_errors=True)
        return mine
    return None


class _Locator(caching._CacheLocator):
    """Numba's question where a kernel is kept and whether it is still good."""

    def __init__(self, function: Any, home: Path) -> None:
        self._py_file, self._home = function.__code__.co_filename, home
        self._line = function.__code__.co_firstlineno

    def get_cache_path(self) -> str:
        return str(self._home)

    def get_source_stamp(self) -> str:
        return _state()

    def get_disambiguator(self) -> str:
        return str(self._line)

    @classmethod
    def from_function(cls, py_func: Any, _py_file: str) -> _Locator | None:
        home = folder()
        return None if home is None else cls(py_func, home)


class _Impl(caching.CompileResultCacheImpl):
    _locator_classes: Any = (_Locator,)


class _KernelCache(caching.Cache):
    """Numba's cache, without which everything works: a disk that is full or a folder that is gone loses only time."""

    _impl_class: Any = _Impl

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        base: Any = super()
        try:
            return base.load_overload(sig, target_context)
        except _SPOILT:
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        base: Any = super()
        try:
            base.save_overload(sig, data)
        except _SPOILT:
            base.disable()


def cached(compiled: Any) -> Any:
    """Let a compiled function be kept in :func:`folder`, if there is one."""
    if folder() is not None:
        compiled._cache = cast("Any", _KernelCache)(compiled.py_func)
    return compiled
