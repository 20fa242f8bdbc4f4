"""Proposals being written, what the parties named in them answered, and what was decided on them."""

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gongzao.research.model import MAX_TEXT
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import SeenBy
from gongzao.web.clusters.models import Enterprise
from gongzao.web.project.insert_only import InsertOnly
from gongzao.web.research.models import MAX_NAME


class Draft(models.Model):
    """A proposal that is being written, or the amendment of a contract; its sections are kept as they were typed.

    ``data`` holds the fields of each section's form; :mod:`.proposal_reader` makes a proposal of it.
    """

    class State(models.TextChoices):
        """Where a draft stands."""

        WRITING = "writing", _("编写中")
        SUBMITTED = "submitted", _("已提交")
        RETURNED = "returned", _("退回修改")
        OPENED = "opened", _("已立项")
        DECLINED = "declined", _("未立项")

    slug = models.SlugField(_("标识"), max_length=32, unique=True)
    topic = models.ForeignKey("research.Topic", models.PROTECT, related_name="drafts", verbose_name=_("共性技术需求"))
    lead = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name=_("牵头单位"))
    # ``named``: asked to take part when the draft was handed in; ``members``: those of them that agreed, and the lead.
    named = models.ManyToManyField(Enterprise, related_name="+", verbose_name=_("受邀单位"))
    members = models.ManyToManyField(Enterprise, related_name="research_drafts", verbose_name=_("参与单位"))
    amends = models.ForeignKey(
        "research.Project", models.PROTECT, null=True, related_name="amendments", verbose_name=_("变更的项目")
    )
    title = models.CharField(_("项目名称"), max_length=MAX_NAME, blank=True)
    data = models.JSONField(_("内容"), default=dict)
    version = models.PositiveIntegerField(_("版本"), default=1)
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.WRITING)
    reply = models.TextField(_("答复"), max_length=MAX_TEXT, blank=True)
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("修改人"))
    changed_at = models.DateTimeField(_("修改时间"))

    seen_by: ClassVar = SeenBy(
        region=("topic__cluster__county__path",),
        cluster=("topic__cluster",),
        enterprise=("lead", "named", "members"),
    )

    class Meta:
        verbose_name = _("项目建议书")
        verbose_name_plural = _("项目建议书")
        ordering: ClassVar = ["-changed_at", "-pk"]

    def __str__(self) -> str:
        return self.title or self.slug

    def get_absolute_url(self) -> str:
        """Return the address of the draft's page."""
        return reverse("research:draft", args=[self.slug])


class DraftConsent(InsertOnly):
    """What a named party answered to a draft, by the hash of what it read; a later answer is a further row."""

    draft = models.ForeignKey(Draft, models.PROTECT, related_name="consents", verbose_name=_("建议书"))
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name=_("单位"))
    content = models.CharField(_("内容哈希"), max_length=64)
    agreed = models.BooleanField(_("同意"))
    reason = models.TextField(_("理由"), max_length=MAX_TEXT, blank=True)
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("操作人"))

    seen_by: ClassVar = SeenBy(
        region=("draft__topic__cluster__county__path",),
        cluster=("draft__topic__cluster",),
        enterprise=("draft__lead", "enterprise"),
    )

    class Meta:
        verbose_name = _("参与确认")
        verbose_name_plural = _("参与确认")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.draft_id} · {self.enterprise}"


class DraftReply(InsertOnly):
    """What was answered to a draft that was handed in: returned or declined, with the reason."""

    draft = models.ForeignKey(Draft, models.PROTECT, related_name="replies", verbose_name=_("建议书"))
    state = models.CharField(_("答复"), max_length=9, choices=Draft.State)
    text = models.TextField(_("理由"), max_length=MAX_TEXT)
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("操作人"))

    seen_by: ClassVar = SeenBy(
        region=("draft__topic__cluster__county__path",),
        cluster=("draft__topic__cluster",),
        enterprise=("draft__lead", "draft__members"),
    )

    class Meta:
        verbose_name = _("答复")
        verbose_name_plural = _("答复")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.draft_id} {self.state}"
