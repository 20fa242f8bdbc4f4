"""What can be done with needs, topics and calls; the only place that writes them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from gongzao import research as rules
from gongzao.kernel import InvalidValue, Uscc
from gongzao.web.accounts.models import User
from gongzao.web.clusters.models import Cluster, Enterprise
from gongzao.web.research.models import Call, Need, Topic
from gongzao.web.research.policies import policies
from gongzao.web.research.rights import require_member, require_organiser


def need_value(row: Need) -> rules.Need:
    """Return a need as the rules know it."""
    return rules.Need(str(row.pk), Uscc(row.enterprise.uscc), row.text)


def file_need(firm: Enterprise, cluster: Cluster, text: str, now: datetime, *, by: User | None) -> Need:
    """File what a firm needs, for the service centre of one of its clusters.

    Raises
    ------
    InvalidValue
        ``research.cluster`` if the firm does not belong to the cluster, ``research.text``.
    """
    require_member(by, firm.uscc)
    if not firm.memberships.filter(cluster=cluster).exists():
        raise InvalidValue(
            "research.cluster",
            en=f"{firm} does not belong to the cluster {cluster}",
            zh=f"{firm} 不属于集群 {cluster}",
        )
    rules.Need("new", Uscc(firm.uscc), text)
    return Need.objects.create(enterprise=firm, cluster=cluster, text=text, filed_by=by, filed_at=now)


def merge(cluster: Cluster, slug: str, title: str, needs: Sequence[Need], now: datetime, *, by: User | None) -> Topic:
    """Merge needs of at least two firms into a common problem.

    Raises
    ------
    InvalidValue
        ``topic.private``, ``research.merged`` if a need is part of a topic already, ``research.taken``.
    """
    require_organiser(by, cluster)
    with transaction.atomic():
        rows = list(Need.objects.select_for_update().filter(pk__in=[n.pk for n in needs], cluster=cluster))
        if any(row.topic_id for row in rows):
            raise InvalidValue("research.merged", en="a need is part of a topic already", zh="所选需求已归并过")
        rules.Topic(slug, title, tuple(need_value(row) for row in rows))
        _require_free(Topic, slug)
        topic = Topic.objects.create(slug=slug, cluster=cluster, title=title, made_by=by, made_at=now)
        Need.objects.filter(pk__in=[row.pk for row in rows]).update(topic=topic)
    return topic


def publish(
    cluster: Cluster,
    slug: str,
    title: str,
    policy: str,
    topics: Sequence[Topic],
    opens: datetime,
    closes: datetime,
    now: datetime,
    *,
    by: User | None,
) -> Call:
    """Publish a call for proposals on topics that were not called for yet.

    Raises
    ------
    InvalidValue
        What :class:`gongzao.research.Call` raises; ``policy.not_in_force``, ``research.called``, ``research.taken``.
    """
    require_organiser(by, cluster)
    policies()[policy].on(opens.date())
    with transaction.atomic():
        rows = list(Topic.objects.select_for_update().filter(pk__in=[t.pk for t in topics], cluster=cluster))
        if any(row.call_id for row in rows):
            raise InvalidValue("research.called", en="a topic was called for before", zh="所选题目已发布过征集")
        values = [
            rules.Topic(row.slug, row.title, tuple(need_value(n) for n in row.needs.select_related("enterprise")))
            for row in rows
        ]
        rules.Call(slug, title, tuple(values), opens, closes)
        _require_free(Call, slug)
        call = Call.objects.create(
            slug=slug,
            cluster=cluster,
            title=title,
            policy=policy,
            opens=opens,
            closes=closes,
            published_at=now,
            published_by=by,
            synthetic=cluster.synthetic,
        )
        Topic.objects.filter(pk__in=[row.pk for row in rows]).update(call=call)
    return call


def _require_free(model: type[Topic] | type[Call], slug: str) -> None:
    if model._default_manager.filter(slug=slug).exists():
        raise InvalidValue("research.taken", en=f"the id {slug} is in use", zh=f"标识 {slug} 已被使用")
