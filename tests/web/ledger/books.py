"""Small books: a supervised account, two firms, a project and the fees, with a few entries of every kind."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gongzao.ledger import Account as AccountValue
from gongzao.ledger import AccountKind, Kind, Transfer
from gongzao.web.clusters.models import Region
from gongzao.web.ledger import bank, services
from gongzao.web.ledger.models import Account
from gongzao.web.ledger.models_bank import BankAccount

START = datetime(2026, 1, 5, 1, tzinfo=UTC)  # 09:00 in China
NUMBER = "622200001"


@dataclass(frozen=True)
class Books:
    """What the tests refer to by name."""

    bank: Account
    here: Account
    there: Account
    project: Account
    fees: Account
    bank_account: BankAccount


def post(id: str, debit: Account | str, credit: Account | str, fen: int, **more: Any) -> Transfer:  # noqa: A002
    sides = [account.pk if isinstance(account, Account) else account for account in (debit, credit)]
    return Transfer(id, more.pop("kind", Kind.POST), sides[0], sides[1], fen, "CNY", **more)


def at(day: int, hour: int = 0) -> datetime:
    return START + timedelta(days=day - 5, hours=hour)


def make_books(world: Any) -> Books:
    province = Region.objects.get(code="130000")
    places = {
        "bank": ("bank:supervised", "platform", AccountKind.ASSET, province),
        "here": (
            f"firm:{world.firm_here.uscc}:deposit",
            f"firm:{world.firm_here.uscc}",
            AccountKind.LIABILITY,
            world.firm_here,
        ),
        "there": (
            f"firm:{world.firm_there.uscc}:deposit",
            f"firm:{world.firm_there.uscc}",
            AccountKind.LIABILITY,
            world.firm_there,
        ),
        "project": ("project:1:escrow", "project:1", AccountKind.LIABILITY, world.here),
        "fees": ("platform:fees", "platform", AccountKind.INCOME, None),
    }
    rows = {
        name: services.open_account(
            AccountValue(key, owner, kind, minimum=None if name == "fees" else 0), START, place=place, by=None
        )
        for name, (key, owner, kind, place) in places.items()
    }
    books = Books(**rows, bank_account=bank.register_bank_account(rows["bank"], "示例银行", NUMBER, by=None))
    services.submit(
        [
            post("d1", books.bank, books.here, 1000_00, purpose="存入", reference="B1"),
            post("d2", books.bank, books.there, 500_00, purpose="存入", reference="B2"),
        ],
        at(5),
        by=None,
    )
    services.submit(
        [
            post("h1", books.here, books.there, 300_00, kind=Kind.PENDING, purpose="订单冻结"),
            post("h2", books.here, books.project, 40_00, kind=Kind.PENDING, purpose="认缴", expires_at=at(60)),
        ],
        at(6),
        by=None,
    )
    services.submit(
        [
            Transfer("p1", Kind.POST_PENDING, pending_id="h1", amount=250_00, linked=True, purpose="订单结算"),
            post("f1", books.there, books.fees, 5_00, purpose="平台服务费"),
        ],
        at(7),
        by=None,
    )
    services.submit([post("r1", books.there, books.here, 50_00, purpose="退款", reverses="p1")], at(8), by=None)
    services.submit([post("x1", books.here, books.project, 99_999_00, purpose="超额")], at(9), by=None)
    return books


def statement_file(*rows: tuple[date, int, str], opening: int = 0) -> bytes:
    """Return a bank's CSV with day, amount [fen] and end-to-end id of each line."""
    lines, running = ["记账日期,贷方发生额,借方发生额,余额,交易流水号,客户业务编号"], opening
    for n, (day, fen, key) in enumerate(rows):
        running += fen
        credit, debit = (f"{fen / 100:.2f}", "") if fen > 0 else ("", f"{-fen / 100:.2f}")
        lines.append(f"{day},{credit},{debit},{running / 100:.2f},S{day}-{n},{key}")
    return "\n".join(lines).encode("gb18030")
