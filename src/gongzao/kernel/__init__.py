"""What everybody shares: money, quantities, periods, firm identity, base errors; what is typed, read, written."""

from gongzao.kernel.dates import parse_date, parse_time
from gongzao.kernel.errors import GongzaoError, InvalidInput, InvalidValue, Problem, Problems
from gongzao.kernel.files import read_text, require_writable, write_files
from gongzao.kernel.identity import Uscc
from gongzao.kernel.money import MAX_FEN, Money, split
from gongzao.kernel.numbers import parse_number, parse_percent, parse_whole, parse_yuan
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
    "Problems",
    "Quantity",
    "Uscc",
    "parse_date",
    "parse_number",
    "parse_percent",
    "parse_time",
    "parse_whole",
    "parse_yuan",
    "read_text",
    "require_writable",
    "split",
    "write_files",
]
