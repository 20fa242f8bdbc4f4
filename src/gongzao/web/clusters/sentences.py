"""The first line of each page: its answer in words."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from gongzao.targets import number
from gongzao.web.clusters.display import CLUSTER_UNIT, figure_words, level, money_words, period_text
from gongzao.web.clusters.models import Cluster, Draft, Enterprise, Membership, Observation, TitleAward
from gongzao.web.clusters.queries import REVENUE, nearest_threshold


def _growth(figure: Observation) -> str:
    if figure.growth_pct is None:
        return ""
    way = _("，同比增长%(growth)s%%") if figure.growth_pct >= 0 else _("，同比下降%(growth)s%%")
    return way % {"growth": number(abs(figure.growth_pct), 2)}


def _level_and_growth(figure: Observation) -> str:
    words = _("%(period)s%(indicator)s%(value)s") % {
        "period": period_text(figure),
        "indicator": figure.indicator.name,
        "value": figure_words(figure),
    }
    return words + _growth(figure)


def of_cluster(cluster: Cluster, size: Observation | None, newest: Observation | None, *, part: bool) -> str:
    """Say how large a cluster is, how far it is from the next threshold, and how the running year goes.

    ``part`` says that the visitor sees only a part of what is known of it.
    """
    if size is None and newest is None and part and cluster.synthetic:
        return _("%(cluster)s的规模数据未对您开放，只有所在地管理员和集群服务中心可以查看。") % {
            "cluster": cluster.name
        }
    if size is None and newest is None:
        return _("%(cluster)s还没有规模数据。") % {"cluster": cluster.name}
    words = _of_size(cluster, size) if size else ""
    if newest and (size is None or newest.period_end > size.period_end):
        words += (_("其后") if size else cluster.name + _("：")) + _level_and_growth(newest) + _("。")
    return words


def _of_size(cluster: Cluster, size: Observation) -> str:
    words = f"{cluster.name}{_('：')}{_level_and_growth(size)}"
    if size.indicator_id != REVENUE:
        return words + _("；营业收入未公布，不与千亿元等门槛比较。")
    if missing := nearest_threshold(level(size, CLUSTER_UNIT)):
        return words + _("；距%(threshold)s还差%(missing)s。") % {
            "threshold": money_words(Decimal(missing[0]), CLUSTER_UNIT),
            "missing": money_words(missing[1], CLUSTER_UNIT),
        }
    return words + _("；已超过千亿元。")


def of_enterprise(
    firm: Enterprise, revenue: Observation | None, memberships: Sequence[Membership], awards: Sequence[TitleAward]
) -> str:
    """Say how large a firm is, where it belongs and how many titles it holds."""
    words = firm.name
    words += _("：") + _level_and_growth(revenue) if revenue else _("：还没有营业收入数据")
    if memberships:
        names = _("、").join(row.cluster.name + (_("（龙头企业）") if row.leader else "") for row in memberships)
        words += _("；属于%(clusters)s") % {"clusters": names}
    if awards:
        words += _("；登记称号%(count)s项") % {"count": len(awards)}
    return words + _("。")


def of_history(figure: Observation, revisions: Sequence[Observation]) -> str:
    """Say what a figure is now and how often it was corrected."""
    newest = revisions[-1]
    words = f"{figure.subject}{_('：')}{_level_and_growth(newest)}"
    if len(revisions) == 1:
        return words + _("；未曾修订。")
    return words + _("；已修订%(count)s次，以最近一次为准。") % {"count": newest.revision}


def recorded(figure: Observation) -> str:
    """Say that a figure is recorded."""
    if figure.revision == 0:
        return _("已登记：%(figure)s。") % {"figure": figure}
    return _("已登记为第%(revision)s次修订：%(figure)s。") % {"revision": figure.revision, "figure": figure}


def waits(draft: Draft) -> str:
    """Say that a figure, or its withdrawal, waits for a second person."""
    given = {"figure": draft}
    if draft.withdrawal:
        return _("撤回申请已提交：%(figure)s。公开的目标以它为依据，须由另一位有权限的人员确认。") % given
    return _("已提交：%(figure)s。公开的目标以它为依据，须由另一位有权限的人员确认后生效。") % given
