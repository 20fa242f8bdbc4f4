"""What the headings of a bank's table mean. The words are data: ``bank_headings.yaml``, loaded once."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

MEANINGS = (
    "date", "time", "credit", "debit", "amount", "direction", "balance", "balance_side", "currency", "reference",
    "end_to_end_id", "counterparty", "payer", "payee", "text", "account", "status", "aside",
)  # fmt: skip
"""What a column can be; ``aside`` says nothing that is kept."""

SEVERAL = frozenset({"currency", "reference", "end_to_end_id", "counterparty", "text", "account", "status", "aside"})
"""Meanings that several columns may have; of the others the best known heading is taken, or a person is asked."""

UNITS = {"分": 1, "角": 10, "元": 100, "百元": 10**4, "千元": 10**5, "万元": 10**6, "百万元": 10**8, "亿元": 10**10}
"""Units of amounts [fen]."""

YUAN = UNITS["元"]
"""One yuan [fen]."""

_LONGEST = 120

_FOREIGN = (
    r"(?:美元|美金|欧元|港币|港元|日元|日圆|英镑|澳元|澳大利亚元|加元|加拿大元|新加坡元|新西兰元|瑞士法郎|韩元|韩币|卢布|泰铢|新台币|台币|"
    r"澳门元|林吉特|卢比|外币|(?<![a-z])(?:usd|eur|hkd|jpy|gbp|aud|cad|sgd|nzd|chf|krw|rub|thb|twd|mop|myr|inr|aed|sek|nok|"
    r"dkk|zar|mxn|brl|idr|php|vnd|us\$|hk\$)(?![a-z]))"
)
FOREIGN = re.compile(_FOREIGN, re.IGNORECASE)
"""Names and codes of other currencies."""

_ENGLISH = re.compile(r"\[[^\]一-鿿]*\]|\([a-z][a-z.,/' -]*\)|(?<=[一-鿿)])/?[a-z][a-z./' -]*$")


@cache
def words() -> Mapping[str, Any]:
    """Return the data, read once."""
    loaded: Mapping[str, Any] = yaml.safe_load(
        files("gongzao.ledger").joinpath("bank_headings.yaml").read_text("utf-8")
    )
    return loaded


@cache
def _known() -> dict[str, list[tuple[str, int]]]:
    """Return for each heading what it can mean, with its place in the list."""
    known: dict[str, list[tuple[str, int]]] = {}
    for meaning, headings in words()["meanings"].items():
        for place, heading in enumerate(headings):
            known.setdefault(heading, []).append((meaning, place))
    for heading in words()["aside"]:
        known.setdefault(heading, []).append(("aside", 0))
    return known


class Heading(NamedTuple):
    """A heading as it is compared, and what it says about the amounts below it.

    Parameters
    ----------
    name
        Half width, lower case, without blanks, unit and English beside Chinese.
    unit
        What 1 counts [fen]; 0 if it does not say.
    foreign
        The other currency it names, or empty.
    """

    name: str
    unit: int
    foreign: str


def flat(text: str) -> str:
    """Return text in half width and lower case without blanks."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).lower()


@lru_cache(2048)
def heading(text: str) -> Heading:
    """Read a heading.

    >>> heading("借方发生额/元(支取)"), heading("余额（万元）").unit, heading("交易日期[ Transaction Date ]").name
    (Heading(name='借方发生额(支取)', unit=100, foreign=''), 1000000, '交易日期')
    """
    foreign = FOREIGN.search(unicodedata.normalize("NFKC", text))
    name = flat(text).strip(":*#'\"")
    if foreign:
        name = re.sub(rf"[(\[/]?{FOREIGN.pattern}[)\]]?", "", name, flags=re.IGNORECASE)
    unit = 0
    if found := re.search(r"[/(](?:单位:?)?(?:人民币)?((?:百万|[百千万亿])?元|[分角])\)?(?=$|[(\[])", name):
        unit = UNITS[found[1]]
        name = name[: found.start()] + name[found.end() :]
    name = _ENGLISH.sub("", name) if re.search(r"[一-鿿]", name) else name.strip("[]().")
    return Heading(re.sub(r"\((?:人民币|本币|cny|rmb)\)$|\(\)", "", name), unit, foreign[0] if foreign else "")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table mean.

    Parameters
    ----------
    places
        For each meaning the columns, best first.
    units
        What 1 counts in a column [fen], where its heading says it.
    unknown
        Headings that are not understood and may change what a row means, by column.
    left
        Headings that are not understood and can change no amount.
    twice
        Meanings that two headings claim, with these headings.
    foreign
        A heading that names another currency, and the currency.
    signed
        Whether the bank is known to write what goes out with a minus.
    """

    places: Mapping[str, tuple[int, ...]]
    units: Mapping[int, int]
    unknown: Mapping[int, str] = field(default_factory=dict)
    left: Mapping[int, str] = field(default_factory=dict)
    twice: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    foreign: tuple[str, str] | None = None
    signed: bool = False

    @property
    def money(self) -> tuple[int, ...]:
        """The columns of amounts."""
        return tuple(p for meaning in ("credit", "debit", "amount", "balance") for p in self.places.get(meaning, ()))

    @property
    def complete(self) -> bool:
        """Whether day, balance and movement can be told."""
        return {"date", "balance"} <= self.places.keys() and bool(self.places.keys() & {"credit", "debit", "amount"})


def columns(cells: Sequence[str], told: Mapping[str, str]) -> Columns:
    """Say what the columns under a row of headings mean.

    Parameters
    ----------
    cells
        The headings.
    told
        What a person said that a heading means, by its compared name; goes before all that is known.
    """
    heads = [heading(cell[:_LONGEST]) for cell in cells]
    own, signed = _profile({head.name for head in heads})
    own = {**own, **told}
    claims: dict[str, list[tuple[int, int]]] = {}
    unknown, left = {}, {}
    for place, head in enumerate(heads):
        if not head.name:
            continue
        for meaning, rank in _meanings(head.name, own):
            if meaning == "unknown":
                unknown[place] = cells[place]
            elif meaning == "left":
                left[place] = cells[place]
            else:
                claims.setdefault(meaning, []).append((rank, place))
    places = _share(claims)
    money = Columns(places, {}).money
    used = [*money, *unknown]
    foreign = next(((cells[p], heads[p].foreign) for p in used if heads[p].foreign), None)
    twice = {
        meaning: tuple(cells[p] for p in found)
        for meaning, found in places.items()
        if len(found) > 1 and meaning in ("credit", "debit", "amount", "balance", "direction", "balance_side")
    }
    units = {place: heads[place].unit for place in money if heads[place].unit}
    return Columns({m: p for m, p in places.items() if p}, units, unknown, left, twice, foreign, signed)


def _profile(names: set[str]) -> tuple[dict[str, str], bool]:
    """Return what the headings mean to the bank that is told by them, and whether it writes amounts with a sign."""
    fitting = [profile for profile in words()["profiles"] if names.issuperset(profile["marks"])]
    if not fitting:
        return {}, False
    best = max(fitting, key=lambda profile: len(profile["marks"]))
    return dict(best["columns"]), bool(best.get("signed"))


def _meanings(name: str, own: Mapping[str, str]) -> list[tuple[str, int]]:
    if name in own:
        return [(own[name], -1)]
    if name in _known():
        return _known()[name]
    if name in MEANINGS:
        return [(name, 0)]
    patterns = words()["patterns"]
    if re.search(patterns["currency"], name):
        return [("currency", 99)]
    if re.search(patterns["aside"], name):
        return [("aside", 99)]
    return [("unknown" if re.search(patterns["touching"], name) or FOREIGN.search(name) else "left", 0)]


def _share(claims: Mapping[str, list[tuple[int, int]]]) -> dict[str, tuple[int, ...]]:
    """Give each meaning its columns: day before time, so that one column of moments is the day."""
    ordered = {meaning: [place for _, place in sorted(found)] for meaning, found in claims.items()}
    days = ordered.pop("date", [])
    shared = {meaning: tuple(found) for meaning, found in ordered.items()}
    if days:
        shared["date"] = (days[0],)
        shared["time"] = tuple(place for place in (*shared.get("time", ()), *days[1:]) if place != days[0])
    return shared
