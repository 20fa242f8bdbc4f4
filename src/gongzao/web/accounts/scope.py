"""The one place that decides who sees which rows.

A model says with ``seen_by`` through which lookups its rows belong to a place; :func:`visible` turns the posts a
user holds into one condition on those lookups. Nobody else filters by place.
"""

from functools import reduce
from operator import or_
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from gongzao.web.accounts.models import OFFICERS, Post, Role, User
from gongzao.web.kit.seen import SeenBy

__all__ = ["SeenBy", "Visitor", "editable", "posts_of", "roles_of", "sees_all", "visible"]

M = TypeVar("M", bound=Model)
Visitor = User | AnonymousUser


def posts_of(visitor: Visitor) -> list[Post]:
    """Return the posts a visitor holds, read once per request."""
    if not isinstance(visitor, User) or not visitor.is_active:
        return []
    cached: list[Post] | None = getattr(visitor, "_posts", None)
    if cached is None:
        cached = list(visitor.posts.select_related("region", "cluster", "enterprise"))
        visitor._posts = cached  # type: ignore[attr-defined]
    return cached


def roles_of(visitor: Visitor) -> frozenset[str]:
    """Return the roles a visitor holds anywhere."""
    return frozenset(post.role for post in posts_of(visitor))


def visible(rows: "QuerySet[M]", visitor: Visitor) -> "QuerySet[M]":
    """Return those of ``rows`` that ``visitor`` may see; a model without ``seen_by`` is an error, never open."""
    seen_by: SeenBy = rows.model.seen_by  # type: ignore[attr-defined]
    if sees_all(visitor):
        return rows
    ways = [q for post in posts_of(visitor) for q in _reach(seen_by, post)]
    if seen_by.public is not None:
        ways.append(seen_by.public)
    if seen_by.signed_in is not None and visitor.is_authenticated:
        ways.append(seen_by.signed_in)
    if any(not way for way in ways):  # an empty condition admits every row
        return rows
    return _within(rows, ways)


def sees_all(visitor: Visitor) -> bool:
    """Whether ``visitor`` sees every row: auditors and superusers."""
    if isinstance(visitor, User) and visitor.is_active and visitor.is_superuser:
        return True
    return Role.AUDITOR in roles_of(visitor)


def editable(rows: "QuerySet[M]", visitor: Visitor) -> "QuerySet[M]":
    """Return what ``visitor`` may change of ``rows``: officers and operators within their place, auditors nothing."""
    if isinstance(visitor, User) and visitor.is_active and visitor.is_superuser:
        return rows
    seen_by: SeenBy = rows.model.seen_by  # type: ignore[attr-defined]
    editors = {*OFFICERS, Role.OPERATOR}
    return _within(rows, [q for post in posts_of(visitor) if post.role in editors for q in _reach(seen_by, post)])


def _within(rows: "QuerySet[M]", ways: list[Q]) -> "QuerySet[M]":
    if not ways:
        return rows.none()
    # Lookups may cross many-to-many tables; a semi-join keeps every row single without DISTINCT.
    inside = rows.model._default_manager.filter(reduce(or_, ways), pk=OuterRef("pk"))
    return rows.filter(Exists(inside))


def _reach(seen_by: SeenBy, post: Post) -> list[Q]:
    match post.role:
        case Role.PROVINCE | Role.CITY | Role.COUNTY if post.region:
            return [Q(**{f"{lookup}__startswith": post.region.path}) for lookup in seen_by.region]
        case Role.OPERATOR:
            return [Q(**{lookup: post.cluster_id}) for lookup in seen_by.cluster]
        case Role.MEMBER:
            return [Q(**{lookup: post.enterprise_id}) for lookup in seen_by.enterprise]
        case _:
            return []
