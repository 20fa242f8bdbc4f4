"""Pairs of two sides, as many as possible: near ones first, then whatever lets one more pair be made.

Items of a side that have the same partners stand together in a group, so the work grows with the groups and not with
the items: thousands of equal amounts on a few days cost no more than a few.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

L = TypeVar("L")
R = TypeVar("R")

Edges = Mapping[int, Sequence[tuple[int, int]]]
"""For each left group its right groups, each with its rank: the smaller, the better."""


def pair(left: Sequence[Sequence[L]], right: Sequence[Sequence[R]], edges: Edges) -> list[tuple[L, R, int]]:
    """Return pairs of a left and a right item with the rank of their edge.

    No item is in two pairs, and no other choice of pairs has more of them. Pairs of the best rank are made first, then
    those of the next, as many of each as the order of the groups gives; then augmenting paths make the number as large
    as it can be. They give an item another partner, but never leave without one what had one.

    Parameters
    ----------
    left, right
        Groups of items that are alike; items of a group are used in their order.
    edges
        Which groups go together. The result depends on the order of groups and items, and on nothing else.

    References
    ----------
    C. Berge, Two theorems in graph theory, Proc. Natl. Acad. Sci. 43 (1957) 842–844, doi:10.1073/pnas.43.9.842.

    Examples
    --------
    >>> pair([["a"], ["b"]], [["x"], ["y"]], {0: [(0, 1), (1, 3)], 1: [(0, 1)]})
    [('a', 'y', 3), ('b', 'x', 1)]
    """
    free_left, free_right = [len(group) for group in left], [len(group) for group in right]
    flow: dict[tuple[int, int], int] = defaultdict(int)
    ranked = sorted((rank, a, b) for a, found in edges.items() for b, rank in found)
    for _, a, b in ranked:
        many = min(free_left[a], free_right[b])
        flow[a, b] += many
        free_left[a] -= many
        free_right[b] -= many
    back: dict[int, set[int]] = defaultdict(set)
    for _, a, b in ranked:
        back[b].add(a)
    while path := _path(edges, back, flow, free_left, free_right):
        many = min(free_left[path[0]], free_right[path[-1]], *(flow[a, b] for b, a in _undone(path)))
        for a, b in zip(path[::2], path[1::2], strict=True):
            flow[a, b] += many
        for b, a in _undone(path):
            flow[a, b] -= many
        free_left[path[0]] -= many
        free_right[path[-1]] -= many
    lefts, rights = [deque(group) for group in left], [deque(group) for group in right]
    ranks = {(a, b): rank for rank, a, b in reversed(ranked)}
    return [(lefts[a].popleft(), rights[b].popleft(), ranks[a, b]) for a, b in sorted(ranks) for _ in range(flow[a, b])]


def _undone(path: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Return the pairs (right, left) that a path takes apart."""
    return zip(path[1:-1:2], path[2::2], strict=True)


def _path(
    edges: Edges,
    back: Mapping[int, set[int]],
    flow: Mapping[tuple[int, int], int],
    free_left: Sequence[int],
    free_right: Sequence[int],
) -> list[int]:
    """Return a shortest augmenting path of groups, left and right in turn; empty if there is none."""
    before: dict[int, int] = {}
    came: dict[int, int] = {a: -1 for a in sorted(edges) if free_left[a]}
    queue = deque(came)
    while queue:
        a = queue.popleft()
        for b, _ in edges.get(a, ()):
            if b in before:
                continue
            before[b] = a
            if free_right[b]:
                return _traced(b, before, came)
            for other in sorted(back[b]):
                if other not in came and flow[other, b]:
                    came[other] = b
                    queue.append(other)
    return []


def _traced(end: int, before: Mapping[int, int], came: Mapping[int, int]) -> list[int]:
    path = [end]
    while True:
        path.append(before[path[-1]])
        if came[path[-1]] < 0:
            return path[::-1]
        path.append(came[path[-1]])
