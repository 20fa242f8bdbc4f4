"""A clock that has run away must not write: no later line could ever be stamped with the right time again."""

from datetime import datetime, timedelta

from gongzao.kernel import InvalidValue
from gongzao.ledger.model import check_time
from gongzao.ledger.record import Head

REST = timedelta(days=92)
"""How long a journal in use may rest between two lines before the clock is doubted."""


def check_clock(head: Head, now: datetime, rest: timedelta = REST) -> None:
    """Refuse a time that lies so far after the last line that the clock is likely wrong; an empty journal takes any.

    Parameters
    ----------
    head
        The end of the journal.
    now
        What the clock says.
    rest
        The longest rest that is believed.

    Raises
    ------
    InvalidValue
        ``ledger.clock`` if ``now`` is later than the last line by more than ``rest``; ``ledger.time`` without a zone.
    """
    now = check_time("now", now)
    if head.seq and now - head.at > rest:
        said, last, days = f"{now:%Y-%m-%d %H:%M} UTC", f"{head.at:%Y-%m-%d %H:%M}", (now - head.at).days
        setting = f"GONGZAO_LEDGER_REST_DAYS={days + 1}"
        raise InvalidValue(
            "ledger.clock",
            en=f"the clock says {said}, {days} days after the last line of the journal ({last}). Set the clock right; "
            f"if the ledger has really rested so long, start once with {setting}",
            zh=f"系统时间为 {said}，比账本末行（{last}）晚{days}天，疑为时钟有误，未记账。请先校准时钟；"
            f"如账本确已停用这么久，请设置环境变量 {setting} 后启动一次",
        )
