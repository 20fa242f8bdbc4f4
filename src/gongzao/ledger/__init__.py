"""Books that lose no fen and that an outside auditor can check."""

from gongzao.ledger.bank import (
    MAX_STATEMENT_BYTES,
    BankLine,
    BankStatement,
    Gap,
    GapKind,
    Hint,
    Span,
    gaps,
    same_account,
)
from gongzao.ledger.bank_check import check_reconciliation
from gongzao.ledger.bank_files import Told, read_sheet, read_statements
from gongzao.ledger.bank_headings import MEANINGS
from gongzao.ledger.bank_table import heading_key
from gongzao.ledger.chain import DailyHead, daily_heads, opening
from gongzao.ledger.check import RULES, Finding, check
from gongzao.ledger.clock import REST, check_clock
from gongzao.ledger.errors import Reason, Refusal
from gongzao.ledger.example import example_year
from gongzao.ledger.export import legal_names, to_beancount, to_hledger
from gongzao.ledger.journal import Book, book_lines, read_book, read_heads, write_book
from gongzao.ledger.memory import Ledger
from gongzao.ledger.model import MAX_ID, MAX_TEXT, RESOLVING, UNITS, Account, AccountKind, Balance, Kind, Transfer
from gongzao.ledger.project import Difference, compare, rebuild
from gongzao.ledger.reconcile import (
    WINDOW_DAYS,
    BookEntry,
    Match,
    MatchedBy,
    Reconciliation,
    book_entries,
    contradicts,
    reconcile,
)
from gongzao.ledger.record import GENESIS, Decision, Head, Outcome, Record, Snapshot, Status
from gongzao.ledger.rules import References, decide, due, references
from gongzao.ledger.split import compensate, share_out

__all__ = [
    "GENESIS",
    "MAX_ID",
    "MAX_STATEMENT_BYTES",
    "MAX_TEXT",
    "MEANINGS",
    "RESOLVING",
    "REST",
    "RULES",
    "UNITS",
    "WINDOW_DAYS",
    "Account",
    "AccountKind",
    "Balance",
    "BankLine",
    "BankStatement",
    "Book",
    "BookEntry",
    "DailyHead",
    "Decision",
    "Difference",
    "Finding",
    "Gap",
    "GapKind",
    "Head",
    "Hint",
    "Kind",
    "Ledger",
    "Match",
    "MatchedBy",
    "Outcome",
    "Reason",
    "Reconciliation",
    "Record",
    "References",
    "Refusal",
    "Snapshot",
    "Span",
    "Status",
    "Told",
    "Transfer",
    "book_entries",
    "book_lines",
    "check",
    "check_clock",
    "check_reconciliation",
    "compare",
    "compensate",
    "contradicts",
    "daily_heads",
    "decide",
    "due",
    "example_year",
    "gaps",
    "heading_key",
    "legal_names",
    "opening",
    "read_book",
    "read_heads",
    "read_sheet",
    "read_statements",
    "rebuild",
    "reconcile",
    "references",
    "same_account",
    "share_out",
    "to_beancount",
    "to_hledger",
    "write_book",
]
