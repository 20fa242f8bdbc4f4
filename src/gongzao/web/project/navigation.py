"""The places of the site, in the plan's order; a role sees only what it may use."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzao.web.accounts.scope import Visitor
from gongzao.web.accounts.trail import may_read


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation.

    Parameters
    ----------
    view
        Name of the address it opens.
    area
        Beginning of the names of all addresses that belong to it.
    label, icon
        What it shows.
    signed_in, staff, allowed
        Who it is shown to.
    """

    view: str
    area: str
    label: str | Promise
    icon: str
    signed_in: bool = True
    staff: bool = False
    allowed: Callable[[Visitor], bool] | None = None

    def shown_to(self, visitor: Visitor) -> bool:
        """Whether ``visitor`` may use it."""
        return (
            (not self.signed_in or visitor.is_authenticated)
            and (not self.staff or visitor.is_staff)
            and (self.allowed is None or self.allowed(visitor))
        )


PLACES = (
    Place("targets:home", "targets:", _("目标"), "target-arrow", signed_in=False),
    Place("research:home", "research:", _("众筹科研"), "users-group", signed_in=False),
    Place("clusters:cluster_list", "clusters:cluster_", _("集群"), "sitemap"),
    Place("clusters:enterprise_list", "clusters:enterprise_", _("企业"), "building-factory-2"),
    Place("clusters:observation_list", "clusters:observation_", _("数据"), "chart-dots"),
    Place("ledger:accounts", "ledger:", _("账本"), "book-2"),
    Place("accounts:history", "accounts:history", _("变更"), "history", allowed=may_read),
    Place("admin:index", "admin:", _("管理"), "settings", staff=True),
)
