"""The method of equal shares with unequal budgets, exact and fast, every payment explained."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush
from math import gcd
from typing import Any, NamedTuple

import numpy as np

from gongzao.research.contest import Contest

LIMITS = (
    "等额分摊法保证资金按份额成比例地代表各方，但不保证总效用最大；在多个项目共用预算时，没有任何规则能同时防止策略性报价，"
    "也无法在自愿参与下近似最优效用。因此同时列出0/1最优解及差距，不作更多承诺。",
    "The method of equal shares gives every group of voters the projects its part of the fund can pay for; it "
    "does not maximise total welfare. Where budgets are shared over projects no rule is strategyproof, and the best "
    "welfare cannot even be approximated under voluntary participation. The 0/1 optimum and the gap are therefore "
    "shown beside it, and no more is claimed.",
)
"""What the allocation can not promise, in Chinese and English, for every page that shows one."""

_SLACK = 1e-9
"""Far above the rounding errors of a sum of a million doubles, so that filtered bounds are safe."""


class Payment(NamedTuple):
    """What one voter pays for one project; ``all_left`` if that is all it had left, else rate times utility."""

    voter: str
    amount: Fraction
    all_left: bool


@dataclass(frozen=True, slots=True)
class Funding:
    """A funded project.

    Parameters
    ----------
    candidate, cost
        The project and what it gets.
    rate
        Price of one unit of utility: each supporter pays ``rate`` times its utility, or all it has left if that is
        less. None if the project was funded from the rest, by the completion rule.
    payments
        Who pays; empty for a project funded from the rest.
    """

    candidate: str
    cost: Fraction
    rate: Fraction | None
    payments: tuple[Payment, ...] = ()


@dataclass(frozen=True, slots=True)
class Allocation:
    """The funded projects in the order in which they were chosen, what is left [as costs], and the welfare."""

    funded: tuple[Funding, ...]
    rest: Fraction
    welfare: Fraction


def equal_shares(contest: Contest, *, complete: bool = True, explain: bool = True) -> Allocation:
    r"""Allocate the fund by the method of equal shares.

    Each voter owns its part of the fund. In every round a project is affordable at rate :math:`\rho` if
    :math:`\sum_i \min(b_i, \rho u_i) \ge c` with :math:`b_i` the budgets left, :math:`u_i` the utilities, :math:`c` the
    cost. The project with the least rate is funded (ties: the id that sorts first), its supporters pay, and so on until
    no project is affordable.

    Completion rule: the method may leave money. With ``complete`` the projects left are then funded from the rest, in
    the order of welfare per cost (ties: the id that sorts first), each that still fits.

    All arithmetic is exact. Floating point only orders the work: it gives a safe lower bound of each rate
    (the rate is the maximum of :math:`(c - b(P)) / u(R)` over splits into poor and rich in the order of
    :math:`b_i / u_i`, and never falls from round to round), and the exact rate is computed only where the bound does
    not already exclude the project. Budgets are integers over one common denominator.

    Parameters
    ----------
    contest
        Candidates and voters.
    complete
        Whether to spend the rest by the completion rule.
    explain
        Whether to list the payments; without, large contests take less memory.

    References
    ----------
    D. Peters, P. Skowron, Proportionality and the limits of welfarism, EC 2020, doi:10.1145/3391403.3399465.
    D. Peters, G. Pierczyński, P. Skowron, Proportional participatory budgeting with additive utilities, NeurIPS 2021,
    arXiv:2008.13276. On the limits: H. Aziz et al., Coordinating monetary contributions in participatory budgeting,
    SAGT 2023; S. Damle, M. Padala, S. Gujar, Combinatorial civic crowdfunding with budgeted agents, AAAI 2023,
    doi:10.1609/aaai.v37i5.25693.

    Examples
    --------
    >>> from gongzao.research.contest import Candidate, Voter
    >>> half = Fraction(1, 2)
    >>> small, big = Candidate("small", Fraction(40)), Candidate("big", Fraction(90))
    >>> voters = (Voter("a", Fraction(75), {"small": half, "big": half}), Voter("b", Fraction(25), {"big": half}))
    >>> result = equal_shares(Contest((small, big), voters))
    >>> [(f.candidate, [(p.voter, str(p.amount)) for p in f.payments]) for f in result.funded]
    [('small', [('a', '40')])]
    """
    return _Run(contest, explain).allocate(complete)


class _Quote(NamedTuple):
    """The exact rate of a project: ``num / den`` in budget units, and its supporters who pay all they have left."""

    num: int
    den: int
    poor: Any


class _Run:
    """The state of one run: ``budgets`` in units of 1 / ``scale``, and the same as doubles in ``approximate``."""

    def __init__(self, contest: Contest, explain: bool) -> None:
        self.whole = contest.whole
        self.contest = contest
        self.explain = explain
        self.scale = self.whole.money
        self.budgets = list(self.whole.budgets)
        self.costs = [int(c.cost * self.scale) for c in self.whole.candidates]
        self.approximate = np.array([budget / self.scale for budget in self.budgets])
        self.supporters = [np.array(groups, dtype=np.intp) for groups in self.whole.supporters]
        self.utilities = [np.array(values, dtype=float) for values in self.whole.utilities]

    def allocate(self, complete: bool) -> Allocation:
        candidates, values = self.whole.candidates, self.whole.values
        funded = {candidates[k].id: self.pay(k, quote) for k, quote in self.rounds()}
        rest = self.contest.fund - sum((f.cost for f in funded.values()), Fraction(0))
        if complete:
            left = [k for k, c in enumerate(candidates) if c.id not in funded and values[k]]
            for k in sorted(left, key=lambda k: (-values[k] / candidates[k].cost, k)):
                c = candidates[k]
                if c.cost <= rest:
                    rest -= c.cost
                    funded[c.id] = Funding(c.id, c.cost, None)
        return Allocation(tuple(funded.values()), rest, self.contest.welfare(funded))

    def rounds(self) -> Iterator[tuple[int, _Quote]]:
        """Yield the projects as they are chosen; what is yielded must be paid before the next is asked for."""
        heap = [(0.0, k) for k, groups in enumerate(self.whole.supporters) if groups]
        while chosen := self.cheapest(heap):
            yield chosen

    def cheapest(self, heap: list[tuple[float, int]]) -> tuple[int, _Quote] | None:
        """Return the affordable project of least rate, taken off the heap of lower bounds."""
        fresh: set[int] = set()
        quoted: list[tuple[float, int]] = []
        best: tuple[int, _Quote] | None = None
        limit = float("inf")
        while heap and heap[0][0] <= limit:
            bound, k = heappop(heap)
            if k not in fresh:
                fresh.add(k)
                now = self.bound(k)
                if now is not None:
                    heappush(heap, (max(now, bound), k))
                continue
            quoted.append((bound, k))
            quote = self.quote(k)
            if best is not None:
                mine, least = quote.num * best[1].den, best[1].num * quote.den
                if mine > least or (mine == least and k > best[0]):
                    continue
            best = k, quote
            limit = quote.num / (quote.den * self.scale) * (1 + _SLACK)
        for entry in quoted:
            if best is None or entry[1] != best[0]:
                heappush(heap, entry)
        return best

    def bound(self, k: int) -> float | None:
        """Return a lower bound of the rate, or None if the supporters cannot pay the cost, now or later."""
        cost = self.costs[k] / self.whole.money
        money = self.approximate[self.supporters[k]]
        have = float(money.sum())
        if have < cost * (1 - _SLACK) or (have < cost * (1 + _SLACK) and not self.affordable(k)):
            return None
        _, terms = _terms(cost * (1 - _SLACK), money, self.utilities[k])
        return float(terms.max())

    def affordable(self, k: int) -> bool:
        money = sum(map(self.budgets.__getitem__, self.whole.supporters[k]))
        return money * self.whole.money >= self.costs[k] * self.scale

    def quote(self, k: int) -> _Quote:
        """Return the exact rate: from the split that floating point suggests, improved until it is the true one."""
        money, utility = self.approximate[self.supporters[k]], self.utilities[k]
        order, terms = _terms(self.costs[k] / self.whole.money, money, utility)
        poor = np.zeros(order.size, dtype=bool)
        poor[order[: int(terms.argmax())]] = True
        groups, utilities = self.whole.supporters[k], self.whole.utilities[k]
        cost = self.costs[k] * (self.scale // self.whole.money)
        ratio = money / utility
        while True:
            num = cost - sum(map(self.budgets.__getitem__, self.supporters[k][poor].tolist()))
            den = sum(map(utilities.__getitem__, np.flatnonzero(~poor).tolist()))
            rate = num / (den * self.scale)
            now = ratio < rate * (1 - _SLACK)
            for j in np.flatnonzero(~now & (ratio <= rate * (1 + _SLACK))).tolist():
                now[j] = self.budgets[groups[j]] * den < num * utilities[j]
            if (now == poor).all():
                return _Quote(num, den, poor)
            poor = now

    def pay(self, k: int, quote: _Quote) -> Funding:
        common = gcd(quote.num, quote.den)
        num, den = quote.num // common, quote.den // common
        if den > 1:
            self.scale *= den
            self.budgets = [budget * den for budget in self.budgets]
        payments: list[Payment] = []
        utilities, poor = self.whole.utilities[k], quote.poor.tolist()
        for j, g in enumerate(self.whole.supporters[k]):
            paid = self.budgets[g] if poor[j] else num * utilities[j]
            if not paid:
                continue
            self.budgets[g] -= paid
            if self.explain:
                voters = self.whole.groups[g]
                each = Fraction(paid, self.scale * len(voters))
                payments += [Payment(voter.id, each, poor[j]) for voter in voters]
        scale = self.scale
        self.approximate[self.supporters[k]] = [self.budgets[g] / scale for g in self.whole.supporters[k]]
        candidate = self.whole.candidates[k]
        return Funding(candidate.id, candidate.cost, Fraction(num * self.whole.unit, self.scale), tuple(payments))


def _terms(cost: float, money: Any, utility: Any) -> tuple[Any, Any]:
    """Return the supporters from poorest to richest, and the rate if the first 0, 1, 2 … of them pay all they have."""
    order = np.argsort(money / utility, kind="stable")
    ordered = money[order]
    before = np.cumsum(ordered) - ordered
    rest = np.cumsum(utility[order][::-1])[::-1]
    return order, (cost - before) / rest
