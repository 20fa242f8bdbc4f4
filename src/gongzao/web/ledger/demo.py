"""A made-up year of the ledger with bank statements (示例数据), for demonstrations. No figure in it is real."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from django.db.models import Count

from gongzao.kernel import InvalidValue, Money
from gongzao.ledger import Account as AccountValue
from gongzao.ledger import BookEntry, Kind, Record, Transfer, book_entries, example_year
from gongzao.ledger.example import MARK
from gongzao.web.clusters.models import Cluster, Enterprise
from gongzao.web.ledger import bank, services
from gongzao.web.ledger.models import Account, Entry
from gongzao.web.ledger.models_bank import BankAccount, BankStatement
from gongzao.web.ledger.services import Place

PREFIX = "demo/"
"""Every account and transfer of the demonstration begins so, except accounts of firms."""

MOST_FIRMS = 8
BANK = f"{PREFIX}bank:supervised"
_SEED = 1
_FEE = 15_00  # what the bank takes each month and the books do not know [fen]
_SHORT = 10_00  # what one deposit at the bank is less than in the books [fen]


def load_demo_ledger(progress: Callable[[int, int, str], None] | None = None) -> int:
    """Load the demonstration, or what is missing of it; return how many entries the journal gained.

    The firms are those of the made-up cluster with the most firms. Run twice, the second time changes nothing.

    Parameters
    ----------
    progress
        Called with steps done, steps in all and what is being loaded.

    Raises
    ------
    InvalidValue
        ``ledger.demo_firms`` if no made-up cluster has at least 4 made-up firms.
    """
    before = Entry.objects.count()
    cluster, firms = demo_firms()
    book = example_year(_SEED, firms=len(firms))
    names = _Names({f"firm:{n:02}": firm for n, firm in enumerate(firms, 1)}, cluster)
    for value in book.accounts:
        services.open_account(names.account(value), book.records[0].at, place=names.place(value.owner), by=None)
    if not Entry.objects.filter(transfer_id=names.id(book.records[-1].transfer.id)).exists():
        asked = (record for record in book.records if record.transfer.kind is not Kind.OPEN)
        for at, records in groupby(asked, key=lambda record: record.at):
            services.submit([names.transfer(record) for record in records], at, by=None)
            if progress:
                progress(at.timetuple().tm_yday, 366, "示例账本 demo ledger")
    account = Account.objects.get(pk=BANK)
    _load_statements(account, names)
    return Entry.objects.count() - before


def demo_firms() -> tuple[Cluster, list[Enterprise]]:
    """Return the made-up cluster with the most firms and its first firms.

    Raises
    ------
    InvalidValue
        ``ledger.demo_firms`` if no made-up cluster has at least 4 made-up firms.
    """
    made_up = Cluster.objects.filter(synthetic=True, enterprises__synthetic=True)
    cluster = made_up.annotate(firms=Count("enterprises")).order_by("-firms", "pk").first()
    firms = list(cluster.enterprises.filter(synthetic=True).order_by("uscc")[:MOST_FIRMS]) if cluster else []
    if cluster is None or len(firms) < 4:
        raise InvalidValue(
            "ledger.demo_firms",
            en="the demonstration of the ledger needs a made-up cluster with at least 4 made-up firms",
            zh="账本演示需要一个至少有4家示例企业的示例集群，请先载入示例集群与企业",
        )
    return cluster, firms


class _Names:
    """Turns the parties of the example into firms and clusters of the registry."""

    def __init__(self, firms: dict[str, Enterprise], cluster: Cluster) -> None:
        self.firms, self.cluster = firms, cluster

    def firm_of(self, account: str) -> Enterprise | None:
        return self.firms.get(":".join(account.split(":")[:2]))

    def account_id(self, account: str) -> str:
        firm = self.firm_of(account)
        return f"firm:{firm.uscc}:{account.split(':')[2]}" if firm else f"{PREFIX}{account}"

    def account(self, value: AccountValue) -> AccountValue:
        firm = self.firm_of(value.id)
        if firm is None:
            return replace(value, id=self.account_id(value.id), owner=f"{PREFIX}{value.owner}")
        what = value.name.split(" ", 1)[1]
        return replace(value, id=self.account_id(value.id), owner=f"firm:{firm.uscc}", name=f"{firm.name} {what}")

    def place(self, owner: str) -> Place | None:
        """Return where an account belongs; the supervised account and the fees are the province's."""
        if owner == "platform":
            county = self.cluster.county
            return county.parent.parent or county.parent if county.parent else county
        return self.firm_of(owner) or self.cluster

    def id(self, name: str) -> str:
        return f"{PREFIX}{name}" if name else ""

    def transfer(self, record: Record) -> Transfer:
        t = record.transfer
        return replace(
            t,
            id=self.id(t.id),
            pending_id=self.id(t.pending_id),
            reverses=self.id(t.reverses),
            debit=self.account_id(t.debit) if t.debit else "",
            credit=self.account_id(t.credit) if t.credit else "",
            memo=MARK,
        )


def _load_statements(account: Account, names: _Names) -> None:
    """Upload a made-up statement for every month, through the same door as a real one."""
    bank_account = bank.register_bank_account(account, f"示例银行 {MARK}", "6222000000000000001", by=None)
    entries = book_entries(account.value, (row.record for row in Entry.objects.filter(debit=account).order_by("seq")))
    for first, text in _statements(entries):
        if not BankStatement.objects.filter(bank_account=bank_account, first=first).exists():
            _upload(bank_account, first, text)


def _upload(bank_account: BankAccount, first: date, text: str) -> None:
    now = datetime(first.year + first.month // 12, first.month % 12 + 1, 2, 1, tzinfo=UTC)
    bank.import_statements(bank_account, text.encode("gb18030"), f"{MARK}-{first:%Y-%m}.csv", now, by=None)


def _statements(entries: tuple[BookEntry, ...]) -> Iterator[tuple[date, str]]:
    """Yield first day and text of each month's statement: most lines name the transfer, some the amount only.

    The bank books a day late at times and takes a fee that the books do not know; of the last deposits of the year it
    misses one, and has another with an amount that is 10 yuan less.
    """
    balance = 0
    missing, short = entries[-3], entries[-2]
    given = [entry for entry in entries if entry != missing]
    for (year, month), group in groupby(given, key=lambda entry: (entry.on.year, entry.on.month)):
        rows = []
        for n, entry in enumerate(group):
            late = entry.on + timedelta(days=n % 5 == 4 and entry.on.day < 27)
            key = entry.keys[0] if n % 3 or entry == short else ""
            amount = entry.amount - _SHORT if entry == short else entry.amount
            rows.append((late, amount, f"B{entry.seq:08}", key, "存入监管账户"))
        rows.sort(key=lambda row: row[0])
        rows.append((max(rows[-1][0], date(year, month, 27)), -_FEE, f"F{year}{month:02}", "", "账户管理费"))
        lines = []
        for day, amount, reference, key, text in rows:
            balance += amount
            credit, debit = (f"{Money(amount).yuan}", "") if amount > 0 else ("", f"{Money(-amount).yuan}")
            lines.append(f"{day:%Y%m%d},{credit},{debit},{Money(balance).yuan},{reference},{key},{text} {MARK}")
        heading = "记账日期,贷方发生额,借方发生额,余额,交易流水号,客户业务编号,摘要"
        yield rows[0][0], "\n".join([f"账号：6222000000000000001 {MARK}", heading, *lines]) + "\n"
