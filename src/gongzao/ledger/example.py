"""A made-up year of a cluster (示例数据), for demonstrations, benchmarks and tests. No figure in it is real."""

from datetime import datetime, timedelta
from random import Random

from gongzao.ledger.chain import CHINA
from gongzao.ledger.journal import Book
from gongzao.ledger.memory import Ledger
from gongzao.ledger.model import Account, AccountKind, Kind, Transfer
from gongzao.ledger.rules import due
from gongzao.ledger.split import compensate, share_out

MARK = "示例数据"
"""Stands in every account name and memo, so that no extract can pass for real."""

_FEE_PERCENT = 2
_PROJECTS = 3


def example_year(seed: int, *, year: int = 2025, firms: int = 8, orders_per_day: int = 2) -> Book:
    """Return the book of a made-up year: deposits, orders with fees, refunds, research projects, work in kind.

    Parameters
    ----------
    seed
        The same seed gives the same book.
    year
        Calendar year.
    firms
        Number of firms, ≥ 4.
    orders_per_day
        Shared orders begun each day, ≥ 0.
    """
    random = Random(seed)  # noqa: S311 - made-up data, no secret
    return Book.of(_Year(random, year, firms, orders_per_day).run())


def _accounts(firms: int) -> list[Account]:
    kinds = AccountKind
    accounts = [
        Account("bank:supervised", "platform", kinds.ASSET, minimum=0, name=f"监管账户（银行，镜像）{MARK}"),
        Account("platform:fees", "platform", kinds.INCOME, name=f"平台服务费 {MARK}"),
        Account("fund:cluster", "fund:cluster", kinds.LIABILITY, minimum=0, name=f"集群创新基金 {MARK}"),
    ]
    for n in range(1, firms + 1):
        owner, name = f"firm:{n:02}", f"企业{n:02}"
        accounts.append(Account(f"{owner}:deposit", owner, kinds.LIABILITY, minimum=0, name=f"{name} 存管余额 {MARK}"))
        for unit, word in (("WORKHOUR", "工时"), ("MACHINEHOUR", "机时"), ("MATERIAL", "材料")):
            account = f"{owner}:given-{unit.lower()}"
            accounts.append(Account(account, owner, kinds.EQUITY, unit, name=f"{name} 投入{word} {MARK}"))
    for n in range(1, _PROJECTS + 1):
        owner, name = f"project:{n}", f"众筹项目{n}"
        accounts.append(Account(f"{owner}:escrow", owner, kinds.LIABILITY, minimum=0, name=f"{name} 专户 {MARK}"))
        accounts.extend(
            Account(f"{owner}:{unit.lower()}", owner, kinds.ASSET, unit, minimum=0, name=f"{name} {unit} {MARK}")
            for unit in ("WORKHOUR", "MACHINEHOUR", "MATERIAL")
        )
    return accounts


class _Year:
    def __init__(self, random: Random, year: int, firms: int, orders_per_day: int) -> None:
        self.random = random
        self.now = datetime(year, 1, 1, 9, tzinfo=CHINA)
        self.firms = [f"firm:{n:02}" for n in range(1, firms + 1)]
        self.orders_per_day = orders_per_day
        self.ledger = Ledger(_accounts(firms))
        self.number = 0
        self.pledges: dict[str, list[str]] = {f"project:{n}": [] for n in range(1, _PROJECTS + 1)}

    def run(self) -> Ledger:
        year = self.now.year
        for firm in self.firms:
            self.deposit(firm, 8_000_000)
        while self.now.year == year:
            self.day()
            self.now += timedelta(days=1)
        return self.ledger

    def day(self) -> None:
        for _ in range(self.orders_per_day):
            self.order()
        if self.now.weekday() == 0:
            self.deposit(self.random.choice(self.firms), self.random.randrange(100_000, 9_000_000))
            self.give_in_kind()
        if self.now.day == 15:
            for project in self.pledges:
                self.pledge(project)
        if self.now.day == 28 and self.now.month % 3 == 0:
            for project in self.pledges:
                self.milestone(project)
                self.return_part(project)
        self.submit(due(self.ledger.reservations(), self.now))

    def id(self, what: str) -> str:
        self.number += 1
        return f"{what}:{self.number}"

    def submit(self, batch: list[Transfer]) -> None:
        if batch:
            self.ledger.submit(batch, self.now)

    def post(
        self, debit: str, credit: str, amount: int, purpose: str, unit: str = "CNY", linked: bool = False
    ) -> Transfer:
        return Transfer(self.id("t"), Kind.POST, debit, credit, amount, unit, linked=linked, purpose=purpose, memo=MARK)

    def deposit(self, firm: str, fen: int) -> None:
        self.submit([self.post("bank:supervised", f"{firm}:deposit", fen, "存入监管账户")])

    def order(self) -> None:
        """Reserve the price; most orders are delivered in full or in part, some are called off, some lapse.

        Now and then a price is past the buyer's means and is refused, as happens in life.
        """
        buyer, seller = self.random.sample(self.firms, 2)
        price = self.random.randrange(10_000, 4_000_000)
        hold = Transfer(
            self.id("order"),
            Kind.PENDING,
            f"{buyer}:deposit",
            f"{seller}:deposit",
            price,
            "CNY",
            expires_at=self.now + timedelta(days=7),
            purpose="订单冻结",
            memo=MARK,
        )
        self.submit([hold])
        if self.ledger.records[hold.id].refusal:
            return
        fate = self.random.random()
        if fate < 0.1:
            return
        if fate < 0.2:
            self.submit([Transfer(self.id("void"), Kind.VOID_PENDING, pending_id=hold.id, memo=MARK)])
            return
        paid = price if fate < 0.8 else self.random.randrange(1, price)
        fee = max(1, paid * _FEE_PERCENT // 100)
        book = Transfer(
            self.id("pay"),
            Kind.POST_PENDING,
            amount=paid,
            pending_id=hold.id,
            linked=True,
            purpose="订单结算",
            memo=MARK,
        )
        fee_leg = self.post(f"{seller}:deposit", "platform:fees", fee, "平台服务费")
        self.submit([book, fee_leg])
        if fate > 0.9:
            self.give_back([book.id, fee_leg.id])

    def give_back(self, ids: list[str]) -> None:
        """Refund a part of what is left of some transfers, fee included, if they were booked."""
        originals = [r for r in (self.ledger.records[i] for i in ids) if r.posted]
        left = sum(r.posted - self.ledger.reversed.get(r.transfer.id, 0) for r in originals)
        if left:
            amount = self.random.randint(1, left)
            prefix = self.id("refund")
            self.submit(list(compensate(originals, self.ledger.reversed, amount, prefix=prefix, purpose="退款")))

    def pledge(self, project: str) -> None:
        for firm in self.random.sample(self.firms, 3):
            pledge = self.post(
                f"{firm}:deposit", f"{project}:escrow", self.random.randrange(100_000, 900_000), "众筹出资"
            )
            self.submit([pledge])
            if self.ledger.records[pledge.id].posted:
                self.pledges[project].append(pledge.id)

    def milestone(self, project: str) -> None:
        """Pay a third of the escrow to three performers 5 : 3 : 2, all or none."""
        balance = self.ledger.balances.get(f"{project}:escrow")
        amount = balance.of(AccountKind.LIABILITY) // 3 if balance else 0
        performers = self.random.sample(self.firms, 3)
        parts = share_out(amount, [5, 3, 2])
        if min(parts) > 0:
            pairs = list(zip(performers, parts, strict=True))
            self.submit(
                [
                    self.post(f"{project}:escrow", f"{firm}:deposit", part, "里程碑拨付", linked=n < len(pairs))
                    for n, (firm, part) in enumerate(pairs, 1)
                ]
            )

    def return_part(self, project: str) -> None:
        """Close a quarter's round: twice a part goes back to its backers; the next round has other weights."""
        for _ in range(2):
            self.give_back(self.pledges[project])
        self.pledges[project] = []

    def give_in_kind(self) -> None:
        firm, project = self.random.choice(self.firms), self.random.choice(list(self.pledges))
        for unit in ("WORKHOUR", "MACHINEHOUR", "MATERIAL"):
            amount = self.random.randrange(100, 50_000)
            target = f"{project}:{unit.lower()}"
            self.submit([self.post(target, f"{firm}:given-{unit.lower()}", amount, "实物投入", unit)])
