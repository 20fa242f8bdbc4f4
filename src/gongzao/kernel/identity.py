"""The unified social credit code (统一社会信用代码) that identifies a firm."""

import re
from dataclasses import dataclass

from stdnum.cn import ric, uscc

from gongzao.kernel.errors import InvalidValue
from gongzao.kernel.numbers import plain

# Registering bodies outside market regulation begin with a letter (N for rural collectives, Y for others), which
# stdnum's own validation refuses; so the form is checked here and only the check character is taken from it.
_FORM = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")


# A birthday inside, as in the number of a resident's identity card (GB 11643).
_BIRTHDAY = re.compile(r"[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Uscc:
    """A checked unified social credit code, 18 characters, upper case.

    Parameters
    ----------
    code
        The code; spaces, case and full width do not matter and are normalised.

    Raises
    ------
    InvalidValue
        ``uscc.identity_card`` for a person's number, ``uscc.checksum`` if the last character does not fit the others,
        ``uscc.form`` for any other fault.

    References
    ----------
    GB 32100-2015, 法人和其他组织统一社会信用代码编码规则.

    Examples
    --------
    >>> Uscc("91110000600037341l").code
    '91110000600037341L'
    """

    code: str

    def __post_init__(self) -> None:
        code = uscc.compact(plain(self.code))
        if _BIRTHDAY.fullmatch(code) and code[-1] == ric.calc_check_digit(code):
            raise InvalidValue(
                "uscc.identity_card",
                en="this looks like the number of a person's identity card; give the firm's unified social credit code",
                zh="这像是居民身份证号码；请填企业的统一社会信用代码",
            )
        if not _FORM.fullmatch(code):
            raise InvalidValue(
                "uscc.form",
                en=f"a unified social credit code has 18 digits and capitals (no I, O, S, V, Z), got {code[:40]!r}",
                zh=f"统一社会信用代码为18位数字或大写字母（不含I、O、S、V、Z），收到“{code[:40]}”",
            )
        if code[-1] != uscc.calc_check_digit(code):
            raise InvalidValue(
                "uscc.checksum",
                en=f"unified social credit code {code!r}: the check character does not fit (a typing error?)",
                zh=f"统一社会信用代码“{code}”校验位不符，请检查是否输错",
            )
        object.__setattr__(self, "code", code)

    def __str__(self) -> str:
        return self.code
