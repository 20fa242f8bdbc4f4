"""The data files of a plan in the registry: all of them, as printed, once."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from shutil import copytree

import pytest

from gongzao import targets
from gongzao.kernel import InvalidInput, Period
from gongzao.web.clusters.latest import latest_differences
from gongzao.web.clusters.models import Cluster, Indicator, Industry, Observation, Region, Source, Title
from gongzao.web.clusters.published import load_published

TABLES = (Region, Industry, Source, Cluster, Title, Indicator, Observation)
PLANS = targets.shipped_plans()


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in TABLES}


@pytest.mark.django_db
@pytest.mark.parametrize("plan", list(PLANS.values()), ids=list(PLANS))
def test_every_figure_is_there_exactly_as_published(plan: Path) -> None:
    dossier = targets.load(plan)
    assert load_published(plan) == len(dossier.observations)
    stored = Counter(
        (
            f"region:{row.region_id}" if row.cluster is None else f"cluster:{row.cluster.slug}",
            row.indicator_id,
            row.period,
            row.value,
            row.unit,
            row.qualifier,
            row.growth_pct,
            row.scope,
            row.basis,
            row.source_id,
            row.published_on,
            row.confidence,
            row.revision,
            row.note,
        )
        for row in Observation.objects.select_related("cluster")
    )
    printed = Counter(
        (
            figure.subject,
            figure.indicator,
            figure.period,
            figure.value,
            figure.unit,
            figure.qualifier.value,
            figure.growth_pct,
            figure.scope,
            figure.basis,
            figure.source,
            figure.published_on,
            figure.confidence.value,
            figure.revision,
            figure.note,
        )
        for figure in dossier.observations
    )
    assert stored == printed
    assert not Source.objects.filter(synthetic=True).exists()
    assert not Cluster.objects.filter(synthetic=True).exists()


@pytest.mark.django_db
def test_loading_again_changes_nothing() -> None:
    for plan in PLANS.values():
        load_published(plan)
    before, rows = counts(), list(Observation.objects.order_by("pk").values())
    for plan in PLANS.values():
        assert load_published(plan) == 0
    assert counts() == before
    assert list(Observation.objects.order_by("pk").values()) == rows


@pytest.mark.django_db
def test_what_somebody_has_renamed_stays_renamed() -> None:
    plan = PLANS["hebei-2025-2027"]
    load_published(plan)
    Cluster.objects.filter(slug="anping-wire-mesh").update(name_zh="安平丝网（更名）")
    load_published(plan)
    assert Cluster.objects.get(slug="anping-wire-mesh").name_zh == "安平丝网（更名）"


@pytest.mark.django_db
def test_newest_figures_of_the_province_and_of_a_goal() -> None:
    load_published(PLANS["hebei-2025-2027"])
    assert latest_differences() == ()
    province = Region.objects.get(pk="130000")
    revenue = province.latest.select_related("observation").get(indicator="revenue")
    assert (revenue.observation.period, revenue.value) == (Period.parse("2025-H1"), Decimal(17400))
    linxi = Cluster.objects.get(slug="linxi-bearings")
    assert linxi.latest.get(indicator="size_unspecified").value == Decimal("271.58")  # not the goal of 2027
    assert Region.objects.get(pk="130528").path == f"{province.path}130500/130528/"


@pytest.mark.django_db
def test_a_broken_file_loads_nothing(tmp_path: Path) -> None:
    plan = PLANS["hebei-2025-2027"]
    folder = Path(copytree(plan.parent, tmp_path / "plans"))
    figures = folder / "hebei-published.csv"
    text = figures.read_text("utf-8").replace(",亿元,", ",斤,", 1)
    figures.write_text(text, "utf-8")
    with pytest.raises(InvalidInput) as caught:
        load_published(folder / plan.name)
    assert caught.value.problems[0].line is not None
    assert caught.value.problems[0].field == "unit"
    assert set(counts().values()) == {0}


@pytest.mark.django_db
def test_a_new_revision_in_the_files_is_added(tmp_path: Path) -> None:
    plan = PLANS["hebei-2025-2027"]
    load_published(plan)
    folder = Path(copytree(plan.parent, tmp_path / "plans"))
    figures = folder / "hebei-published.csv"
    line = "region:130000,revenue,2025-H1,17410,亿元,≈,5.2,key107,,S6,2025-09-15,A,1,更正"
    figures.write_text(f"{figures.read_text('utf-8').rstrip()}\n{line}\n", "utf-8")
    assert load_published(folder / plan.name) == 1
    assert Region.objects.get(pk="130000").latest.get(indicator="revenue").value == 17410
    assert Observation.objects.filter(region="130000", period="2025-H1", indicator="revenue").count() == 2
