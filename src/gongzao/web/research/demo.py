"""Made-up calls and projects in every state (示例数据), for demonstrations. No figure in it is real."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from gongzao.ledger import Kind, Transfer
from gongzao.research import BANK, FUND, ResultKind, Unit, Verdict
from gongzao.web.ledger import services as ledger
from gongzao.web.ledger.demo import demo_firms
from gongzao.web.research import calls, fund_rounds, store
from gongzao.web.research.demo_cast import Cast, gather
from gongzao.web.research.demo_story import MARK, Story
from gongzao.web.research.models import Event, Expert
from gongzao.web.research.policies import policies

_FUND = 8_000_000_00  # made-up public money in the fund [fen]


def load_demo_research(progress: Callable[[int, int, str], None] | None = None) -> int:
    """Load the demonstration, and return how many events the projects' logs gained.

    Everything is booked in the order of its time, through the same services as on the site, in the made-up cluster
    that the ledger's demonstration uses. Run twice, the second time changes nothing.

    Parameters
    ----------
    progress
        Called with steps done, steps in all and what is being loaded.

    Raises
    ------
    InvalidValue
        ``ledger.demo_firms`` if no made-up cluster has at least 4 made-up firms.
    """
    if Expert.objects.filter(synthetic=True).exists():
        return 0
    before = Event.objects.count()
    with transaction.atomic():
        now = timezone.now().replace(minute=0, second=0, microsecond=0)
        cast = gather(*demo_firms(), now - timedelta(days=450))
        deeds = _deeds(cast, now)
        for n, (at, deed) in enumerate(sorted(deeds, key=lambda pair: pair[0]), start=1):
            deed(at)
            if progress:
                progress(n, len(deeds), "示例众筹科研 demo research")
    return Event.objects.count() - before


def _deeds(cast: Cast, now: datetime) -> list[tuple[datetime, Callable[[datetime], object]]]:
    past, present = _past(cast, now), _present(cast, now)
    deeds: list[tuple[datetime, Callable[[datetime], object]]] = [
        (now - timedelta(days=440), lambda at: _fill_fund(cast, at)),
        (now - timedelta(days=430), lambda at: _publish(cast, "第一批", past, at, 410)),
        (now - timedelta(days=20), lambda at: _publish(cast, "第二批", present, at, 50)),
        (now - timedelta(days=6), lambda at: _more_needs(cast, at)),
    ]
    for story, filed in [*((s, 435) for s in past), *((s, 25) for s in present)]:
        deeds.append((now - timedelta(days=filed), story.needs))
        deeds += story.deeds
    return deeds


def _fill_fund(cast: Cast, at: datetime) -> None:
    store.open_shared(cast.cluster, at)
    fill = Transfer("research:demo:fund", Kind.POST, BANK, FUND, _FUND, "CNY", purpose="公共资金到账", memo=MARK)
    ledger.submit([fill], at, by=None)


def _publish(cast: Cast, title: str, stories: list[Story], at: datetime, days: int) -> None:
    topics = [story.topic for story in stories]
    words = f"{cast.cluster} 共性技术众筹科研{title}征集（{MARK}）"
    closes = at + timedelta(days=days)
    calls.publish(cast.cluster, words, next(iter(policies())), topics, at, closes, at, by=cast.organiser)


def _more_needs(cast: Cast, at: datetime) -> None:
    """Leave some needs to be merged."""
    for firm, text in zip(
        cast.firms,
        (
            "小批量订单换型时间过长，希望缩短换型调机时间",
            "换型调机时间长，小批量订单难以承接",
            "希望建立共享的计量检测条件",
        ),
        strict=False,
    ):
        calls.file_need(firm, cast.cluster, f"{text}（{MARK}）", at, by=cast.acts(firm))


def _past(cast: Cast, now: datetime) -> list[Story]:
    """Return the stories of the first call: completed, stopped, to be drawn, under review, missed, signing."""

    def story(title: str, days: float, unit: int) -> Story:
        made = Story(cast, title, now - timedelta(days=days), unit)
        made.on(-2, made.hand_in)
        made.on(0, made.open)
        return made

    completed = story("精密零件表面处理绿色工艺", 400, 120_000_00)
    completed.start()
    for day, name in ((80, "M1"), (160, "M2"), (250, "M3")):
        completed.milestone(day, name, hours=150_00)
    completed.on(262, lambda at: completed.register(at, "R1", ResultKind.PATENT, "一种绿色表面处理方法"))
    completed.on(263, lambda at: completed.register(at, "R2", ResultKind.PROCESS, "表面处理工艺规范"))
    completed.on(290, lambda at: completed.ask(at, "L1", "R1", cast.firms[2], 80_000_00))
    completed.on(325, lambda at: completed.grant(at, "L1"))
    completed.on(330, lambda at: completed.earn(at, "I1", "R1", cast.firms[2], 80_000_00))
    completed.on(395, lambda at: completed.ask(at, "L2", "R2", cast.firms[3], 30_000_00))

    stopped = story("高温密封件国产替代", 300, 90_000_00)
    stopped.start()
    stopped.milestone(85, "M1", hours=100_00)
    stopped.milestone(170, "M2", Verdict.REJECT)

    running = story("传感器小型化封装工艺", 190, 150_000_00)
    running.start()
    running.milestone(85, "M1", hours=200_00)
    running.on(184, lambda at: running.submit(at, "M2", 200_00))
    running.on(185, running.deposit)
    running.on(186, running.draw)
    running.on(188, lambda at: running.review(at, Verdict.ACCEPT, most=1))

    missed = story("集群共享检测平台方法研究", 120, 200_000_00)
    missed.on(3, lambda at: missed.pledge(at, 1, Unit.CASH, 200_000_00))
    missed.on(8, lambda at: missed.pledge(at, 2, Unit.CASH, 100_000_00))
    missed.on(30.5, missed.close)

    signing = story("装配在线视觉检测", 36, 100_000_00)
    signing.fund()
    signing.on(30.5, signing.close)
    for who in (1, 2, 4):
        signing.on(31 + who / 2, lambda at, w=who: signing.sign(at, w))  # type: ignore[misc]
    waiting = story("齿轮精密热处理变形控制", 210, 110_000_00)
    waiting.start()
    waiting.on(209.9, lambda at: waiting.submit(at, "M1"))
    return [completed, stopped, waiting, running, missed, signing]


def _present(cast: Cast, now: datetime) -> list[Story]:
    """Return the stories of the open call: one in its campaign, one proposal handed in, one being written."""
    campaign = Story(cast, "仪表壳体精密压铸", now - timedelta(days=9), 80_000_00)
    campaign.on(-3, campaign.hand_in)
    campaign.on(0, campaign.open)
    campaign.on(1, lambda at: campaign.pledge(at, 1, Unit.CASH, 240_000_00))
    campaign.on(4, lambda at: campaign.pledge(at, 4, Unit.WORK_HOURS, 400_00))
    campaign.on(7, lambda at: campaign.ask_join(at, cast.firms[2]))
    submitted = Story(cast, "低功耗无线抄表模组", now + timedelta(days=7), 100_000_00)
    submitted.on(-19.5, lambda at: submitted.hand_in(at, silent=1))
    written = Story(cast, "流量计在线校准方法", now + timedelta(days=20), 60_000_00)
    written.on(-21, lambda at: written.write(at, sections=3))
    campaign.on(-2.5, lambda at: _share_fund(cast, [campaign, submitted], at))
    return [campaign, submitted, written]


def _share_fund(cast: Cast, stories: list[Story], at: datetime) -> None:
    """Let four firms of the cluster decide which of the proposals handed in the fund supports."""
    voters, part = cast.firms[:4], 100_000_00
    chosen = [story.draft for story in stories]
    closes = at + timedelta(days=1)
    round_ = fund_rounds.set_up(
        "demo",
        cast.cluster,
        f"第一轮匹配资金（{MARK}）",
        closes,
        chosen,
        len(voters) * part,
        {firm.uscc: part for firm in voters},
        at,
        by=cast.organiser,
    )
    for firm, scores in zip(voters, ((8, 6), (7, 0), (0, 5), (3, 0)), strict=True):
        given = {draft.slug: score for draft, score in zip(chosen, scores, strict=True)}
        fund_rounds.vote(round_, firm, given, at + timedelta(hours=1), by=cast.acts(firm))
    fund_rounds.decide(round_, closes, by=cast.organiser)
