"""Files of contests, bids and policies: strict numbers, bounded work, faults with their place."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from gongzao.kernel import InvalidInput, InvalidValue, Problem
from gongzao.research import Bid, Contest, load_policy, read_bids, read_pabulib, shipped_policies
from tests.cost import cost

HEAD = "META\nkey;value\nbudget;{budget}\nvote_type;{kind}\nPROJECTS\nproject_id;cost\na;600\nb;500,5\nVOTES\n"


def contest(folder: Path, votes: str, *, budget: str = "1000", kind: str = "approval") -> Contest:
    path = folder / "contest.pb"
    path.write_text(HEAD.format(budget=budget, kind=kind) + votes, encoding="utf-8")
    return read_pabulib(path)


def problems(folder: Path, votes: str, *, budget: str = "1000", kind: str = "approval") -> tuple[Problem, ...]:
    with pytest.raises(InvalidInput) as caught:
        contest(folder, votes, budget=budget, kind=kind)
    return caught.value.problems


VOTES = "voter_id;vote\n1;a,b\n2;b\n"


def test_a_project_approved_twice_by_one_voter_counts_once(tmp_path: Path) -> None:
    found = contest(tmp_path, "voter_id;vote\n1;a,b,a\n2;b\n")
    assert [set(voter.utilities) for voter in found.voters] == [{"a", "b"}, {"b"}]


def test_a_project_scored_twice_is_named(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "voter_id;vote;points\n1;a,b,a;1,2,3\n", kind="scoring")
    assert (problem.code, problem.line, problem.value) == ("pabulib.twice", 11, "a")


def test_an_unknown_project_is_named(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "voter_id;vote\n1;a,x\n")
    assert (problem.code, problem.value) == ("pabulib.vote", "x")


@pytest.mark.parametrize(
    ("budget", "read"),
    [
        ("1000", 1000),
        ("12,5", Fraction(25, 2)),
        ("1,234,567", 1_234_567),
        ("0,125", Fraction(1, 8)),
        ("1234,567", Fraction("1234.567")),
    ],
)
def test_numbers_are_read_where_there_is_one_reading(tmp_path: Path, budget: str, read: Fraction) -> None:
    found = contest(tmp_path, VOTES, budget=budget)
    assert sum(voter.budget for voter in found.voters) == read
    assert found.candidates[1].cost == Fraction("500.5")


@pytest.mark.parametrize("budget", ["1,000", "1e9", "1e99999999", "-5", "NaN", "1_000", "12万", ""])
def test_other_numbers_are_refused(tmp_path: Path, budget: str) -> None:
    found = problems(tmp_path, VOTES, budget=budget)
    assert [(problem.code, problem.field) for problem in found] == [("pabulib.number", "budget")]


def test_a_contest_that_is_no_text_or_has_endless_cells_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, f"voter_id;vote\n1;{'a' * 200_000}\n")[:1]
    assert problem.code == "pabulib.row"
    path = tmp_path / "cut.pb"
    path.write_bytes("META\nkey;value\ndescription;雄安新区".encode()[:-1])
    with pytest.raises(InvalidInput) as caught:
        read_pabulib(path)
    assert (caught.value.problems[0].code, caught.value.problems[0].line) == ("file.encoding", 3)


@pytest.mark.parametrize(
    ("bid", "code"),
    [
        ("amount: 1e99999999", "money.form"),
        ("amount: '17,4'", "money.form"),
        ("amount: 600, weight: 1e-99999999", "number.form"),
        ("amount: 600, weight: NaN", "number.form"),
        ("amount: 600, weight: 0", "shares.weight"),
    ],
)
def test_bids_that_cannot_be_read_are_refused_at_once(tmp_path: Path, bid: str, code: str) -> None:
    path = tmp_path / "bids.yaml"
    path.write_text(f"cost: 1000\nbids:\n  - {{party: a, {bid}}}\n  - {{party: b, amount: 600}}\n", encoding="utf-8")
    setup = "from pathlib import Path\nfrom gongzao.kernel import GongzaoError\nfrom gongzao.research import read_bids"
    seconds, memory, said = cost(str(path), setup, "read_bids(Path(sys.argv[1]))")
    assert said == code
    assert seconds < 1
    assert memory < 50


def test_amounts_of_bids_bear_units(tmp_path: Path) -> None:
    path = tmp_path / "bids.yaml"
    path.write_text("cost: 1.2万\nbids:\n  - {party: a, amount: '6,000'}\n  - {party: b, amount: ７０００}\n", "utf-8")
    found = read_bids(path)
    assert (found.total, [bid.amount for bid in found.bids]) == (1_200_000, [600_000, 700_000])


@pytest.mark.parametrize("weight", ["1e99999999", "1e-99999999", "1e16", "Infinity"])
def test_no_program_can_hand_in_a_weight_without_bounds(weight: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Bid("a", 1, Decimal(weight))
    assert caught.value.code == "shares.weight"


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(12)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "yaml.size"),
        ("a: &a [*a]\n", "yaml.size"),
        ("[" * 10_000, "yaml.size"),
        ("{a: " * 500, "yaml.size"),
        ("- x\n" * 200_000, "yaml.size"),
        ("a: " + "x" * 1_100_000, "file.size"),
        ("policy: {id: x, name: {zh: 雄", "file.encoding"),
    ],
)
def test_a_policy_that_is_dear_to_read_is_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(text.encode()[:-1] if code == "file.encoding" else text.encode())
    setup = (
        "from pathlib import Path\nfrom gongzao.kernel import GongzaoError\nfrom gongzao.research import load_policy"
    )
    seconds, memory, said = cost(str(path), setup, "load_policy(Path(sys.argv[1]))")
    assert said == code
    assert seconds < 3
    assert memory < 200


def test_shipped_policies_still_are_read() -> None:
    assert all(load_policy(path).versions for path in shipped_policies().values())
