"""Several projects, one public fund, and voters with budgets: what is to be allocated."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from operator import mul

import numpy as np

from gongzao.research.errors import InvalidAllocation


@dataclass(frozen=True, slots=True)
class Candidate:
    """A project that asks the fund for ``cost`` [any unit, usually fen], above 0; all or nothing."""

    id: str
    cost: Fraction

    def __post_init__(self) -> None:
        if self.cost <= 0:
            raise InvalidAllocation(
                "contest.cost",
                en=f"{self.id}: cost must be above 0, got {self.cost}",
                zh=f"{self.id}：金额须大于0，收到 {self.cost}",
            )


@dataclass(frozen=True, slots=True)
class Voter:
    """A firm or cluster with its part of the fund.

    Parameters
    ----------
    id
        Identifier.
    budget
        Its part of the fund [as costs], ≥ 0.
    utilities
        How much it values each project it wants, each above 0; projects left out are worth 0 to it.
    """

    id: str
    budget: Fraction
    utilities: Mapping[str, Fraction]

    def __post_init__(self) -> None:
        if self.budget < 0 or any(u.numerator <= 0 for u in self.utilities.values()):
            raise InvalidAllocation(
                "contest.voter",
                en=f"{self.id}: budget must not be negative and utilities must be above 0",
                zh=f"{self.id}：预算不得为负，效用须大于0",
            )


@dataclass(frozen=True, slots=True)
class Scaled:
    """A contest in whole numbers; voters with the same budget and utilities are one group, its amounts are totals.

    Parameters
    ----------
    candidates
        Sorted by id; all other lists go by their places.
    money, unit
        What a budget or cost of 1, and a utility of 1, count here.
    groups
        The voters of each group.
    budgets
        Budget by group.
    supporters, utilities
        By candidate: the groups that want it, and what it is worth to each.
    values
        By candidate: its welfare, the sum of budget times utility over all voters.
    """

    candidates: tuple[Candidate, ...]
    money: int
    unit: int
    groups: list[list[Voter]]
    budgets: list[int]
    supporters: list[list[int]]
    utilities: list[list[int]]
    values: list[int]


@dataclass(frozen=True, slots=True)
class Contest:
    """Candidates and voters; the fund is the sum of the voters' budgets.

    Parameters
    ----------
    candidates, voters
        Ids must differ, and votes must be for candidates.

    Attributes
    ----------
    whole
        The same in whole numbers, made once.
    """

    candidates: tuple[Candidate, ...]
    voters: tuple[Voter, ...]
    whole: Scaled = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ids = {candidate.id for candidate in self.candidates}
        voters = {voter.id for voter in self.voters}
        if len(ids) < len(self.candidates) or len(voters) < len(self.voters):
            raise InvalidAllocation("contest.twice", en="an id occurs twice", zh="编号重复")
        unknown = sorted({name for voter in self.voters for name in voter.utilities} - ids)
        if unknown:
            raise InvalidAllocation(
                "contest.unknown", en=f"votes for unknown projects: {unknown}", zh=f"投票涉及未知项目：{unknown}"
            )
        object.__setattr__(self, "whole", _scale(self.candidates, self.voters))

    @property
    def fund(self) -> Fraction:
        """All money there is."""
        return Fraction(sum(self.whole.budgets), self.whole.money)

    def welfare(self, chosen: Collection[str]) -> Fraction:
        """Return the welfare of some projects: utilities weighted by the voters' parts of the fund."""
        whole = self.whole
        value = sum(value for c, value in zip(whole.candidates, whole.values, strict=True) if c.id in chosen)
        return Fraction(value, whole.unit * (sum(whole.budgets) or 1))


def _scale(listed: Sequence[Candidate], everybody: Sequence[Voter]) -> Scaled:
    candidates = tuple(sorted(listed, key=lambda c: c.id))
    place = {c.id: k for k, c in enumerate(candidates)}
    money = lcm(*{v.budget.denominator for v in everybody}, *(c.cost.denominator for c in candidates))
    grouped: dict[tuple[object, ...], list[Voter]] = {}
    for voter in everybody:
        # Equal budgets are usually one object; where they are not, groups are smaller and nothing else changes.
        key: tuple[object, ...] = (id(voter.budget), *voter.utilities)
        found = grouped.setdefault(key, [voter])
        if found[0] is not voter:
            if found[0].utilities == voter.utilities:
                found.append(voter)
            else:
                grouped[*key, len(grouped)] = [voter]
    groups = list(grouped.values())
    heads = [voters[0].budget.numerator * (money // voters[0].budget.denominator) for voters in groups]
    # Long lists filled from iterators and sorted once: the way through all votes is what takes time. A utility is
    # usually one object shared by many voters, so each object is made whole once.
    columns: list[int] = []
    rows: list[int] = []
    sizes: list[int] = []
    worth: list[Fraction] = []
    for g, voters in enumerate(groups):
        wants = voters[0].utilities
        columns.extend(map(place.__getitem__, wants))
        rows.extend([g] * len(wants))
        sizes.extend([len(voters)] * len(wants))
        worth.extend(wants.values())
    ids = list(map(id, worth))
    each = dict(zip(ids, worth, strict=True))
    unit = lcm(*(u.denominator for u in each.values()))
    whole = {key: u.numerator * (unit // u.denominator) for key, u in each.items()}
    totals = list(map(mul, sizes, map(whole.__getitem__, ids)))
    order = np.argsort(np.array(columns, dtype=np.intp), kind="stable").tolist()
    rows, totals = [rows[i] for i in order], [totals[i] for i in order]
    ends = np.cumsum(np.bincount(columns, minlength=len(candidates))).tolist() if columns else [0] * len(candidates)
    spans = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
    supporters, utilities = [rows[span] for span in spans], [totals[span] for span in spans]
    return Scaled(
        candidates,
        money,
        unit,
        groups,
        [head * len(voters) for head, voters in zip(heads, groups, strict=True)],
        supporters,
        utilities,
        [sum(map(mul, map(heads.__getitem__, g), u)) for g, u in zip(supporters, utilities, strict=True)],
    )


def budgets(fund: Fraction, weights: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Return the voters' exact parts of a fund in proportion to their weights.

    Raises
    ------
    InvalidAllocation
        ``contest.weights`` if a weight is negative or all are 0.
    """
    # Most voters share one weight object, and a fraction's hash costs more than an identity.
    each = {id(weight): weight for weight in weights}
    whole = sum((each[key] * count for key, count in Counter(map(id, weights)).items()), Fraction(0))
    if whole <= 0 or min(weights) < 0:
        raise InvalidAllocation(
            "contest.weights", en="weights must not be negative nor all 0", zh="权重不得为负且不得全为0"
        )
    parts = {key: fund * weight / whole for key, weight in each.items()}
    return tuple(parts[id(weight)] for weight in weights)
