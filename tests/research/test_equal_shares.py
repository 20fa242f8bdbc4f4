"""The method of equal shares: against pabutools where both apply, and against its definition."""

from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pabutools.election import ApprovalBallot, ApprovalProfile, Cardinality_Sat, Cost_Sat, Instance, Project
from pabutools.election.ballot import CardinalBallot
from pabutools.election.pabulib import parse_pabulib
from pabutools.election.profile import CardinalProfile
from pabutools.election.satisfaction import Additive_Cardinal_Sat
from pabutools.rules import greedy_utilitarian_welfare, max_additive_utilitarian_welfare, method_of_equal_shares

from gongzao.kernel import InvalidInput
from gongzao.research import (
    Candidate,
    Contest,
    InvalidAllocation,
    Measure,
    Voter,
    budgets,
    equal_shares,
    optimum,
    read_pabulib,
    welfare_gap,
)

F = Fraction
NAMES = "abcdefg"
costs = st.lists(st.integers(1, 12), min_size=1, max_size=7)


@st.composite
def approvals(draw: st.DrawFn) -> tuple[list[int], int, list[list[int]]]:
    """Costs from few values and many voters alike: ties are common."""
    prices = draw(costs)
    votes = draw(st.lists(st.lists(st.integers(0, len(prices) - 1), unique=True), min_size=1, max_size=9))
    return prices, draw(st.integers(1, 40)), votes


def contest_of(prices: list[int], fund: int, votes: list[list[int]], *, by_cost: bool) -> Contest:
    part = F(fund, len(votes))
    voters = (
        Voter(f"v{i}", part, {NAMES[j]: F(prices[j] if by_cost else 1) for j in vote}) for i, vote in enumerate(votes)
    )
    return Contest(tuple(Candidate(NAMES[j], F(c)) for j, c in enumerate(prices)), tuple(voters))


@given(approvals(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_same_as_pabutools_ties_included(case: tuple[list[int], int, list[list[int]]], by_cost: bool) -> None:
    prices, fund, votes = case
    projects = [Project(NAMES[j], cost) for j, cost in enumerate(prices)]
    instance = Instance(projects, budget_limit=fund)
    profile = ApprovalProfile([ApprovalBallot([projects[j] for j in vote]) for vote in votes])
    measure = Cost_Sat if by_cost else Cardinality_Sat
    contest = contest_of(prices, fund, votes, by_cost=by_cost)
    theirs = method_of_equal_shares(instance, profile, sat_class=measure)
    assert [f.candidate for f in equal_shares(contest, complete=False).funded] == [p.name for p in theirs]

    completed = greedy_utilitarian_welfare(instance, profile, sat_class=measure, initial_budget_allocation=theirs)
    wanted = {NAMES[j] for vote in votes for j in vote}  # pabutools also funds what nobody wants
    mine = [f.candidate for f in equal_shares(contest).funded]
    if wanted == set(NAMES[: len(prices)]):
        assert mine == [p.name for p in completed]

    best = max_additive_utilitarian_welfare(instance, profile, sat_class=measure)
    assert contest.welfare(optimum(contest)) == contest.welfare({p.name for p in best})


@given(costs, st.integers(1, 40), st.data())
@settings(max_examples=80, deadline=None)
def test_same_as_pabutools_with_points(prices: list[int], fund: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 6))
    points = [data.draw(st.dictionaries(st.integers(0, len(prices) - 1), st.integers(1, 5))) for _ in range(size)]
    projects = [Project(NAMES[j], cost) for j, cost in enumerate(prices)]
    profile = CardinalProfile([CardinalBallot({projects[j]: p for j, p in vote.items()}) for vote in points])
    theirs = method_of_equal_shares(Instance(projects, budget_limit=fund), profile, sat_class=Additive_Cardinal_Sat)
    voters = tuple(
        Voter(f"v{i}", F(fund, size), {NAMES[j]: F(p) for j, p in vote.items()}) for i, vote in enumerate(points)
    )
    contest = Contest(tuple(Candidate(NAMES[j], F(c)) for j, c in enumerate(prices)), voters)
    assert [f.candidate for f in equal_shares(contest, complete=False).funded] == [p.name for p in theirs]


@st.composite
def unequal(draw: st.DrawFn) -> Contest:
    prices = draw(costs)
    parts = draw(st.lists(st.fractions(0, 15, max_denominator=4), min_size=1, max_size=6))
    worth = st.fractions(F(1, 3), 4, max_denominator=3)
    voters = tuple(
        Voter(f"v{i}", part, draw(st.dictionaries(st.sampled_from(NAMES[: len(prices)]), worth)))
        for i, part in enumerate(parts)
    )
    return Contest(tuple(Candidate(NAMES[j], F(c)) for j, c in enumerate(prices)), voters)


def definition(contest: Contest) -> list[tuple[str, Fraction]]:
    """Read the definition literally: the least rate is among those at which some voters pay all they have."""
    money = {voter.id: voter.budget for voter in contest.voters}
    chosen: list[tuple[str, Fraction]] = []
    while True:
        offers = []
        for candidate in contest.candidates:
            if candidate.id in [name for name, _ in chosen]:
                continue
            wants = {v.id: v.utilities[candidate.id] for v in contest.voters if candidate.id in v.utilities}
            rates = []
            for size in range(len(wants)):
                for poor in combinations(wants, size):
                    rich = sum(u for name, u in wants.items() if name not in poor)
                    rates.append((candidate.cost - sum(money[name] for name in poor)) / rich)
            for rate in sorted(rate for rate in rates if rate > 0):
                if sum(min(money[name], rate * u) for name, u in wants.items()) >= candidate.cost:
                    offers.append((rate, candidate.id, wants))
                    break
        if not offers:
            return chosen
        rate, name, wants = min(offers, key=lambda offer: offer[:2])
        chosen.append((name, rate))
        for voter, utility in wants.items():
            money[voter] -= min(money[voter], rate * utility)


@given(unequal())
@settings(max_examples=60, deadline=None)
def test_unequal_parts_follow_the_definition(contest: Contest) -> None:
    found = equal_shares(contest, complete=False)
    assert [(f.candidate, f.rate) for f in found.funded] == definition(contest)


@given(unequal())
@settings(max_examples=60, deadline=None)
def test_every_payment_is_explained(contest: Contest) -> None:
    left = {voter.id: voter.budget for voter in contest.voters}
    wants = {voter.id: voter.utilities for voter in contest.voters}
    result = equal_shares(contest)
    for funding in result.funded:
        if funding.rate is None:
            assert funding.payments == ()
            continue
        assert sum(p.amount for p in funding.payments) == funding.cost
        for p in funding.payments:
            asked = funding.rate * wants[p.voter][funding.candidate]
            assert p.amount == (left[p.voter] if p.all_left else asked)
            assert p.amount <= asked
            left[p.voter] -= p.amount
            assert left[p.voter] >= 0
    assert result.rest == contest.fund - sum(f.cost for f in result.funded) >= 0
    assert 0 <= welfare_gap(contest, result.welfare) <= 1


@given(unequal())
@settings(max_examples=60, deadline=None)
def test_the_optimum_is_the_best_of_all_selections(contest: Contest) -> None:
    best = F(0)
    for size in range(len(contest.candidates) + 1):
        for chosen in combinations(contest.candidates, size):
            if sum(c.cost for c in chosen) <= contest.fund:
                best = max(best, contest.welfare({c.id for c in chosen}))
    picked = optimum(contest)
    assert contest.welfare(picked) == best
    assert sum(c.cost for c in contest.candidates if c.id in picked) <= contest.fund


def test_long_runs_stay_exact() -> None:
    """Rates with ever larger denominators, budgets that differ by a hair: floats alone would decide wrongly."""
    hair = F(1, 10**30)
    names = [f"p{i:02}" for i in range(30)]
    candidates = tuple(Candidate(name, F(7 + i % 3)) for i, name in enumerate(names))
    voters = tuple(
        Voter(f"v{i}", F(30) + i * hair, {name: F(1 + (i * j) % 5) for j, name in enumerate(names) if (i + j) % 3})
        for i in range(6)
    )
    contest = Contest(candidates, voters)
    assert [(f.candidate, f.rate) for f in equal_shares(contest, complete=False).funded] == definition(contest)


PB = """META
key;value
description;示例数据
budget;100,5
vote_type;approval
PROJECTS
project_id;cost;name
1;40;甲
2;60.5;乙
10;30;丙
VOTES
voter_id;vote
a;1,2
b;2
c;10,1
d;
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "x.pb"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read_as_pabutools_reads_it(tmp_path: Path) -> None:
    path = write(tmp_path, PB)
    contest = read_pabulib(path, Measure.COUNT)
    instance, profile = parse_pabulib(str(path))
    assert contest.fund == F(instance.budget_limit.numerator, instance.budget_limit.denominator) == F(201, 2)
    assert [len(v.utilities) for v in contest.voters] == [len(ballot) for ballot in profile]
    theirs = method_of_equal_shares(instance, profile, sat_class=Cardinality_Sat)
    assert [f.candidate for f in equal_shares(contest, complete=False).funded] == [p.name for p in theirs]


def test_weights_and_points_are_read(tmp_path: Path) -> None:
    text = PB.replace("approval", "scoring").replace("voter_id;vote", "voter_id;vote;points;weight")
    text = text.split("a;1,2")[0] + "a;1,2;3,5;2\nb;2;1;1\nc;10,1;2,0;1\nd;;;0\n"
    voters = read_pabulib(write(tmp_path, text)).voters
    assert [v.budget for v in voters] == list(budgets(F(201, 2), [F(2), F(1), F(1), F(0)]))
    assert [dict(v.utilities) for v in voters] == [{"1": F(3), "2": F(5)}, {"2": F(1)}, {"10": F(2)}, {}]


@pytest.mark.parametrize(
    ("old", "new", "rule", "line"),
    [
        ("1;40;甲", "1;forty;甲", "pabulib.number", 8),
        ("1;40;甲", "1;0;甲", "pabulib.cost", 8),
        ("1;40;甲", "1;40", "pabulib.row", 8),
        ("10;30;丙", "1;30;丙", "pabulib.id", 10),
        ("b;2", "b;77", "pabulib.vote", 14),
        ("budget;100,5", "budget;-3", "pabulib.number", 4),
        ("budget;100,5", "x;3", "pabulib.number", None),
        ("approval", "ordinal", "pabulib.vote_type", None),
        ("approval", "scoring", "pabulib.points", 13),
    ],
)
def test_a_broken_file_is_refused_with_place_and_rule(
    tmp_path: Path, old: str, new: str, rule: str, line: int | None
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_pabulib(write(tmp_path, PB.replace(old, new, 1)))
    assert (rule, line) in [(p.code, p.line) for p in caught.value.problems]


def test_a_contest_that_cannot_be_is_refused() -> None:
    one = Candidate("a", F(1))
    for broken in (
        lambda: Candidate("a", F(0)),
        lambda: Voter("v", F(-1), {}),
        lambda: Voter("v", F(1), {"a": F(0)}),
        lambda: Contest((one, one), ()),
        lambda: Contest((one,), (Voter("v", F(1), {"b": F(1)}),)),
        lambda: budgets(F(1), [F(0)]),
    ):
        with pytest.raises(InvalidAllocation):
            broken()


def test_a_contest_without_money_funds_nothing() -> None:
    contest = Contest((Candidate("a", F(1)),), (Voter("v", F(0), {"a": F(1)}),))
    assert equal_shares(contest).funded == ()
    assert optimum(contest) == ()
    assert welfare_gap(contest, F(0)) == 0
