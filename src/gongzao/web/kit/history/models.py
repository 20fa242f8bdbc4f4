"""The table of the history."""

from typing import ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from gongzao.web.kit.seen import SeenBy
from gongzao.web.project.insert_only import InsertOnly


class Act(models.TextChoices):
    """What was done."""

    ADDED = "added", _("新增")
    CHANGED = "changed", _("修改")
    REMOVED = "removed", _("删除")
    CONFIRMED = "confirmed", _("确认")
    REJECTED = "rejected", _("退回")
    WITHDRAWN = "withdrawn", _("撤回")
    SIGNED_IN = "signed_in", _("登录")
    SIGNED_OUT = "signed_out", _("退出登录")
    SIGN_IN_FAILED = "sign_in_failed", _("登录失败")


class Via(models.TextChoices):
    """Through which door somebody came."""

    PAGE = "page", _("页面")
    API = "api", _("接口")
    ADMIN = "admin", _("管理后台")
    COMMAND = "command", _("命令")


class Change(InsertOnly):
    """One act on one row, with the values it had before and has after; written once, outliving what it tells of.

    ``user`` is protected: who has acted is never deleted. Name and address are those of the moment. ``place`` is the
    path of the region in which the row lies, ``place_before`` the one it lay in if the act moved it.
    """

    at = models.DateTimeField(_("时间"), auto_now_add=True, db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("操作人")
    )
    user_name = models.CharField(_("操作人姓名"), max_length=200, blank=True)
    address = models.CharField(_("网络地址"), max_length=45, blank=True)
    via = models.CharField(_("途径"), max_length=10, choices=Via)
    act = models.CharField(_("操作"), max_length=20, choices=Act)
    model = models.CharField(_("对象类型"), max_length=80)
    key = models.CharField(_("主键"), max_length=120)
    title = models.CharField(_("对象"), max_length=200)
    before = models.JSONField(_("原值"), default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("新值"), default=dict, encoder=DjangoJSONEncoder)
    reason = models.CharField(_("说明"), max_length=400, blank=True)
    place = models.CharField(max_length=60, blank=True, db_index=True)
    place_before = models.CharField(max_length=60, blank=True)

    seen_by: ClassVar = SeenBy(region=("place", "place_before"))

    class Meta:
        app_label = "kit"
        verbose_name = _("变更记录")
        verbose_name_plural = _("变更记录")
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["model", "key"], name="change_of_row")]

    def __str__(self) -> str:
        return f"{self.user_name} {self.get_act_display()} {self.title}"
