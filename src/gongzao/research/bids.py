"""Reader of a file with the cost of one project and what each party would pay at most."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from gongzao.kernel import InvalidInput, InvalidValue, Money, Problem, parse_number
from gongzao.kernel.marked import read_yaml
from gongzao.research.errors import InvalidAllocation
from gongzao.research.shares import Bid


@dataclass(frozen=True, slots=True)
class CostFile:
    """Total cost, public support [fen], and the bids on what is left."""

    total: int
    support: int
    bids: tuple[Bid, ...]


def read_bids(path: Path) -> CostFile:
    """Read a YAML file: ``cost`` and ``support`` [元], and ``bids`` with ``party``, ``amount`` [元] and ``weight``.

    Raises
    ------
    InvalidInput
        With every fault: file, line, entry, rule, value.
    """
    problems: list[Problem] = []
    root = read_yaml(path, ("cost", "support", "bids"), problems)
    if root is None:
        raise InvalidInput(problems)
    total, support = root.read("cost", _fen), root.read("support", _fen, required=False) or 0
    if total is not None and not 0 <= support < total:
        root.refuse(
            "support",
            InvalidAllocation("shares.support", en="support must be below the cost", zh="公共支持须低于总费用"),
        )
    bids: list[Bid] = []
    seen: set[str] = set()
    for entry in root.entries("bids", ("party", "amount", "weight")):
        party, amount = entry.text("party"), entry.read("amount", _fen)
        weight = entry.read("weight", _weight, required=False) or Decimal(1)
        if party in seen:
            entry.refuse(
                "party", InvalidAllocation("shares.twice", en="a party bids twice", zh="同一单位重复报价"), party
            )
        seen.add(party)
        if amount is not None:
            try:
                bids.append(Bid(party, amount, weight))
            except InvalidValue as error:
                entry.refuse("", error)
    if problems or total is None:
        raise InvalidInput(problems)
    return CostFile(total, support, tuple(bids))


def _fen(text: str) -> int:
    return Money.parse(text).fen


def _weight(text: str) -> Decimal:
    return Bid("-", 0, parse_number(text)).weight
