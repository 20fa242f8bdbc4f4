"""The draw of reviewers: from the pool fixed at the hand-in, by a seed that nobody could know then."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.timezone import localtime

from gongzao import research as rules
from gongzao.kernel import InvalidValue
from gongzao.ledger.chain import CHINA
from gongzao.web.accounts.models import User
from gongzao.web.ledger.models import Batch
from gongzao.web.research import services, store
from gongzao.web.research.models import Project
from gongzao.web.research.rights import require_organiser


@dataclass(frozen=True, slots=True)
class Seed:
    """Where the seed of a draw comes from.

    Parameters
    ----------
    since
        The day in China on which the pool was fixed.
    day
        The first later day on which something was booked; None while there is none.
    head
        Head of the ledger at the end of that day; empty before the day is over.
    """

    since: date
    day: date | None = None
    head: str = ""

    @property
    def text(self) -> str:
        """The seed; empty while nobody can know it."""
        return f"{self.day}:{self.head}" if self.head else ""


def seed_of(project: rules.Project, now: datetime) -> Seed | None:
    """Return the seed of the milestone under review; None while its pool is not fixed.

    It is the head of the first day after the pool was fixed that has entries, once that day is over. Nobody knows it
    when handing in, and whoever draws, and whenever: it stays the same.
    """
    if project.pooled_at is None:
        return None
    since = localtime(project.pooled_at, CHINA).date()
    first = Batch.objects.filter(at__gte=_midnight(since + timedelta(days=1))).order_by("seq").first()
    if first is None:
        return Seed(since)
    day = localtime(first.at, CHINA).date()
    if localtime(now, CHINA).date() <= day:
        return Seed(since, day)
    last = Batch.objects.filter(at__lt=_midnight(day + timedelta(days=1))).order_by("seq").last()
    return Seed(since, day, last.hash if last else first.hash)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, CHINA)


def draw(project: Project, now: datetime, *, by: User | None, seen: int | None = None) -> rules.Project:
    """Draw the reviewers; where too few could review at the hand-in, fix the pool first and wait for its seed.

    Raises
    ------
    InvalidValue
        ``draw.waits`` while the seed is not known; and what :func:`gongzao.research.fix_pool` and
        :func:`gongzao.research.draw_reviewers` raise.
    """
    require_organiser(by, project.cluster)
    value = store.read(project.pk)
    if value.submission is not None and not value.pool and not value.reviewers:
        return services.fix_pool(project, now, by=by, seen=seen)
    seed = seed_of(value, now)
    if seed is not None and not seed.text and not value.reviewers:
        raise InvalidValue(
            "draw.waits",
            en=f"the seed is the ledger's head of the first day after {seed.since} with entries, once it is over",
            zh=f"种子为 {seed.since} 之后账本首个有分录之日的日末哈希，须待该日结束",
        )
    return services.draw_reviewers(project, seed.text if seed else "", now, by=by, seen=seen)
