"""The instant of minute 0: how it is written, and the wall clock at any minute after it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from gongzao.scheduling.errors import InvalidProblem

FIRST_YEAR, LAST_YEAR = 1900, 9700
"""Years an epoch may lie in, so that the instants of a plan have dates."""
_FORM = re.compile(r"(?P<instant>[^\[\]]*)(?:\[(?P<zone>[^\[\]]+)\])?")


def require_epoch(epoch: datetime) -> None:
    """Raise ``InvalidProblem`` if the epoch lies outside the years that can be drawn."""
    if not FIRST_YEAR <= epoch.year <= LAST_YEAR:
        raise InvalidProblem(
            "schedule.epoch",
            en=f"the epoch must lie in the years {FIRST_YEAR} to {LAST_YEAR}, not in {epoch.year}",
            zh=f"起始时刻须在 {FIRST_YEAR} 至 {LAST_YEAR} 年之间，而不是 {epoch.year} 年",
        )


def parse_epoch(text: str) -> datetime:
    """Read an ISO 8601 instant, with the name of its zone in brackets where summer time matters (RFC 9557).

    >>> parse_epoch("2026-03-28T00:00+01:00[Europe/Berlin]").tzname()
    'CET'

    Raises
    ------
    InvalidProblem
        For any other text, an unknown zone, an offset that is not the zone's, or a year that cannot be drawn.
    """
    parts = _FORM.fullmatch(text)
    try:
        epoch = datetime.fromisoformat(parts["instant"] if parts else text)
        require_epoch(epoch)
        if parts is None or parts["zone"] is None:
            return epoch
        zone = ZoneInfo(parts["zone"])
    except (ValueError, KeyError, OSError) as error:
        raise InvalidProblem(
            "schedule.instant",
            en="must be an ISO 8601 instant, such as 2026-01-05T08:00+08:00, with a known zone in brackets if any",
            zh="必须是 ISO 8601 时刻，如 2026-01-05T08:00+08:00；方括号中的时区名须存在",
        ) from error
    local = epoch.replace(tzinfo=zone) if epoch.tzinfo is None else epoch.astimezone(zone)
    if epoch.tzinfo is not None and local.utcoffset() != epoch.utcoffset():
        raise InvalidProblem(
            "schedule.instant",
            en=f"has an offset that is not the one of {parts['zone']} at that instant",
            zh=f"的时差与 {parts['zone']} 当时的时差不符",
        )
    return local


def epoch_text(epoch: datetime) -> str:
    """Return what :func:`parse_epoch` reads.

    >>> epoch_text(datetime(2026, 3, 28, tzinfo=ZoneInfo("Europe/Berlin")))
    '2026-03-28T00:00:00+01:00[Europe/Berlin]'
    """
    zone = f"[{epoch.tzinfo.key}]" if isinstance(epoch.tzinfo, ZoneInfo) else ""
    return epoch.isoformat() + zone


def wall_clock(epoch: datetime, minute: int) -> datetime | None:
    """Return what a clock on the wall shows ``minute`` minutes after the epoch; ``None`` past the last year.

    >>> wall_clock(datetime(2026, 3, 28, tzinfo=ZoneInfo("Europe/Berlin")), 2880).isoformat()
    '2026-03-30T01:00:00+02:00'
    """
    try:
        if epoch.tzinfo is None:
            return epoch + timedelta(minutes=minute)
        return (epoch.astimezone(UTC) + timedelta(minutes=minute)).astimezone(epoch.tzinfo)
    except OverflowError:
        return None


def minutes_until(epoch: datetime, wall: datetime) -> int:
    """Return the minutes from the epoch to a wall-clock time of the same zone."""
    if epoch.tzinfo is None:
        return int((wall - epoch).total_seconds() // 60)
    return int((wall.astimezone(UTC) - epoch.astimezone(UTC)).total_seconds() // 60)
