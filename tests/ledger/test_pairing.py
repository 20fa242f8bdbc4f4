from datetime import date, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from gongzao.ledger import BankLine, BookEntry, contradicts, reconcile
from gongzao.ledger.pairing import pair

FIRST = date(2026, 1, 1)


def most(lines: list[BankLine], entries: list[BookEntry], window: int) -> int:
    """Count the largest number of pairs by trying all ways."""

    def fits(line: BankLine, entry: BookEntry) -> bool:
        near = abs((line.booked_on - entry.on).days) <= window
        return line.amount == entry.amount and near and not contradicts(line, entry)

    seats: list[BookEntry | None] = [*entries, *[None] * len(lines)]
    ways = permutations(seats, len(lines))
    return max(sum(e is not None and fits(x, e) for x, e in zip(lines, way, strict=True)) for way in ways)


days = st.integers(0, 9).map(lambda n: FIRST + timedelta(days=n))
sides = st.lists(st.tuples(days, st.sampled_from([1, 2]), st.booleans()), max_size=4)


@given(sides, sides, st.integers(0, 3))
def test_no_other_choice_by_day_makes_more_pairs(bank, books, window) -> None:  # type: ignore[no-untyped-def]
    lines = [BankLine(n, day, fen, "", "x" if named else "") for n, (day, fen, named) in enumerate(bank)]
    entries = [BookEntry(n, day, fen, ("y",) if named else ()) for n, (day, fen, named) in enumerate(books)]
    total = sum(line.amount for line in lines)
    found = reconcile(lines, entries, last=FIRST, bank_balance=total, books_balance=0, window_days=window)
    assert len(found.matches) == most(lines, entries, window)


edges = st.dictionaries(
    st.integers(0, 3), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), unique_by=lambda edge: edge[0])
)


@given(edges, st.lists(st.integers(0, 2), min_size=4, max_size=4), st.lists(st.integers(0, 2), min_size=4, max_size=4))
def test_pairs_are_as_many_as_can_be_and_each_is_an_edge(given_edges, lefts, rights) -> None:  # type: ignore[no-untyped-def]
    left = [[(n, k) for k in range(size)] for n, size in enumerate(lefts)]
    right = [[(n, k) for k in range(size)] for n, size in enumerate(rights)]
    found = pair(left, right, given_edges)
    assert all((b[0], rank) in given_edges[a[0]] for a, b, rank in found)
    assert len({a for a, _, _ in found}) == len({b for _, b, _ in found}) == len(found)
    allowed = {(a, b) for a, targets in given_edges.items() for b, _ in targets}
    # König: as many pairs as the smallest set of groups that touches every edge has items.
    groups = [(0, n) for n in range(4)] + [(1, n) for n in range(4)]
    covers = []
    for bits in range(256):
        cover = {group for n, group in enumerate(groups) if bits >> n & 1}
        if all((0, a) in cover or (1, b) in cover for a, b in allowed):
            covers.append(sum((lefts, rights)[side][n] for side, n in cover))
    assert len(found) == min(covers)


def test_a_nearer_pair_gives_way_only_where_that_makes_one_more() -> None:
    def on(day: int) -> date:
        return date(2026, 1, day)

    lines = [BankLine(1, on(4), 100), BankLine(2, on(6), 100)]
    entries = [BookEntry(1, on(5), 100), BookEntry(2, on(1), 100)]
    found = reconcile(lines, entries, last=on(31), bank_balance=200, books_balance=200)
    assert [(m.line.number, m.entry.seq) for m in found.matches] == [(1, 2), (2, 1)]
    entries[1] = BookEntry(2, on(4), 100)
    found = reconcile(lines, entries, last=on(31), bank_balance=200, books_balance=200)
    assert [(m.line.number, m.entry.seq) for m in found.matches] == [(1, 2), (2, 1)]


def test_keys_make_as_many_pairs_as_they_can() -> None:
    day = FIRST
    lines = [BankLine(1, day, 5, "", "a"), BankLine(2, day, 5, "b")]
    entries = [BookEntry(1, day, 5, ("a", "b")), BookEntry(2, day, 5, ("a",))]
    found = reconcile(lines, entries, last=day, bank_balance=10, books_balance=10)
    assert {(m.line.number, m.entry.seq) for m in found.matches} == {(1, 2), (2, 1)}


def test_ids_that_contradict_are_left_to_a_person() -> None:
    day = FIRST
    named = BookEntry(1, day, 5, ("order/7", "R-7"))
    for line, settled in (
        (BankLine(1, day, 5, "B-9", "order/9"), 0),
        (BankLine(1, day, 5, "B-9"), 1),
        (BankLine(1, day, 5, "R-7", "order/9"), 1),
        (BankLine(1, day, 5, "", "order/7"), 1),
    ):
        found = reconcile([line], [named], last=day, bank_balance=5, books_balance=5)
        assert len(found.matches) == settled, line


def test_many_equal_amounts_cost_little() -> None:
    """Work grows with the groups: 6,000 equal lines and entries on 60 days are a few hundred groups."""
    lines = [BankLine(n, FIRST + timedelta(days=n % 60), 100) for n in range(6_000)]
    entries = [BookEntry(n, FIRST + timedelta(days=3 + n % 60), 100) for n in range(6_000)]
    found = reconcile(lines, entries, last=FIRST + timedelta(days=99), bank_balance=0, books_balance=0)
    assert len(found.matches) == 6_000
