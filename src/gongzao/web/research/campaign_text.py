"""What a campaign and its steps come to, in words and figures."""

from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzao.research import Phase, Pledge, Project, Unit
from gongzao.web.research import campaign
from gongzao.web.research.campaign import Standing
from gongzao.web.research.display import name_of, quantity, wan, yuan
from gongzao.web.research.models import Phase as PhaseLabel

Facts = list[tuple[str, str]]


def clock(at: datetime) -> str:
    """Return a time in China, to the minute."""
    return f"{localtime(at):%Y-%m-%d %H:%M}"


def left(until: datetime, now: datetime) -> str:
    """Say how much time is left: in days, in hours, and at the end in minutes."""
    minutes = max(0, int((until - now).total_seconds() // 60))
    hours = minutes // 60
    if hours >= 48:
        return _("%(n)s天") % {"n": hours // 24}
    return _("%(n)s小时") % {"n": hours} if hours >= 2 else _("%(n)s分钟") % {"n": minutes}


def short_of(now_at: Standing) -> str:
    """Say what the next goal is short of: cash, value in kind, contributors."""
    goal = now_at.next_goal
    cash, kind = goal.cash - now_at.cash, goal.in_kind - now_at.in_kind
    short = [_("现金 %(sum)s") % {"sum": wan(cash)}] if cash > 0 else []
    short += [_("实物（折价）%(sum)s") % {"sum": wan(kind)}] if kind > 0 else []
    short += [_("出资单位至少2家")] if now_at.contributors < 2 else []
    return _("、").join(short)


def answer(project: Project, now_at: Standing, now: datetime) -> str:
    """Say how far the campaign is, and what happens next."""
    first = now_at.goals[0]
    facts = {
        "cash": wan(project.pledged_cash),
        "needed": wan(first.cash),
        "n": now_at.contributors,
        "missing": short_of(now_at),
        "deadline": clock(now_at.deadline),
        "left": left(now_at.deadline, now),
        "opens": clock(project.proposal.terms.opens),
        "sign_by": clock(project.proposal.terms.sign_by),
        "phase": PhaseLabel(project.phase).label,
    }
    return _words(project, now_at, now) % facts


def _words(project: Project, now_at: Standing, now: datetime) -> str:
    reached = now_at.goals[0].reached
    words = _("众筹已结束：%(n)s家认缴现金 %(cash)s，项目%(phase)s。")
    if now_at.due:
        words = _("本轮已于 %(deadline)s 截止，认缴现金 %(cash)s（门槛 %(needed)s），等待集群服务中心结束本轮。")
    elif now_at.is_open and reached:
        words = _("已达门槛：%(n)s家认缴现金 %(cash)s（门槛 %(needed)s），还剩%(left)s。")
        if not now_at.next_goal.reached:
            words += _("距最优目标还差%(missing)s。")
    elif now_at.is_open:
        words = _("%(n)s家认缴现金 %(cash)s，距门槛还差%(missing)s，还剩%(left)s；未达门槛则全部解冻。")
    elif now < project.proposal.terms.opens:
        words = _("众筹自 %(opens)s 开始，门槛为现金 %(needed)s。")
    elif project.phase is Phase.MISSED:
        words = _("未达门槛：认缴现金 %(cash)s，门槛 %(needed)s，全部认缴已解冻。")
    elif project.phase is Phase.SIGNING:
        words = _("众筹成功：%(n)s家认缴现金 %(cash)s，须在 %(sign_by)s 前签署合同。")
    return words


def after_pledge(after: Project, made: Pledge) -> tuple[Facts, list[str]]:
    """Return the figures of a pledge about to be made, and all that follows from it."""
    terms, goal = after.proposal.terms, campaign.standing(after, after.at).next_goal
    facts: Facts = [(_("出资单位"), name_of(after, made.party)), (_("认缴"), quantity(made.quantity, made.unit))]
    if made.unit is Unit.CASH:
        facts += [
            (_("认缴后现金合计"), yuan(after.pledged_cash)),
            (_("目标现金"), yuan(goal.cash)),
            (_("还差现金"), yuan(max(0, goal.cash - after.pledged_cash))),
            (_("按现有认缴预计应缴"), yuan(campaign.expected(after)[made.id])),
        ]
    else:
        facts += [
            (_("按项目约定折价"), yuan(made.value)),
            (_("认缴后实物折价合计"), yuan(after.pledged_in_kind)),
            (_("目标实物折价"), yuan(goal.in_kind)),
        ]
    points = [
        _("现在只冻结，不划缴。全部单位签署合同时才从本单位划缴。")
        if made.unit is Unit.CASH
        else _("现在只登记承诺，签约后按里程碑投入，投入情况计入账本。"),
        _("%(until)s 前可以撤回，之后不能撤回。") % {"until": clock(terms.withdraw_until)},
        _("%(deadline)s 截止时未达门槛，或 %(sign_by)s 前未全部签约，认缴全部解冻。")
        % {"deadline": clock(terms.closes), "sign_by": clock(terms.sign_by)},
    ]
    if made.unit is Unit.CASH:
        points.append(_("现金认缴超过所需时，各笔按比例划缴，多余部分解冻，谁都不会多付。"))
    if after.is_public(made.party):
        points.append(_("从公共匹配资金列支，里程碑付款时最后支取。"))
    return facts, points


def after_close(before: Project, after: Project) -> tuple[Facts, list[str]]:
    """Return the figures of the end of a round, and all that follows from it."""
    facts: Facts = [
        (_("认缴现金"), yuan(before.pledged_cash)),
        (_("门槛现金"), yuan(before.proposal.cash(1))),
        (_("认缴实物折价"), yuan(before.pledged_in_kind)),
        (_("门槛实物折价"), yuan(before.proposal.in_kind(1))),
        (_("出资单位"), _("%(n)s家（至少2家）") % {"n": len(before.contributors)}),
        (_("结果"), str(PhaseLabel(after.phase).label)),
    ]
    if after.phase is Phase.SIGNING:
        taken = campaign.taken_by_party(after)
        facts += [
            (_("%(name)s应缴付") % {"name": name_of(after, party)}, yuan(fen)) for party, fen in taken.items() if fen
        ]
        until = clock(after.proposal.terms.sign_by)
        return facts, [_("达到目标。各方须在 %(until)s 前签署合同，最后一家签署时从各方划缴认缴。") % {"until": until}]
    if after.phase is Phase.SECOND_ROUND:
        until = clock(after.proposal.terms.closes)
        return facts, [_("门槛已达到，第二轮开放至 %(until)s，继续向最优目标认缴。") % {"until": until}]
    return facts, [_("全部认缴解冻，没有人付款。此步不能撤销。")]
