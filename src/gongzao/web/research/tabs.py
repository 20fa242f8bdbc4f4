"""Which of the research pages a visitor has something on."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzao.web.accounts.scope import Visitor, posts_of, sees_all
from gongzao.web.research.experts import keeps_register
from gongzao.web.research.models import Expert


class Tab(NamedTuple):
    """A page of the navigation: its address's name, icon and words."""

    name: str
    icon: str
    label: Promise

    @property
    def address(self) -> str:
        """Name of the address, with its namespace."""
        return f"research:{self.name}"


HOME = Tab("home", "home", _("总览"))
_POSTS = (
    Tab("projects", "folders", _("项目")),
    Tab("needs", "bulb", _("需求与征集")),
    Tab("drafts", "file-pencil", _("建议书")),
    Tab("fund", "pig-money", _("匹配资金")),
)
_REVIEWS = Tab("reviews", "checklist", _("评审"))


def tabs_of(visitor: Visitor) -> list[Tab]:
    """Return the pages to offer: who holds a post sees projects and the like, experts and auditors the reviews."""
    if not visitor.is_authenticated:
        return [HOME]
    holds = sees_all(visitor) or bool(posts_of(visitor))
    reviews = sees_all(visitor) or Expert.objects.filter(user=visitor.pk).exists() or keeps_register(visitor)
    return [HOME, *(_POSTS if holds else ()), *([_REVIEWS] if reviews else ())]
