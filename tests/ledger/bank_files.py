"""Statement files as banks write them, built from a few lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape

from gongzao.ledger import BankLine


def yuan(fen: int) -> str:
    return f"{abs(fen) // 100}.{abs(fen) % 100:02}"


def side(fen: int) -> str:
    return f"<CdtDbtInd>{'CRDT' if fen >= 0 else 'DBIT'}</CdtDbtInd>"


def amount(fen: int, currency: str = "CNY") -> str:
    return f'<Amt Ccy="{currency}">{yuan(fen)}</Amt>'


def balance(code: str, fen: int, day: date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>\n{amount(fen)}\n{side(fen)}<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def entry(line: BankLine, version: int = 8) -> str:
    status = "BOOK" if version < 7 else "<Cd>BOOK</Cd>"
    other = "Dbtr" if line.amount > 0 else "Cdtr"
    name = (
        f"<Nm>{escape(line.counterparty)}</Nm>" if version < 8 else f"<Pty><Nm>{escape(line.counterparty)}</Nm></Pty>"
    )
    return (
        f"<Ntry>{amount(line.amount)}{side(line.amount)}<Sts>{status}</Sts><BookgDt><Dt>{line.booked_on}</Dt></BookgDt>\n"
        f"<AcctSvcrRef>{escape(line.reference)}</AcctSvcrRef><NtryDtls><TxDtls><Refs>"
        f"<EndToEndId>{escape(line.end_to_end_id) or 'NOTPROVIDED'}</EndToEndId></Refs>"
        f"<RltdPties><{other}>{name}</{other}></RltdPties>"
        f"<RmtInf><Ustrd>{escape(line.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


@dataclass(frozen=True)
class Camt:
    """What a camt.053 file is made of."""

    lines: Sequence[BankLine]
    opening: int = 0
    first: date = date(2026, 1, 1)
    last: date = date(2026, 1, 31)
    version: int = 8

    def text(self, *, closing: int | None = None, extra: str = "", head: str = "") -> str:
        end = self.opening + sum(line.amount for line in self.lines) if closing is None else closing
        entries = "\n".join(entry(line, self.version) for line in self.lines)
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n{head}'
            f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{self.version:02}"><BkToCstmrStmt>'
            "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-02-01T01:00:00</CreDtTm></GrpHdr>\n<Stmt><Id>S1</Id>"
            f"<FrToDt><FrDtTm>{self.first}T00:00:00+08:00</FrDtTm><ToDtTm>{self.last}T23:59:59+08:00</ToDtTm></FrToDt>"
            "<Acct><Id><Othr><Id>6222 0001</Id></Othr></Id><Ccy>CNY</Ccy></Acct>\n"
            f"{balance('OPBD', self.opening, self.first)}{balance('CLBD', end, self.last)}\n{entries}{extra}"
            "</Stmt></BkToCstmrStmt></Document>"
        )


def csv_rows(lines: Sequence[BankLine], opening: int = 0) -> list[str]:
    """Return heading and rows as a Chinese bank exports them, oldest first."""
    rows = ["记账日期,贷方发生额(元),借方发生额(元),余额(元),交易流水号,客户业务编号,对方户名,摘要,币种"]
    running = opening
    for line in lines:
        running += line.amount
        credit, debit = (yuan(line.amount), "") if line.amount > 0 else ("", yuan(line.amount))
        sign = "-" if running < 0 else ""
        cells = [line.reference, line.end_to_end_id, line.counterparty, line.text, "人民币"]
        rows.append(",".join([f"{line.booked_on:%Y%m%d}", credit, debit, f"{sign}{yuan(running)}", *cells]))
    return rows
