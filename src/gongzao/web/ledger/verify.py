"""The stored books held against themselves: journal, batches and balances."""

from collections.abc import Iterator
from datetime import datetime

from gongzao.kernel import InvalidValue
from gongzao.ledger import GENESIS, Book, Finding, Record, check
from gongzao.web.accounts.models import User
from gongzao.web.kit.reading import one_state
from gongzao.web.ledger import queries
from gongzao.web.ledger.models import Account, Audit, Balance, Batch, Entry

MOST_KEPT = 200  # findings


def verify(now: datetime | None = None) -> tuple[int, tuple[Finding, ...]]:
    """Return the number of journal lines and every broken rule; none means the books are sound.

    The independent auditor goes through journal, stored balances and daily heads; here is added what only the tables
    know.
    """
    with one_state():
        unreadable: list[Finding] = []
        records = tuple(_records(unreadable))
        accounts = tuple(row.value for row in Account.objects.all())
        audited = check(Book(accounts, records, queries.balances(), queries.daily_heads()), now)
        return len(records), (*unreadable, *audited, *_batches(records), *_counted(records))


def audit(now: datetime, by: User | None) -> tuple[int, tuple[Finding, ...]]:
    """Go through the books as :func:`verify` does and keep what was found, for the pages to tell."""
    lines, findings = verify(now)
    end = Entry.objects.filter(seq__lte=lines).order_by("-seq").first()
    told = "\n".join(map(str, findings[:MOST_KEPT]))
    Audit.objects.create(at=now, lines=lines, hash=end.hash if end else GENESIS, findings=told, by=by)
    return lines, findings


def _records(unreadable: list[Finding]) -> Iterator[Record]:
    for entry in Entry.objects.order_by("seq").iterator(2000):
        try:
            yield entry.record
        except (InvalidValue, ValueError) as error:
            unreadable.append(Finding("entry.content", f"{entry}", f"{error}"))


def _batches(records: tuple[Record, ...]) -> Iterator[Finding]:
    lines = {(r.seq, r.at, r.hash) for r in records}
    for batch in Batch.objects.order_by("seq").iterator(2000):
        if (batch.seq, batch.at, batch.hash) not in lines:
            yield Finding("head.differs", f"{batch.seq}", f"{batch.at.isoformat()} {batch.hash}")
    last = Batch.objects.order_by("-seq").first()
    if records and (last is None or last.seq != records[-1].seq):
        yield Finding("head.differs", f"{records[-1].seq}", f"{last}")


def _counted(records: tuple[Record, ...]) -> Iterator[Finding]:
    last = {account: r.seq for r in records if r.moved for account in (r.debit, r.credit)}
    for account, seq in Balance.objects.order_by("pk").values_list("pk", "seq"):
        if seq != last.get(account, 0):
            yield Finding("balance.differs", account, f"counted up to {seq}, last line {last.get(account, 0)}")
