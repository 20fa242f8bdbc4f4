"""The registry's tables. Observations are only ever added: a correction is a new revision."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Concat, Substr
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gongzao.kernel import Period
from gongzao.web.accounts.models import User, each_once
from gongzao.web.accounts.scope import SeenBy
from gongzao.web.clusters.fields import PeriodField, UnitField, UsccField
from gongzao.web.project.insert_only import InsertOnly, InsertOnlyQuerySet


class Named(models.Model):
    """Something with a Chinese and, where known, an English name."""

    name_zh = models.CharField(_("中文名称"), max_length=120)
    name_en = models.CharField(_("英文名称"), max_length=160, blank=True)

    class Meta:
        abstract = True

    @property
    def name(self) -> str:
        """The name in the language of the page; Chinese where there is no English one."""
        return (self.name_en or self.name_zh) if (get_language() or "").startswith("en") else self.name_zh

    def __str__(self) -> str:
        return self.name


class Region(Named):
    """A province, city or county (GB/T 2260); the path lists the codes from the top, so a prefix is a subtree."""

    class Level(models.TextChoices):
        """Administrative level."""

        COUNTRY = "country", _("国家")
        PROVINCE = "province", _("省")
        CITY = "city", _("市")
        COUNTY = "county", _("县（市、区）")

    code = models.CharField(_("行政区划代码"), max_length=12, primary_key=True)
    level = models.CharField(_("级别"), max_length=8, choices=Level)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级")
    )
    path = models.CharField(max_length=60, unique=True, editable=False)

    seen_by: ClassVar = SeenBy(region=("path",), public=Q())

    class Meta:
        verbose_name = _("地区")
        verbose_name_plural = _("地区")
        ordering: ClassVar = ["code"]

    def clean(self) -> None:
        """Refuse a parent that lies within the region itself, or is not above it."""
        order = list(Region.Level)
        if self.parent and f"{self.code}/" in self.parent.path:
            raise ValidationError({"parent": _("上级不能是本地区自己或其下级。")})
        if self.parent and self.level and order.index(self.parent.level) >= order.index(self.level):  # type: ignore[arg-type]  # the value of a member
            raise ValidationError({"parent": _("上级的级别须高于本地区。")})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the region with the path that follows from its parent; everything within it follows."""
        self.clean()
        old = Region.objects.filter(pk=self.pk).values_list("path", flat=True).first()
        self.path = f"{self.parent.path if self.parent else ''}{self.code}/"
        with transaction.atomic():
            super().save(*args, **kwargs)
            if old is not None and old != self.path:
                within = Region.objects.filter(path__startswith=old).exclude(pk=self.pk)
                within.update(path=Concat(Value(self.path), Substr("path", len(old) + 1)))


class Industry(Named):
    """A class of the national economy (GB/T 4754)."""

    code = models.CharField(_("行业代码"), max_length=5, primary_key=True)

    seen_by: ClassVar = SeenBy(public=Q())

    class Meta:
        verbose_name = _("行业")
        verbose_name_plural = _("行业")
        ordering: ClassVar = ["code"]


class Source(models.Model):
    """Where figures come from. A synthetic source marks everything that rests on it as 示例数据."""

    code = models.CharField(_("编号"), max_length=20, primary_key=True)
    title = models.CharField(_("标题"), max_length=240)
    publisher = models.CharField(_("发布者"), max_length=120, blank=True)
    published_on = models.CharField(_("发布日期"), max_length=40, blank=True)
    link = models.URLField(_("网址"), max_length=400, blank=True)
    synthetic = models.BooleanField(_("示例数据"), default=False)

    seen_by: ClassVar = SeenBy(public=Q(synthetic=False), signed_in=Q())

    class Meta:
        verbose_name = _("来源")
        verbose_name_plural = _("来源")

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Cluster(Named):
    """An industrial cluster (产业集群) of a county."""

    slug = models.SlugField(_("标识"), max_length=60, unique=True)
    county = models.ForeignKey(Region, models.PROTECT, related_name="clusters", verbose_name=_("县（市、区）"))
    industry = models.ForeignKey(Industry, models.PROTECT, related_name="clusters", verbose_name=_("行业"))
    product_zh = models.CharField(_("主要产品"), max_length=120, blank=True)
    product_en = models.CharField(_("主要产品（英文）"), max_length=160, blank=True)
    synthetic = models.BooleanField(_("示例数据"), default=False)

    seen_by: ClassVar = SeenBy(
        region=("county__path",),
        cluster=("pk",),
        enterprise=("memberships__enterprise",),
        public=Q(synthetic=False),
    )

    class Meta:
        verbose_name = _("集群")
        verbose_name_plural = _("集群")
        ordering: ClassVar = ["county_id", "slug"]

    def get_absolute_url(self) -> str:
        """Return the address of the cluster's page."""
        return reverse("clusters:cluster_detail", args=[self.slug])

    @property
    def product(self) -> str:
        """The main product in the language of the page."""
        return (self.product_en or self.product_zh) if (get_language() or "").startswith("en") else self.product_zh


class Enterprise(models.Model):
    """A firm, identified by its unified social credit code."""

    uscc = UsccField(_("统一社会信用代码"), unique=True)
    name = models.CharField(_("企业名称"), max_length=120, db_index=True)
    county = models.ForeignKey(Region, models.PROTECT, related_name="enterprises", verbose_name=_("县（市、区）"))
    industry = models.ForeignKey(Industry, models.PROTECT, related_name="enterprises", verbose_name=_("行业"))
    clusters = models.ManyToManyField(Cluster, through="Membership", related_name="enterprises", verbose_name=_("集群"))
    synthetic = models.BooleanField(_("示例数据"), default=False)

    seen_by: ClassVar = SeenBy(region=("county__path",), cluster=("memberships__cluster",), enterprise=("pk",))

    class Meta:
        verbose_name = _("企业")
        verbose_name_plural = _("企业")
        ordering: ClassVar = ["name", "pk"]
        indexes: ClassVar = [models.Index(fields=["name", "id"], name="enterprise_name_id")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the firm's page."""
        return reverse("clusters:enterprise_detail", args=[self.uscc])


class Membership(models.Model):
    """A firm belonging to a cluster."""

    enterprise = models.ForeignKey(Enterprise, models.CASCADE, related_name="memberships", verbose_name=_("企业"))
    cluster = models.ForeignKey(Cluster, models.CASCADE, related_name="memberships", verbose_name=_("集群"))
    leader = models.BooleanField(_("龙头企业"), default=False)

    seen_by: ClassVar = SeenBy(region=("cluster__county__path",), cluster=("cluster",), enterprise=("enterprise",))

    class Meta:
        verbose_name = _("集群成员")
        verbose_name_plural = _("集群成员")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["enterprise", "cluster"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise} → {self.cluster}"

    def clean(self) -> None:
        """Refuse to mix made-up and real."""
        if self.enterprise_id and self.cluster_id and self.enterprise.synthetic != self.cluster.synthetic:
            raise ValidationError(_("示例企业与真实企业不得混入同一集群。"))


class Title(Named):
    """A title that firms or clusters are awarded, such as 专精特新“小巨人”."""

    code = models.SlugField(_("标识"), max_length=40, primary_key=True)

    seen_by: ClassVar = SeenBy(public=Q())

    class Meta:
        verbose_name = _("称号")
        verbose_name_plural = _("称号")
        ordering: ClassVar = ["code"]


class TitleAward(models.Model):
    """A title held by a firm or a cluster from one day to another."""

    class Level(models.TextChoices):
        """Who awards it."""

        NATIONAL = "national", _("国家级")
        PROVINCIAL = "provincial", _("省级")
        CITY = "city", _("市级")

    title = models.ForeignKey(Title, models.PROTECT, related_name="awards", verbose_name=_("称号"))
    level = models.CharField(_("级别"), max_length=10, choices=Level)
    enterprise = models.ForeignKey(
        Enterprise, models.CASCADE, null=True, blank=True, related_name="awards", verbose_name=_("企业")
    )
    cluster = models.ForeignKey(
        Cluster, models.CASCADE, null=True, blank=True, related_name="awards", verbose_name=_("集群")
    )
    awarded_on = models.DateField(_("认定日期"))
    expires_on = models.DateField(_("有效期至"), null=True, blank=True)
    document = models.CharField(_("认定文件"), max_length=160, blank=True)
    source = models.ForeignKey(Source, models.PROTECT, verbose_name=_("来源"))

    seen_by: ClassVar = SeenBy(
        region=("cluster__county__path", "enterprise__county__path"),
        cluster=("cluster", "enterprise__memberships__cluster"),
        enterprise=("enterprise",),
        public=Q(source__synthetic=False, cluster__isnull=False),
    )

    class Meta:
        verbose_name = _("称号认定")
        verbose_name_plural = _("称号认定")
        ordering: ClassVar = ["-awarded_on", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="award_has_one_holder",
                condition=Q(enterprise__isnull=False, cluster__isnull=True)
                | Q(enterprise__isnull=True, cluster__isnull=False),
                violation_error_message=_("称号须授予一家企业或一个集群，二者选一。"),
            ),
            models.CheckConstraint(
                name="award_expires_after_it_begins",
                condition=Q(expires_on__isnull=True) | Q(expires_on__gt=models.F("awarded_on")),
                violation_error_message=_("有效期须晚于认定日期。"),
            ),
            models.UniqueConstraint(
                "title", "level", *each_once("enterprise", "cluster"), "awarded_on", name="award_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} · {self.enterprise or self.cluster}"

    def clean(self) -> None:
        """Refuse to mix made-up and real."""
        holder = self.enterprise or self.cluster
        if holder is not None and self.source_id and holder.synthetic != self.source.synthetic:
            raise ValidationError(_("示例数据与真实数据不得混用：称号的来源与持有者须同为示例或同为真实。"))


class Indicator(Named):
    """What is observed, and in which unit it is stored."""

    code = models.SlugField(_("标识"), max_length=60, primary_key=True)
    unit = UnitField(_("单位"))

    seen_by: ClassVar = SeenBy(public=Q())

    class Meta:
        verbose_name = _("指标")
        verbose_name_plural = _("指标")
        ordering: ClassVar = ["code"]


class Figure(models.Model):
    """What is said about a figure: level, growth, scope (口径), source and revision."""

    class Qualifier(models.TextChoices):
        """How exactly the source prints the figure."""

        EXACT = "=", _("等于")
        ABOUT = "≈", _("约")
        MORE = ">", _("超过")
        AT_LEAST = "≥", _("不少于")
        LESS = "<", _("不足")

    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="%(class)ss", verbose_name=_("地区")
    )
    cluster = models.ForeignKey(
        Cluster, models.PROTECT, null=True, blank=True, related_name="%(class)ss", verbose_name=_("集群")
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, null=True, blank=True, related_name="%(class)ss", verbose_name=_("企业")
    )
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="%(class)ss", verbose_name=_("指标"))
    period = PeriodField(_("期间"))
    period_end = models.DateField(_("期末"), editable=False)
    value = models.DecimalField(_("数值"), max_digits=24, decimal_places=6, null=True, blank=True)
    unit = UnitField(_("单位"))
    qualifier = models.CharField(_("约数"), max_length=1, choices=Qualifier, default=Qualifier.EXACT)
    growth_pct = models.DecimalField(_("公布的同比增速（%）"), max_digits=12, decimal_places=4, null=True, blank=True)
    scope = models.CharField(_("口径"), max_length=60)
    basis = models.CharField(_("计算基础"), max_length=60, blank=True)
    source = models.ForeignKey(Source, models.PROTECT, related_name="%(class)ss", verbose_name=_("来源"))
    published_on = models.DateField(_("发布日期"), null=True, blank=True)
    confidence = models.CharField(_("可信度"), max_length=4, blank=True)
    revision = models.PositiveIntegerField(_("修订次数"), default=0)
    note = models.CharField(_("说明"), max_length=400, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.subject} · {self.indicator} · {self.period}"

    def said(self) -> dict[str, Any]:
        """Return everything that is said, by column: what a draft hands to an observation, a revision to the next."""
        columns = (field.attname for field in Figure._meta.local_concrete_fields)
        return {column: getattr(self, column) for column in columns}

    @property
    def subject(self) -> Region | Cluster | Enterprise:
        """What the figure is about."""
        return self.region or self.cluster or self.enterprise  # type: ignore[return-value]  # one is set, by constraint


class ObservationQuerySet(InsertOnlyQuerySet):
    """Figures as they were recorded."""

    def standing(self) -> "ObservationQuerySet":
        """Return the figures that have not been withdrawn."""
        return self.filter(withdrawal=None)


class Observation(Figure, InsertOnly):
    """One figure as it was reported; never overwritten.

    ``recorded_by`` wrote it, ``confirmed_by`` is the second person where one is needed; both are empty for what the
    installation loaded itself.
    """

    recorded_at = models.DateTimeField(_("入库时间"), auto_now_add=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, editable=False, related_name="+", verbose_name=_("填报人")
    )
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, editable=False, related_name="+", verbose_name=_("确认人")
    )

    objects: ClassVar[Any] = ObservationQuerySet.as_manager()
    seen_by: ClassVar = SeenBy(
        region=("region__path", "cluster__county__path", "enterprise__county__path"),
        cluster=("cluster", "enterprise__memberships__cluster"),
        enterprise=("enterprise",),
        public=Q(source__synthetic=False, enterprise__isnull=True),
    )

    class Meta:
        verbose_name = _("观测值")
        verbose_name_plural = _("观测值")
        ordering: ClassVar = ["-period_end", "indicator_id", "scope", "-revision"]
        indexes: ClassVar = [models.Index(fields=["period_end", "id"], name="observation_period_end")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="observation_has_one_subject",
                condition=Q(region__isnull=False, cluster__isnull=True, enterprise__isnull=True)
                | Q(region__isnull=True, cluster__isnull=False, enterprise__isnull=True)
                | Q(region__isnull=True, cluster__isnull=True, enterprise__isnull=False),
                violation_error_message=_("观测值须属于一个地区、一个集群或一家企业。"),
            ),
            models.CheckConstraint(
                name="observation_says_something",
                condition=Q(value__isnull=False) | Q(growth_pct__isnull=False),
                violation_error_message=_("数值与增速至少填一项。"),
            ),
            models.UniqueConstraint(
                *each_once("region", "cluster", "enterprise"),
                "indicator",
                "period",
                "scope",
                "basis",
                "revision",
                name="observation_once",
            ),
        ]

    @property
    def withdrawn(self) -> bool:
        """Whether the figure counts no more."""
        return hasattr(self, "withdrawal")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row; an existing one is refused."""
        self.period_end = Period.parse(str(self.period)).end
        super().save(*args, **kwargs)


class Withdrawal(InsertOnly):
    """That a revision counts no more: ``revision``, which says why, withdrew it, itself and every earlier one."""

    observation = models.OneToOneField(Observation, models.PROTECT, related_name="withdrawal")
    revision = models.ForeignKey(Observation, models.PROTECT, related_name="withdraws")

    def __str__(self) -> str:
        return str(self.observation)


class Draft(Figure):
    """A figure (or its withdrawal) on which a plan is measured, until a second person has decided; counted nowhere."""

    withdrawal = models.BooleanField(_("撤回"), default=False)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("填报人"))
    made_at = models.DateTimeField(_("提交时间"), auto_now_add=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("确认人"))
    decided_at = models.DateTimeField(_("确认时间"), null=True)
    accepted = models.BooleanField(_("通过"), null=True)
    reason = models.CharField(_("退回原因"), max_length=400, blank=True)

    seen_by: ClassVar = SeenBy(
        region=("region__path", "cluster__county__path", "enterprise__county__path"),
        cluster=("cluster", "enterprise__memberships__cluster"),
    )

    class Meta:
        verbose_name = _("待确认数据")
        verbose_name_plural = _("待确认数据")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="draft_is_decided_by_a_second_person",
                condition=Q(decided_by__isnull=True, accepted__isnull=True)
                | Q(decided_by__isnull=False, accepted=False)
                | (Q(decided_by__isnull=False, accepted=True) & ~Q(decided_by=models.F("made_by"))),
            ),
        ]


class Latest(models.Model):
    """Which observation of a subject and indicator is the newest: a projection, rebuilt from the observations."""

    region = models.ForeignKey(Region, models.CASCADE, null=True, related_name="latest")
    cluster = models.ForeignKey(Cluster, models.CASCADE, null=True, related_name="latest")
    enterprise = models.ForeignKey(Enterprise, models.CASCADE, null=True, related_name="latest")
    indicator = models.ForeignKey(Indicator, models.CASCADE)
    observation = models.OneToOneField(Observation, models.CASCADE)
    value = models.DecimalField(max_digits=24, decimal_places=6, null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(*each_once("region", "cluster", "enterprise"), "indicator", name="latest_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["indicator", "value"], name="latest_indicator_value")]

    def __str__(self) -> str:
        return str(self.observation)
