"""The 0/1 optimum: the projects of greatest welfare that the fund can pay, exactly."""

from bisect import bisect_left
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from gongzao.research.contest import Contest
from gongzao.research.errors import InvalidAllocation

MAX_STATES = 1_000_000
"""Partial selections kept at once before the search gives up."""


class _State(NamedTuple):
    """A partial selection: cost, value, and how it was made (last item, rest)."""

    cost: int
    value: int
    chosen: tuple[int, object] | None


def optimum(contest: Contest) -> tuple[str, ...]:
    """Return the ids of the projects that maximise the welfare within the fund, sorted.

    Method: the list of undominated (cost, value) pairs grows item by item, best value per cost first; pairs that
    cannot beat what is already found, even if the rest were filled at the next item's value per cost, are dropped. It
    is exact on integers of any size and needs no solver; a fund decides among tens of projects, at most hundreds.

    Raises
    ------
    InvalidAllocation
        ``optimum.too_large`` if more than :data:`MAX_STATES` pairs would have to be kept.

    References
    ----------
    G. L. Nemhauser, Z. Ullmann, Discrete dynamic programming and capital allocation, Management Science 15 (1969)
    494–505, doi:10.1287/mnsc.15.9.494.
    """
    whole = contest.whole
    fund = sum(whole.budgets)
    found = zip(whole.candidates, whole.values, strict=True)
    items = [(int(c.cost * whole.money), value, c.id) for c, value in found if value]
    items = sorted((item for item in items if item[0] <= fund), key=lambda x: (Fraction(-x[1], x[0]), x[2]))
    costs, gains = [item[0] for item in items], [item[1] for item in items]
    states = [_State(0, 0, None)]
    best = states[0]
    for i, (cost, gain) in enumerate(zip(costs, gains, strict=True)):
        states = list(_merge(states, [_State(s.cost + cost, s.value + gain, (i, s.chosen)) for s in states], fund))
        best = max(best, states[-1], key=lambda s: s.value)
        if i + 1 < len(items):
            next_cost, next_gain = costs[i + 1], gains[i + 1]
            least = _fill(best, i + 1, costs, gains, fund)
            states = [s for s in states if (s.value - least) * next_cost + (fund - s.cost) * next_gain >= 0]
        if len(states) > MAX_STATES:
            raise InvalidAllocation(
                "optimum.too_large",
                en=f"the optimum of {len(items)} projects needs more than {MAX_STATES} partial selections",
                zh=f"{len(items)}个项目的最优解超出 {MAX_STATES} 个中间状态的上限",
            )
    return tuple(sorted(items[i][2] for i in _chosen(best)))


def welfare_gap(contest: Contest, reached: Fraction) -> Fraction:
    """Return the part of the best possible welfare that an allocation misses, 0 to 1."""
    best = contest.welfare(optimum(contest))
    return 1 - reached / best if best else Fraction(0)


def _merge(old: list[_State], new: list[_State], fund: int) -> Iterator[_State]:
    """Yield the undominated of two lists, each rising in cost and in value."""
    value = -1
    i = j = 0
    end = bisect_left(new, fund + 1, key=lambda s: s.cost)
    while i < len(old) or j < end:
        take_old = j >= end or (i < len(old) and (old[i].cost, -old[i].value) <= (new[j].cost, -new[j].value))
        if take_old:
            state = old[i]
            i += 1
        else:
            state = new[j]
            j += 1
        if state.value > value:
            value = state.value
            yield state


def _fill(state: _State, start: int, costs: list[int], gains: list[int], fund: int) -> int:
    """Return the value when a selection is filled with what still fits, in order."""
    cost, value = state.cost, state.value
    for k in range(start, len(costs)):
        if cost + costs[k] <= fund:
            cost += costs[k]
            value += gains[k]
    return value


def _chosen(state: _State) -> Iterator[int]:
    link: object = state.chosen
    while isinstance(link, tuple):
        yield link[0]
        link = link[1]
