"""What everybody shares: money, quantities, periods, firm identity, base errors, and files in and out."""

from gongzao.kernel.errors import GongzaoError, InvalidInput, InvalidValue, Problem
from gongzao.kernel.files import read_text, require_writable, write_files
from gongzao.kernel.identity import Uscc
from gongzao.kernel.money import MAX_FEN, Money, split
from gongzao.kernel.period import Period, PeriodKind
from gongzao.kernel.units import UNITS, Quantity

__all__ = [
    "MAX_FEN",
    "UNITS",
    "GongzaoError",
    "InvalidInput",
    "InvalidValue",
    "Money",
    "Period",
    "PeriodKind",
    "Problem",
    "Quantity",
    "Uscc",
    "read_text",
    "require_writable",
    "split",
    "write_files",
]
