"""The stored result of a round as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from gongzao.web.research.models import FundVoter


@dataclass(frozen=True, slots=True)
class Paid:
    """What one voter pays for a project [fen, rounded]; whether it was all that it had left; its score."""

    name: str
    amount: int
    all_left: bool
    score: int


@dataclass(frozen=True, slots=True)
class Won:
    """A funded project: its name, what it gets [fen], the price of a point [fen, rounded], and who pays."""

    name: str
    cost: int
    rate: int | None
    payments: tuple[Paid, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """All funded projects, those that were not, the optimum, and what of its welfare was reached [%]."""

    won: tuple[Won, ...]
    lost: tuple[str, ...]
    rest: int
    best: tuple[str, ...] | None
    gap: str
    same: bool


def shown(result: Mapping[str, Any], names: Mapping[str, str], voters: Sequence[FundVoter]) -> Shown:
    """Return a stored result with names; fractions of a fen are rounded for the eye only."""
    by_code = {voter.enterprise.uscc: voter for voter in voters}

    def name(slug: str) -> str:
        return names.get(slug, slug)

    def paid(slug: str, code: str, amount: str, all_left: bool) -> Paid:
        voter = by_code[code]
        return Paid(str(voter.enterprise), round(Fraction(amount)), all_left, voter.votes.get(slug, 0))

    won = tuple(
        Won(
            name(one["draft"]),
            round(Fraction(one["cost"])),
            None if one["rate"] is None else round(Fraction(one["rate"])),
            tuple(paid(one["draft"], *payment) for payment in one["payments"]),
        )
        for one in result["funded"]
    )
    chosen = {one["draft"] for one in result["funded"]}
    best = result["optimum"]
    return Shown(
        won,
        tuple(name(slug) for slug in names if slug not in chosen),
        round(Fraction(result["rest"])),
        None if best is None else tuple(name(slug) for slug in best),
        "" if best is None else f"{float(Fraction(result['gap']) * 100):.1f}%",
        best is not None and set(best) == chosen,
    )
