"""The stored demonstration: real figures untouched, bulk rows as sound as recorded ones, places that fit together."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db import connection, transaction
from django.db.models import F, Sum
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from gongzao import targets
from gongzao.kernel import Period
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.clusters.demo import demo_users, load_demo
from gongzao.web.clusters.latest import latest_differences
from gongzao.web.clusters.models import Cluster, Enterprise, Membership, Observation, TitleAward
from gongzao.web.clusters.published import load_published
from gongzao.web.clusters.services import record_observations


@dataclass(frozen=True)
class Demo:
    """Where the loaded demonstration keeps its users, and what it told while it was loading."""

    var: Path
    told: list[tuple[int, int]]
    selects: int


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Demo]:
    """Load the demonstration once; each test then runs in a transaction inside this one."""
    var = tmp_path_factory.mktemp("var")
    told: list[tuple[int, int]] = []
    with override_settings(VAR=var), django_db_blocker.unblock(), transaction.atomic():
        load_published(targets.shipped_plans()["hebei-2025-2027"])
        with CaptureQueriesContext(connection) as asked:
            load_demo(enterprises=300, progress=lambda done, total, _: told.append((done, total)))
        selects = [query["sql"] for query in asked if query["sql"].startswith("SELECT")]
        yield Demo(var, told, len(selects))
        transaction.set_rollback(True)


@pytest.fixture
def demo(loaded: Demo, db: None) -> Demo:
    return loaded


def test_real_clusters_keep_their_published_figures_and_get_no_others(demo: Demo) -> None:
    published = targets.load(targets.shipped_plans()["hebei-2025-2027"]).observations
    real = Observation.objects.filter(cluster__synthetic=False)
    assert real.count() == sum(figure.subject.startswith("cluster:") for figure in published)
    assert not real.filter(source__synthetic=True).exists()
    assert not Membership.objects.filter(cluster__synthetic=False).exists()
    assert Cluster.objects.get(slug="anping-wire-mesh").latest.get(indicator="output_value").value == 1006


def test_firms_together_are_no_larger_than_their_cluster(demo: Demo) -> None:
    year = Observation.objects.filter(period="2024", scope="demo107").values("cluster")
    sums = Cluster.objects.filter(pk__in=year, memberships__isnull=False).annotate(
        firms=Sum("memberships__enterprise__observations__value")
    )
    assert sums.exists()
    for cluster in sums:
        whole = cluster.observations.get(period="2024").value
        assert cluster.firms <= whole


def test_stored_in_bulk_is_as_sound_as_recorded_one_by_one(demo: Demo) -> None:
    assert latest_differences() == ()
    for row in Observation.objects.filter(enterprise__isnull=False):
        row.full_clean()
        assert row.period_end == row.period.end
    assert not Enterprise.objects.exclude(county=F("memberships__cluster__county")).exists()


def test_loading_again_keeps_what_people_entered(demo: Demo) -> None:
    cluster = Cluster.objects.filter(synthetic=True)[0]
    record_observations(
        [
            Observation(
                cluster=cluster,
                indicator_id="revenue",
                period=Period.parse("2025"),
                value=Decimal(1),
                unit="亿元",
                scope="demo107",
                source_id="DEMO",
            )
        ],
        by=User.objects.get(username="province"),
    )
    tables = (Cluster, Enterprise, Observation, TitleAward, User, Post)
    before = [list(table._default_manager.order_by("pk").values()) for table in tables]
    users = (demo.var / "demo-users.json").read_bytes()
    load_demo(enterprises=300)
    assert [list(table._default_manager.order_by("pk").values()) for table in tables] == before
    assert (demo.var / "demo-users.json").read_bytes() == users


def test_every_demo_user_can_sign_in(demo: Demo, rf: Any) -> None:
    for user in demo_users():
        assert authenticate(rf.get("/"), username=user.username, password=user.password) is not None


def test_officers_of_the_demo_look_after_one_place_in_each_other(demo: Demo) -> None:
    places = {post.role: post for post in Post.objects.select_related("region", "cluster__county", "enterprise")}
    province, city, county = (places[role].region for role in (Role.PROVINCE, Role.CITY, Role.COUNTY))
    assert province and city and county  # noqa: PT018 - each has a region
    assert county.path.startswith(city.path)
    assert city.path.startswith(province.path)
    cluster, firm = places[Role.OPERATOR].cluster, places[Role.MEMBER].enterprise
    assert cluster is not None
    assert cluster.county == county
    assert firm is not None
    assert firm.memberships.filter(cluster=cluster).exists()


def test_progress_is_told(demo: Demo) -> None:
    assert demo.told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_firms_are_stored_without_asking_about_each(demo: Demo) -> None:
    assert demo.selects < 300
