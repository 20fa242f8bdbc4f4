"""The demonstration: published data, the synthetic set beside it, and a user for every role."""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count

from gongzao import targets
from gongzao.kernel import Period, write_files
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.clusters.latest import advance, batches
from gongzao.web.clusters.models import (
    Cluster,
    Enterprise,
    Indicator,
    Membership,
    Observation,
    Region,
    Source,
    TitleAward,
)
from gongzao.web.clusters.published import DATA, load_published
from gongzao.web.clusters.services import record_observations
from gongzao.web.clusters.synthetic import InventedCluster, Recipe, generate

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Somebody to sign in as; the password is made once per installation."""

    username: str
    password: str
    role: str
    place: str


def _quietly(done: int, total: int, what: str) -> None:
    """Show no progress."""


def load_demo(*, enterprises: int | None = None, progress: Progress = _quietly) -> None:
    """Load published figures, the synthetic set and the demo users; what is there already stays as it is.

    Parameters
    ----------
    enterprises
        Number of synthetic firms; by default what ``data/demo.yaml`` says.
    progress
        Called with steps done, steps in all, and what is being done.
    """
    recipe_file = yaml.safe_load((DATA / "demo.yaml").read_text("utf-8"))
    plan = targets.shipped_plans()[recipe_file["plan"]]
    progress(0, 4, "公布数据 published figures …")
    load_published(plan)
    if not Source.objects.filter(pk=recipe_file["source"]).exists():
        with transaction.atomic():
            _load_synthetic(recipe_file, enterprises, progress)
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")  # the planner must know at once that the tables are not empty any more
    progress(3, 4, "演示用户 demo users …")
    _create_users(targets.load(plan).plan.region)
    progress(4, 4, "完成 done")


def _load_synthetic(given: dict[str, Any], enterprises: int | None, progress: Progress) -> None:
    progress(1, 4, "生成示例数据 synthetic set …")
    Source.objects.create(pk=given["source"], title=given["source_title"], synthetic=True)
    counties = list(Region.objects.filter(level=Region.Level.COUNTY).values_list("pk", flat=True))
    invented = generate(_recipe(given, enterprises), given["seed"], counties)
    progress(2, 4, "写入示例集群和企业 storing …")
    clusters = Cluster.objects.bulk_create(
        Cluster(
            slug=item.slug,
            name_zh=item.name_zh,
            name_en=item.name_en,
            county_id=item.county,
            industry_id=item.industry,
            product_zh=item.product_zh,
            product_en=item.product_en,
            synthetic=True,
        )
        for item in invented
    )
    figure = {"indicator_id": "revenue", "unit": "亿元", "scope": given["scope"], "source_id": given["source"]}
    record_observations(
        [
            Observation(cluster=cluster, period=item.period, value=item.value, growth_pct=item.growth_pct, **figure)
            for cluster, made in zip(clusters, invented, strict=True)
            for item in made.history
        ],
        by=None,
    )
    _store_firms(clusters, invented, given)


def _recipe(given: dict[str, Any], enterprises: int | None) -> Recipe:
    return Recipe(
        clusters=given["clusters"],
        year=given["year"],
        total=Decimal(given["total"]),
        at_least={Decimal(size): number for size, number in given["at_least"].items()},
        growth_pct={Period.parse(str(period)): Decimal(str(rate)) for period, rate in given["growth_pct"].items()},
        first_half_share=Decimal(str(given["first_half_share"])),
        enterprises=given["enterprises"] if enterprises is None else enterprises,
        area=given["area"],
        industries={code: (zh, en) for code, (zh, en) in given["industries"].items()},
    )


def _store_firms(clusters: Sequence[Cluster], invented: Sequence[InventedCluster], given: dict[str, Any]) -> None:
    firms = [
        (Enterprise(uscc=f.uscc, name=f.name, county_id=c.county_id, industry_id=c.industry_id, synthetic=True), c, f)
        for c, item in zip(clusters, invented, strict=True)
        for f in item.firms
    ]
    revenue = Indicator.objects.get(pk="revenue")
    for some in batches(firms):
        Enterprise.objects.bulk_create(row for row, _, _ in some)
        Membership.objects.bulk_create(
            Membership(enterprise=row, cluster=cluster, leader=firm.leader) for row, cluster, firm in some
        )
        # Made by the generator, whose tests prove them sound: the checks for what people report are left out.
        figures = [
            Observation(
                enterprise=row,
                indicator=revenue,
                period=Period.parse(str(given["year"])),
                period_end=Period.parse(str(given["year"])).end,
                value=firm.revenue,
                unit="亿元",
                scope="firm",
                source_id=given["source"],
            )
            for row, _, firm in some
        ]
        advance(Observation.objects.bulk_create(figures))
        TitleAward.objects.bulk_create(
            TitleAward(
                enterprise=row,
                title_id=award.title,
                level=award.level,
                awarded_on=award.awarded_on,
                expires_on=award.expires_on,
                document="示例数据",
                source_id=given["source"],
            )
            for row, _, firm in some
            for award in firm.awards
        )


def _users_file() -> Path:
    return Path(settings.VAR) / "demo-users.json"


def demo_users() -> list[DemoUser]:
    """Return the demo users of this installation; none before :func:`load_demo`."""
    if not _users_file().exists():
        return []
    return [DemoUser(**user) for user in json.loads(_users_file().read_text("utf-8"))]


@transaction.atomic
def _create_users(region: str) -> None:
    """Create a user for each role, in places that belong together, with random passwords kept in var only."""
    if User.objects.filter(username="admin").exists():
        return
    cluster = (
        Cluster.objects.filter(synthetic=True, county__level=Region.Level.COUNTY)
        .annotate(firms=Count("memberships"))
        .select_related("county__parent")
        .order_by("-firms", "pk")[0]
    )
    firm = cluster.enterprises.order_by("pk")[0]
    places: list[tuple[str, Role, dict[str, Any], str]] = [
        ("province", Role.PROVINCE, {"region_id": region}, str(Region.objects.get(pk=region))),
        ("city", Role.CITY, {"region": cluster.county.parent}, str(cluster.county.parent)),
        ("county", Role.COUNTY, {"region": cluster.county}, str(cluster.county)),
        ("operator", Role.OPERATOR, {"cluster": cluster}, str(cluster)),
        ("member", Role.MEMBER, {"enterprise": firm}, str(firm)),
        ("auditor", Role.AUDITOR, {}, ""),
    ]
    for username, role, place, name in places:
        add_demo_user(username, str(role.label), name, {"role": role, **place})
    add_demo_user("admin", "系统管理员", "", None, admin=True)


@transaction.atomic
def add_demo_user(username: str, role: str, place: str, post: dict[str, Any] | None, *, admin: bool = False) -> User:
    """Return a demo user, made with a random password kept in var only if there is none of that name.

    Parameters
    ----------
    username, role, place
        As the table of demo users shows them.
    post
        Fields of the post the user holds, if any.
    admin
        Whether the user may do everything.
    """
    known = User.objects.filter(username=username).first()
    if known is not None:
        return known
    password = secrets.token_urlsafe(9)
    user = User.objects.create_user(username, password=password, first_name=role, is_staff=admin, is_superuser=admin)
    if post is not None:
        Post.objects.create(user=user, **post)
    # Where a loader failed, the file may name users that were never stored.
    others = [user for user in demo_users() if user.username != username]
    users = [*others, DemoUser(username, password, role, place)]
    path = _users_file()
    path.touch(mode=0o600)
    path.chmod(0o600)
    write_files({path: json.dumps([asdict(user) for user in users], ensure_ascii=False)})
    return user
