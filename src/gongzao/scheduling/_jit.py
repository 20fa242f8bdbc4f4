"""The one way kernels are compiled, typed so that callers keep their signatures."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeAlias, TypeVar, cast

import numba
import numba.extending
import numpy as np
import numpy.typing as npt

from gongzao.scheduling._cache import cached

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Words: TypeAlias = npt.NDArray[np.uint64]

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile without the interpreter lock, cached on disk; the plain function stays at ``.py_func``."""
    return cast("F", cached(numba.njit(nogil=True)(function)))


def leaf(function: F) -> F:
    """Compile like :func:`kernel`, always inlined: passing tuples of arrays costs more than a small kernel's work."""
    return cast("F", cached(numba.njit(nogil=True, forceinline=True)(function)))


def inner(function: F) -> F:
    """Compile like :func:`leaf` a function made of others, which no file can keep: its callers are kept with it in."""
    return cast("F", numba.njit(nogil=True, forceinline=True)(function))


def with_globals(compiled: F, **others: object) -> F:
    """Return a kernel with other functions in place of its module's, compiled in this process only."""
    function = plain(compiled)
    names = {**function.__globals__, **others}
    return cast("F", numba.njit(nogil=True)(FunctionType(function.__code__, names, function.__name__)))


def _without_owner(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    if isinstance(kind, numba.types.Array):
        array = context.make_array(kind)(context, builder, value=value)
        for owner in ("meminfo", "parent"):
            setattr(array, owner, getattr(array, owner).type(None))
        return array._getvalue()
    if isinstance(kind, numba.types.BaseTuple):
        for i, inner in enumerate(cast("Any", kind)):
            part = _without_owner(context, builder, inner, builder.extract_value(value, i))
            value = builder.insert_value(value, part, i)
    return value


@numba.extending.intrinsic
def _borrow(_: object, kind: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _without_owner(context, builder, signature.args[0], args[0])

    return kind(kind), build


def borrow(value: T) -> T:
    """Return a tuple of arrays that does not count references, for use while the caller holds the arrays.

    Counting them in every small kernel costs ten times what the kernels do.
    """
    return value


@numba.extending.overload(borrow)
def _borrow_overload(value):  # type: ignore[no-untyped-def]  # noqa: ARG001 - numba matches the name
    strip = cast("Any", _borrow)
    return lambda value: strip(value)  # noqa: PLW0108 - numba compiles the body


@numba.extending.intrinsic
def _leading_zeros(_: object, kind: Any) -> Any:
    def build(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.ctlz(args[0], context.get_constant(numba.types.boolean, False))

    return numba.types.int64(kind), build


def highest_bit(word: np.uint64) -> int:
    """Return the place of the highest set bit, 0 to 63; -1 if there is none."""
    return int(word).bit_length() - 1


@numba.extending.overload(highest_bit)
def _highest_bit_overload(word):  # type: ignore[no-untyped-def]  # noqa: ARG001 - numba matches the name
    zeros = cast("Any", _leading_zeros)
    return lambda word: 63 - zeros(np.uint64(word))


@leaf
def lowest_bit(word: np.uint64) -> int:
    """Return the place of the lowest set bit, 0 to 63; -1 if there is none."""
    return highest_bit(word & (~word + np.uint64(1)))


def plain(compiled: F) -> F:
    """Return the uncompiled twin of a kernel."""
    return cast("F", getattr(compiled, "py_func"))  # noqa: B009 - the attribute is numba's, unknown to the type


@leaf
def next_random(state: Words) -> float:
    """Advance a xorshift64* generator (Vigna 2016, https://doi.org/10.1145/2845077); return a number in [0, 1)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


def random_state(seed: int) -> Words:
    """Return generator state for a seed; different seeds give unrelated streams."""
    return np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)
