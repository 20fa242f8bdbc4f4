"""Published figures and the synthetic set: calibrated, marked, loaded once."""

import json
import stat
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from gongzao import targets
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.clusters.demo import demo_users, load_demo
from gongzao.web.clusters.latest import latest_differences
from gongzao.web.clusters.models import Cluster, Enterprise, Observation, Source, TitleAward
from gongzao.web.clusters.published import DATA, load_published

GIVEN: dict[str, Any] = yaml.safe_load((DATA / "demo.yaml").read_text("utf-8"))
PLAN = targets.shipped_plans()[GIVEN["plan"]]


def assert_calibrated(sizes: Sequence[Decimal]) -> None:
    assert len(sizes) == 107
    assert sum(sizes) == 36000
    assert [sum(size >= line for size in sizes) for line in (1000, 500, 100)] == [7, 17, 102]


def test_published_figures_are_loaded_once_and_as_printed(db: None) -> None:
    dossier = targets.load(PLAN)
    assert load_published(PLAN) == len(dossier.observations)
    assert load_published(PLAN) == 0
    stored = Observation.objects.select_related("source").filter(region="130000", indicator="revenue", scope="key107")
    assert {(str(row.period), row.value, row.growth_pct, row.qualifier, row.source_id) for row in stored} == {
        (str(o.period), o.value, o.growth_pct, o.qualifier.value, o.source)
        for o in dossier.observations
        if (o.subject, o.indicator, o.scope) == ("region:130000", "revenue", "key107")
    }
    assert not Source.objects.filter(synthetic=True).exists()
    assert not latest_differences()


@pytest.fixture
def demo(db: None, settings: Any, tmp_path: Path) -> Path:
    settings.VAR = tmp_path
    load_demo(enterprises=400)
    return tmp_path


def test_invented_clusters_add_up_to_the_published_aggregates(demo: Path) -> None:
    years = Observation.objects.filter(cluster__synthetic=True, indicator="revenue", period="2024")
    assert_calibrated([row.value for row in years if row.value is not None])
    assert not Observation.objects.filter(cluster__synthetic=False, source__synthetic=True).exists()
    assert not Observation.objects.filter(cluster__synthetic=True, source__synthetic=False).exists()
    assert not latest_differences()


def test_every_firm_is_marked_and_belongs_to_an_invented_cluster(demo: Path) -> None:
    assert Enterprise.objects.count() == 400
    assert Enterprise.objects.filter(synthetic=True, memberships__cluster__synthetic=True).count() == 400
    assert not TitleAward.objects.filter(source__synthetic=False).exists()


def test_second_run_changes_nothing(demo: Path) -> None:
    before = (Observation.objects.count(), Enterprise.objects.count(), Cluster.objects.count(), demo_users())
    Cluster.objects.filter(slug="demo-001").update(name_zh="改过的名字")
    load_demo(enterprises=400)
    assert (Observation.objects.count(), Enterprise.objects.count(), Cluster.objects.count(), demo_users()) == before
    assert Cluster.objects.get(slug="demo-001").name_zh == "改过的名字"


def test_there_is_a_demo_user_for_every_role(demo: Path) -> None:
    assert set(Post.objects.values_list("role", flat=True)) == set(Role.values)
    for user in demo_users():
        assert User.objects.get(username=user.username).check_password(user.password)
    file = demo / "demo-users.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len({user["password"] for user in json.loads(file.read_text("utf-8"))}) == 7
