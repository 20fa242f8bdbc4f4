"""The register of experts with its log, and what they were drawn for."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import SeenBy
from gongzao.web.clusters.models import Enterprise
from gongzao.web.project.insert_only import InsertOnly


class Expert(models.Model):
    """Somebody who may review milestones; see :class:`gongzao.research.Expert`."""

    code = models.SlugField(_("专家编号"), max_length=32, unique=True)
    name = models.CharField(_("姓名"), max_length=40)
    field = models.CharField(_("专业领域"), max_length=120, blank=True)
    user = models.OneToOneField(
        User, models.PROTECT, null=True, blank=True, related_name="expert", verbose_name=_("登录账号")
    )
    employer = models.ForeignKey(
        Enterprise, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("工作单位")
    )
    conflicts = models.ManyToManyField(Enterprise, blank=True, related_name="+", verbose_name=_("申报的利益关系"))
    active = models.BooleanField(_("在库"), default=True)
    synthetic = models.BooleanField(_("示例数据"), default=False)

    seen_by: ClassVar = SeenBy()

    class Meta:
        verbose_name = _("评审专家")
        verbose_name_plural = _("评审专家")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.name


class ExpertRecord(InsertOnly):
    """One change of the register of experts: the entry as it was and as it is since, and who made it so."""

    expert = models.ForeignKey(Expert, models.PROTECT, related_name="records", verbose_name=_("专家"))
    before = models.JSONField(_("变更前"), null=True)
    after = models.JSONField(_("变更后"))
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("操作人"))

    seen_by: ClassVar = SeenBy()

    class Meta:
        verbose_name = _("专家库变更")
        verbose_name_plural = _("专家库变更")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.expert} {self.at}"

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """Name, old and new value of every part of the entry that changed."""
        labels = {
            "name": _("姓名"),
            "field": _("专业领域"),
            "employer": _("工作单位"),
            "account": _("登录账号"),
            "conflicts": _("利益关系"),
            "active": _("在库"),
        }
        before = self.before or {}
        return [
            (str(labels[name]), _words(before.get(name)), _words(value))
            for name, value in self.after.items()
            if before.get(name) != value
        ]


def _words(value: object) -> str:
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    return " ".join(value) if isinstance(value, list) else str(value or "")


class Review(models.Model):
    """An expert drawn for a milestone, for the expert's list of work; the verdict itself is an event."""

    project = models.ForeignKey("research.Project", models.CASCADE, related_name="reviews", verbose_name=_("项目"))
    expert = models.ForeignKey(Expert, models.PROTECT, related_name="reviews", verbose_name=_("专家"))
    milestone = models.CharField(_("里程碑"), max_length=32)
    drawn_at = models.DateTimeField(_("抽取时间"))
    done_at = models.DateTimeField(_("评审时间"), null=True)

    seen_by: ClassVar = SeenBy(region=("project__cluster__county__path",), cluster=("project__cluster",))

    class Meta:
        verbose_name = _("评审")
        verbose_name_plural = _("评审")
        ordering: ClassVar = ["-drawn_at", "pk"]

    def __str__(self) -> str:
        return f"{self.project_id} {self.milestone} · {self.expert}"


class StagedFile(models.Model):
    """A file that was sent with a form that had a fault: kept for a day, for the same person's next try."""

    project = models.ForeignKey("research.Project", models.CASCADE, related_name="+", verbose_name=_("项目"))
    user = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("上传人"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    name = models.CharField(_("文件名"), max_length=200)
    content = models.BinaryField(_("内容"))
    at = models.DateTimeField(_("时间"))

    seen_by: ClassVar = SeenBy()

    class Meta:
        verbose_name = _("暂存文件")
        verbose_name_plural = _("暂存文件")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "user", "sha256"], name="research_staged_once"),
        ]

    def __str__(self) -> str:
        return self.name
