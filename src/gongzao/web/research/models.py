"""Needs, calls and drafts of proposals; and projects, each the fold of a log that only gains rows.

What a project is follows from its :class:`Event` rows alone (:func:`gongzao.research.fold`). The other columns of
:class:`Project`, and :class:`Party`, are projections for lists and rights, written together with the events.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gongzao.research import Event as EventValue
from gongzao.research import Phase as PhaseValue
from gongzao.research import Role as RoleValue
from gongzao.research import from_plain
from gongzao.research.model import MAX_TEXT
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import SeenBy
from gongzao.web.clusters.models import Cluster, Enterprise
from gongzao.web.project.insert_only import InsertOnly

MAX_NAME = 120
"""Longest title [characters]."""


class Phase(models.TextChoices):
    """Where a project stands."""

    CAMPAIGN = PhaseValue.CAMPAIGN.value, _("众筹中")
    SECOND_ROUND = PhaseValue.SECOND_ROUND.value, _("第二轮众筹")
    SIGNING = PhaseValue.SIGNING.value, _("签约中")
    RUNNING = PhaseValue.RUNNING.value, _("研究中")
    COMPLETED = PhaseValue.COMPLETED.value, _("已完成")
    STOPPED = PhaseValue.STOPPED.value, _("已终止")
    MISSED = PhaseValue.MISSED.value, _("未达门槛")
    LAPSED = PhaseValue.LAPSED.value, _("逾期未签")


class Role(models.TextChoices):
    """What a party is in a project."""

    FIRM = RoleValue.FIRM.value, _("企业")
    UNIVERSITY = RoleValue.UNIVERSITY.value, _("高校")
    INSTITUTE = RoleValue.INSTITUTE.value, _("科研院所")
    PUBLIC = RoleValue.PUBLIC.value, _("公共研究机构")
    SUPPLIER = RoleValue.SUPPLIER.value, _("供应商")
    CUSTOMER = RoleValue.CUSTOMER.value, _("用户企业")
    PLATFORM = RoleValue.PLATFORM.value, _("平台")
    SOCIAL = RoleValue.SOCIAL.value, _("社会力量")


class Call(models.Model):
    """A published call for proposals on common problems of a cluster; see :class:`gongzao.research.Call`."""

    slug = models.SlugField(_("标识"), max_length=32, unique=True)
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="calls", verbose_name=_("集群"))
    title = models.CharField(_("标题"), max_length=MAX_NAME)
    policy = models.CharField(_("适用政策"), max_length=32)
    opens = models.DateTimeField(_("开始受理"))
    closes = models.DateTimeField(_("截止受理"))
    published_at = models.DateTimeField(_("发布时间"))
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("发布人"))
    synthetic = models.BooleanField(_("示例数据"), default=False)

    seen_by: ClassVar = SeenBy(region=("cluster__county__path",), cluster=("cluster",), public=Q())

    class Meta:
        verbose_name = _("征集")
        verbose_name_plural = _("征集")
        ordering: ClassVar = ["-opens", "slug"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the call's page."""
        return reverse("research:call", args=[self.slug])


class Topic(models.Model):
    """A common problem (共性技术需求) into which needs of at least two firms were merged."""

    slug = models.SlugField(_("标识"), max_length=32, unique=True)
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="topics", verbose_name=_("集群"))
    title = models.CharField(_("题目"), max_length=MAX_NAME)
    call = models.ForeignKey(Call, models.PROTECT, null=True, related_name="topics", verbose_name=_("征集"))
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("归并人"))
    made_at = models.DateTimeField(_("归并时间"))

    seen_by: ClassVar = SeenBy(region=("cluster__county__path",), cluster=("cluster",), public=Q(call__isnull=False))

    class Meta:
        verbose_name = _("共性技术需求")
        verbose_name_plural = _("共性技术需求")
        ordering: ClassVar = ["-made_at", "slug"]

    def __str__(self) -> str:
        return self.title


class Need(models.Model):
    """What one firm needs, in its own words; only the firm and those who look after its cluster see it."""

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="needs", verbose_name=_("企业"))
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="needs", verbose_name=_("集群"))
    text = models.TextField(_("技术需求"), max_length=MAX_TEXT)
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, related_name="needs", verbose_name=_("共性技术需求"))
    filed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("填报人"))
    filed_at = models.DateTimeField(_("填报时间"))

    seen_by: ClassVar = SeenBy(region=("cluster__county__path",), cluster=("cluster",), enterprise=("enterprise",))

    class Meta:
        verbose_name = _("技术需求")
        verbose_name_plural = _("技术需求")
        ordering: ClassVar = ["-filed_at", "-pk"]

    def __str__(self) -> str:
        return self.text[:40]


class Project(models.Model):
    """A project from its campaign on; what it is follows from its events."""

    id = models.CharField(_("项目编号"), max_length=32, primary_key=True)
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="research_projects", verbose_name=_("集群"))
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="projects", verbose_name=_("共性技术需求"))
    title = models.CharField(_("项目名称"), max_length=MAX_TEXT)
    phase = models.CharField(_("阶段"), max_length=12, choices=Phase)
    version = models.PositiveIntegerField(_("版本"))
    opened_at = models.DateTimeField(_("立项时间"))
    changed_at = models.DateTimeField(_("最近变动"))
    synthetic = models.BooleanField(_("示例数据"), default=False)

    seen_by: ClassVar = SeenBy(
        region=("cluster__county__path",), cluster=("cluster",), enterprise=("parties__enterprise",)
    )

    class Meta:
        verbose_name = _("众筹科研项目")
        verbose_name_plural = _("众筹科研项目")
        ordering: ClassVar = ["-changed_at", "id"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the project's page for its parties."""
        return reverse("research:project", args=[self.pk])


class Party(models.Model):
    """An organisation that takes part in a project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="parties", verbose_name=_("项目"))
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="research", verbose_name=_("单位"))
    role = models.CharField(_("角色"), max_length=10, choices=Role)

    seen_by: ClassVar = SeenBy(
        region=("project__cluster__county__path",),
        cluster=("project__cluster",),
        enterprise=("project__parties__enterprise",),
    )

    class Meta:
        verbose_name = _("参与单位")
        verbose_name_plural = _("参与单位")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "enterprise"], name="research_party_once"),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise} → {self.project_id}"


class Event(InsertOnly):
    """One event of a project; see :class:`gongzao.research.Event`."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="events", verbose_name=_("项目"))
    seq = models.PositiveIntegerField(_("序号"))
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("操作人"))
    kind = models.CharField(_("事项"), max_length=24)
    data = models.JSONField(_("内容"))

    seen_by: ClassVar = SeenBy(
        region=("project__cluster__county__path",),
        cluster=("project__cluster",),
        enterprise=("project__parties__enterprise",),
    )

    class Meta:
        verbose_name = _("项目事项")
        verbose_name_plural = _("项目事项")
        ordering: ClassVar = ["project_id", "seq"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "seq"], name="research_event_once")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.seq} {self.kind}"

    @property
    def value(self) -> EventValue:
        """The event as the rules know it."""
        event: EventValue = from_plain(EventValue, self.data)
        return event


class Bid(InsertOnly):
    """What a party would pay at most for a project, for the proposal of cost shares; only its own people see it.

    A changed mind is a further row; the last one of a party counts.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="bids", verbose_name=_("项目"))
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name=_("单位"))
    amount = models.BigIntegerField(_("最高出资（分）"))
    weight = models.DecimalField(_("权重"), max_digits=9, decimal_places=3, default=1)
    made_at = models.DateTimeField(_("时间"))
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("填写人"))

    seen_by: ClassVar = SeenBy(enterprise=("enterprise",))

    class Meta:
        verbose_name = _("出资意愿")
        verbose_name_plural = _("出资意愿")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.project_id} · {self.enterprise}"


class Evidence(InsertOnly):
    """A file handed in with a milestone, kept by its hash."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="evidence", verbose_name=_("项目"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    name = models.CharField(_("文件名"), max_length=200)
    content = models.BinaryField(_("内容"))
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("上传人"))
    uploaded_at = models.DateTimeField(_("上传时间"))

    seen_by: ClassVar = SeenBy(
        region=("project__cluster__county__path",),
        cluster=("project__cluster",),
        enterprise=("project__parties__enterprise",),
    )

    class Meta:
        verbose_name = _("证明材料")
        verbose_name_plural = _("证明材料")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "sha256"], name="research_evidence_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Contract(InsertOnly):
    """A contract in force as a Word document: the hash of its clauses, and the file as it was made."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="contracts", verbose_name=_("项目"))
    sha256 = models.CharField(_("合同哈希"), max_length=64)
    clauses = models.JSONField(_("条款"))
    document = models.BinaryField(_("文件"))
    document_sha256 = models.CharField(_("文件哈希"), max_length=64)
    made_at = models.DateTimeField(_("生成时间"))

    seen_by: ClassVar = SeenBy(
        region=("project__cluster__county__path",),
        cluster=("project__cluster",),
        enterprise=("project__parties__enterprise",),
    )

    class Meta:
        verbose_name = _("合同")
        verbose_name_plural = _("合同")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "sha256"], name="research_contract_once"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.sha256[:12]}"


from gongzao.web.research.models_drafts import Draft, DraftConsent, DraftReply  # noqa: E402 - tables of this app that refer to the ones above
from gongzao.web.research.models_fund import FundRound, FundVote, FundVoter  # noqa: E402
from gongzao.web.research.models_review import Expert, ExpertRecord, Review, StagedFile  # noqa: E402

__all__ = [
    "MAX_NAME",
    "Bid",
    "Call",
    "Contract",
    "Draft",
    "DraftConsent",
    "DraftReply",
    "Event",
    "Evidence",
    "Expert",
    "ExpertRecord",
    "FundRound",
    "FundVote",
    "FundVoter",
    "Need",
    "Party",
    "Phase",
    "Project",
    "Review",
    "Role",
    "StagedFile",
    "Topic",
]
