"""Solutions of a pure shop between two others, and how far these are apart."""

from __future__ import annotations

import numpy as np

from gongzao.scheduling._jit import Ints, Words, kernel, next_random
from gongzao.scheduling.shop import Shop


@kernel
def relink(one: Ints, alt_one: Ints, two: Ints, alt_two: Ints, share: float, random: Words) -> tuple[Ints, Ints]:
    """Return a solution between two: order by mixed ranks, alternatives from either; always acyclic."""
    n = len(one)
    rank = np.zeros(n)
    for k in range(n):
        rank[one[k]] += share * k
        rank[two[k]] += (1.0 - share) * k
    alt = alt_two.copy()
    for v in range(n):
        if next_random(random) < share:
            alt[v] = alt_one[v]
    return np.argsort(rank, kind="mergesort"), alt


@kernel
def distance(shop: Shop, one: Ints, alt_one: Ints, two: Ints, alt_two: Ints) -> int:
    """Return how many tasks have another unit or another task before them there."""
    units = len(shop.seq_ptr) - 1
    before = np.full(len(one), -1, np.int64)
    last = np.full(units, -1, np.int64)
    for v in one:
        before[v] = last[shop.alt_unit[alt_one[v]]]
        last[shop.alt_unit[alt_one[v]]] = v
    last[:] = -1
    count = 0
    for v in two:
        u = shop.alt_unit[alt_two[v]]
        count += int(alt_one[v] != alt_two[v] or before[v] != last[u])
        last[u] = v
    return count
