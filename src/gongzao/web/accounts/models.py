"""Users, the posts they hold, and tokens for programs."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from gongzao.web.kit.seen import SeenBy


def each_once(*keys: str) -> list[Coalesce]:
    """Return nullable foreign keys as expressions for a unique constraint in which NULL equals NULL.

    SQLite has no ``NULLS NOT DISTINCT``; an index over these expressions means the same on every database.
    """
    return [Coalesce(Cast(key, models.CharField()), Value("")) for key in keys]


class Role(models.TextChoices):
    """What somebody is to the platform; each role but the auditor's is held for a place."""

    PROVINCE = "province", _("省级管理员")
    CITY = "city", _("市级管理员")
    COUNTY = "county", _("县级管理员")
    OPERATOR = "operator", _("集群服务中心")
    MEMBER = "member", _("企业成员")
    AUDITOR = "auditor", _("审计员")


OFFICERS = (Role.PROVINCE, Role.CITY, Role.COUNTY)


class User(AbstractUser):
    """A person who signs in."""


class Post(models.Model):
    """A role that a user holds for one place: officers a region, operators a cluster, members a firm."""

    user = models.ForeignKey(User, models.PROTECT, related_name="posts", verbose_name=_("用户"))
    role = models.CharField(_("角色"), max_length=10, choices=Role)
    region = models.ForeignKey("clusters.Region", models.PROTECT, null=True, blank=True, verbose_name=_("地区"))
    cluster = models.ForeignKey("clusters.Cluster", models.PROTECT, null=True, blank=True, verbose_name=_("集群"))
    enterprise = models.ForeignKey("clusters.Enterprise", models.PROTECT, null=True, blank=True, verbose_name=_("企业"))

    seen_by: ClassVar = SeenBy(region=("region__path", "cluster__county__path", "enterprise__county__path"))

    class Meta:
        verbose_name = _("任职")
        verbose_name_plural = _("任职")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="post_place_fits_role",
                condition=(
                    Q(role__in=OFFICERS, region__isnull=False, cluster__isnull=True, enterprise__isnull=True)
                    | Q(role=Role.OPERATOR, region__isnull=True, cluster__isnull=False, enterprise__isnull=True)
                    | Q(role=Role.MEMBER, region__isnull=True, cluster__isnull=True, enterprise__isnull=False)
                    | Q(role=Role.AUDITOR, region__isnull=True, cluster__isnull=True, enterprise__isnull=True)
                ),
                violation_error_message=_(
                    "省、市、县管理员须选地区，集群服务中心须选集群，企业成员须选企业，审计员不选。"
                ),
            ),
            models.UniqueConstraint("user", "role", *each_once("region", "cluster", "enterprise"), name="post_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class ApiToken(models.Model):
    """A token with which a program acts as a user; only its SHA-256 digest is kept."""

    user = models.ForeignKey(User, models.PROTECT, related_name="api_tokens", verbose_name=_("用户"))
    name = models.CharField(_("用途"), max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("创建时间"), auto_now_add=True)
    expires_at = models.DateTimeField(_("到期时间"))

    class Meta:
        verbose_name = _("接口令牌")
        verbose_name_plural = _("接口令牌")

    def __str__(self) -> str:
        return f"{self.user} · {self.name}"
