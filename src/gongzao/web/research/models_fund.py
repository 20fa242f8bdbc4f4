"""Rounds that allocate the matching fund, and the scores given in them."""

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import SeenBy
from gongzao.web.clusters.models import Cluster, Enterprise
from gongzao.web.project.insert_only import InsertOnly
from gongzao.web.research.models import MAX_NAME


class FundRound(models.Model):
    """One allocation of the public matching fund over competing proposals."""

    slug = models.SlugField(_("标识"), max_length=32, unique=True)
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="fund_rounds", verbose_name=_("集群"))
    title = models.CharField(_("名称"), max_length=MAX_NAME)
    closes = models.DateTimeField(_("表决截止"))
    drafts = models.ManyToManyField("research.Draft", related_name="fund_rounds", verbose_name=_("候选项目"))
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("设立人"))
    made_at = models.DateTimeField(_("设立时间"))
    # The result as it was decided, with each payment; NULL while votes are taken.
    result = models.JSONField(_("结果"), null=True)
    synthetic = models.BooleanField(_("示例数据"), default=False)

    seen_by: ClassVar = SeenBy(
        region=("cluster__county__path",), cluster=("cluster",), enterprise=("voters__enterprise", "drafts__lead")
    )

    class Meta:
        verbose_name = _("匹配资金分配")
        verbose_name_plural = _("匹配资金分配")
        ordering: ClassVar = ["-closes", "slug"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the allocation's page."""
        return reverse("research:fund_round", args=[self.slug])


class FundVoter(models.Model):
    """A firm with its part of the fund, and how it values the candidates (utility by the draft's slug)."""

    round = models.ForeignKey(FundRound, models.CASCADE, related_name="voters", verbose_name=_("匹配资金分配"))
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name=_("单位"))
    budget = models.BigIntegerField(_("份额（分）"))
    votes = models.JSONField(_("评分"), default=dict)
    voted_at = models.DateTimeField(_("表决时间"), null=True)

    seen_by: ClassVar = SeenBy(
        region=("round__cluster__county__path",), cluster=("round__cluster",), enterprise=("enterprise",)
    )

    class Meta:
        verbose_name = _("表决单位")
        verbose_name_plural = _("表决单位")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "enterprise"], name="research_voter_once"),
        ]

    def __str__(self) -> str:
        return f"{self.round} · {self.enterprise}"


class FundVote(InsertOnly):
    """How a firm scored the candidates at a time; ``votes`` of :class:`FundVoter` is the last of these."""

    voter = models.ForeignKey(FundVoter, models.PROTECT, related_name="revisions", verbose_name=_("表决单位"))
    votes = models.JSONField(_("评分"))
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("评分人"))

    seen_by: ClassVar = SeenBy(enterprise=("voter__enterprise",))

    class Meta:
        verbose_name = _("评分记录")
        verbose_name_plural = _("评分记录")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.voter}"
