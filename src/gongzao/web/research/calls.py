"""Needs of firms, their merging into topics, and calls; with ``services``, ``drafts`` and ``fund`` all that writes.

``by=None`` is the platform itself. Each function may raise ``PermissionDenied``, and ``InvalidValue`` with the reason.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localdate

from gongzao import research as rules
from gongzao.kernel import InvalidValue, Uscc
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import Visitor, editable
from gongzao.web.clusters.models import Cluster, Enterprise
from gongzao.web.research import policies
from gongzao.web.research.models import Call, Need, Topic
from gongzao.web.research.rights import require_member, require_organiser


def mint(prefix: str, now: datetime) -> str:
    """Return a new identifier that fits into ledger ids, such as ``p20250630-1f2e3d``."""
    return f"{prefix}{localdate(now):%Y%m%d}-{secrets.token_hex(3)}"


def organised(visitor: Visitor) -> list[Cluster]:
    """Return the clusters whose research a visitor looks after."""
    return list(editable(Cluster.objects.select_related("county"), visitor))


def need_value(row: Need) -> rules.Need:
    """Return a need as the rules know it."""
    return rules.Need(f"n{row.pk}", Uscc(row.enterprise.uscc), row.text)


def topic_value(row: Topic) -> rules.Topic:
    """Return a topic as the rules know it."""
    needs = row.needs.select_related("enterprise").order_by("pk")
    return rules.Topic(row.slug, row.title, tuple(need_value(need) for need in needs))


def file_need(firm: Enterprise, cluster: Cluster, text: str, now: datetime, *, by: User | None) -> Need:
    """Take a firm's need; the same text again, still open, changes nothing."""
    require_member(by, firm.uscc)
    if not firm.memberships.filter(cluster=cluster).exists():
        raise PermissionDenied
    text = text.strip()
    rules.Need("new", Uscc(firm.uscc), text)
    with transaction.atomic():
        Enterprise.objects.select_for_update().get(pk=firm.pk)
        known = Need.objects.filter(enterprise=firm, cluster=cluster, text=text, topic__isnull=True).first()
        return known or Need.objects.create(enterprise=firm, cluster=cluster, text=text, filed_by=by, filed_at=now)


def merge(cluster: Cluster, needs: Sequence[Need], title: str, now: datetime, *, by: User | None) -> Topic:
    """Merge needs of at least two firms into a topic.

    Raises
    ------
    InvalidValue
        ``topic.private``, ``topic.taken`` if a need belongs to a topic already, ``research.text``.
    """
    require_organiser(by, cluster)
    with transaction.atomic():
        rows = list(
            Need.objects.select_for_update(of=("self",))
            .filter(pk__in=[need.pk for need in needs], cluster=cluster, topic__isnull=True)
            .select_related("enterprise")
        )
        if len(rows) < len({need.pk for need in needs}):
            raise InvalidValue(
                "topic.taken",
                en="a need chosen was merged meanwhile; load the page again",
                zh="所选需求中有的已归并到其他题目，请刷新页面后重选",
            )
        value = rules.Topic(mint("t", now), title.strip(), tuple(need_value(row) for row in rows))
        made = Topic.objects.create(slug=value.id, cluster=cluster, title=value.title, made_by=by, made_at=now)
        Need.objects.filter(pk__in=[row.pk for row in rows]).update(topic=made)
    return made


def publish(
    cluster: Cluster,
    title: str,
    policy: str,
    topics: Sequence[Topic],
    opens: datetime,
    closes: datetime,
    now: datetime,
    *,
    by: User | None,
) -> Call:
    """Publish a call.

    Raises
    ------
    InvalidValue
        ``call.period``, ``call.empty``, ``call.past``, ``call.taken`` if a topic was published already,
        ``policy.unknown``, ``policy.not_in_force`` on the first or last day.
    """
    require_organiser(by, cluster)
    found = policies.find(policy)
    for at in (opens, closes):
        found.on(localdate(at))
    if closes <= now:
        raise InvalidValue("call.past", en="the call would be closed already", zh="截止时间已过，请改为以后的时间")
    with transaction.atomic():
        rows = list(
            Topic.objects.select_for_update(of=("self",)).filter(
                pk__in=[topic.pk for topic in topics], cluster=cluster, call__isnull=True
            )
        )
        if len(rows) < len({topic.pk for topic in topics}):
            raise InvalidValue(
                "call.taken",
                en="a topic chosen is in another call; load the page again",
                zh="所选题目中有的已在其他征集中发布，请刷新页面后重选",
            )
        value = rules.Call(mint("c", now), title.strip(), tuple(topic_value(row) for row in rows), opens, closes)
        made = Call.objects.create(
            slug=value.id,
            cluster=cluster,
            title=value.title,
            policy=policy,
            opens=opens,
            closes=closes,
            published_at=now,
            published_by=by,
            synthetic=cluster.synthetic,
        )
        Topic.objects.filter(pk__in=[row.pk for row in rows]).update(call=made)
    return made
