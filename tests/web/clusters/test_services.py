"""Recording figures: who may, which rules hold, what is kept beside the figure."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.utils import translation
from stdnum.cn import uscc

from gongzao.kernel import GongzaoError, InvalidValue, Period
from gongzao.web.clusters.models import Enterprise, Indicator, Latest, Observation, Region, Source
from gongzao.web.clusters.services import latest_differences, rebuild_latest, record_observations

Figure = Callable[..., Observation]


@pytest.fixture
def figure(world: Any) -> Figure:
    """Make an unsaved figure of the real cluster; every field can be set otherwise."""

    def make(**changes: Any) -> Observation:
        subject = {} if {"region", "enterprise"} & changes.keys() else {"cluster": world.here}
        fields = {
            "indicator_id": "revenue",
            "period": Period.parse("2025-H1"),
            "value": Decimal("170.5"),
            "unit": "亿元",
            "scope": "cluster",
            "source_id": "S5",
        }
        return Observation(**{**subject, **fields, **changes})

    return make


def newest(**subject: Any) -> Latest:
    return Latest.objects.select_related("observation").get(indicator="revenue", **subject)


def refusal(*rows: Observation, by: Any = None) -> InvalidValue:
    before = Observation.objects.count(), Latest.objects.count(), LogEntry.objects.count()
    with pytest.raises(InvalidValue) as caught:
        record_observations(rows, by=by)
    assert before == (Observation.objects.count(), Latest.objects.count(), LogEntry.objects.count())
    return caught.value


@pytest.mark.parametrize("role", ["province", "city", "county", "operator", "superuser"])
def test_those_responsible_record(world: Any, figure: Figure, role: str) -> None:
    (row,) = record_observations([figure()], by=world.users[role])
    stored = Observation.objects.get(pk=row.pk)
    assert (stored.cluster, stored.value, stored.revision) == (world.here, Decimal("170.5"), 0)
    assert stored.period_end == date(2025, 6, 30)


@pytest.mark.parametrize("role", ["member", "auditor", "idle"])
def test_nobody_else_records(world: Any, figure: Figure, role: str) -> None:
    with pytest.raises(PermissionDenied):
        record_observations([figure()], by=world.users[role])
    assert not Observation.objects.filter(period="2025-H1").exists()


@pytest.mark.parametrize("role", ["city", "county", "operator"])
def test_one_row_outside_the_place_refuses_all(world: Any, figure: Figure, role: str) -> None:
    rows = [figure(), figure(cluster=world.there, source_id="DEMO")]
    with pytest.raises(PermissionDenied):
        record_observations(rows, by=world.users[role])
    assert not Observation.objects.filter(period="2025-H1").exists()


def test_region_is_written_by_officers_of_it_or_above(world: Any, figure: Figure) -> None:
    county = Region.objects.get(pk="130528")
    record_observations([figure(region=county)], by=world.users["county"])
    record_observations([figure(region=county.parent)], by=world.users["city"])
    with pytest.raises(PermissionDenied):
        record_observations([figure(region=county.parent, scope="other")], by=world.users["county"])
    with pytest.raises(PermissionDenied):
        record_observations([figure(region=county, scope="other")], by=world.users["operator"])


def test_place_is_checked_before_anything_is_told(world: Any, figure: Figure) -> None:
    broken = figure(cluster=world.there, unit="人")
    with pytest.raises(PermissionDenied):
        record_observations([broken], by=world.users["county"])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"unit": "人"}, "observation.unit"),
        ({"unit": "%"}, "observation.unit"),
        ({"unit": "斤"}, "unit.invalid_choice"),
        ({"value": None}, "observation.empty"),
        ({"indicator_id": "nothing"}, "observation.indicator"),
        ({"source_id": "S999"}, "observation.source"),
        ({"source_id": "DEMO"}, "observation.mixed"),
        ({"cluster": None}, "observation.subject"),
        ({"region_id": "130528"}, "observation.subject"),
        ({"period": "2025-H3"}, "period.period.form"),
        ({"value": Decimal("0.0000001")}, "value.max_decimal_places"),
        ({"value": Decimal("1e999999")}, "value.max_digits"),
        ({"value": Decimal("NaN")}, "value.invalid"),
        ({"scope": ""}, "scope.blank"),
        ({"qualifier": "!"}, "qualifier.invalid_choice"),
        ({"revision": 2**70}, "revision.max_value"),
        ({"revision": 1}, "observation.revision"),
    ],
)
def test_rules_are_named_in_both_languages(figure: Figure, changes: dict[str, Any], code: str) -> None:
    with translation.override("zh-hans"):
        error = refusal(figure(), figure(scope="broken", **changes) if "scope" not in changes else figure(**changes))
    assert error.code == code
    assert error.en
    assert error.zh
    assert any("\u4e00" <= letter <= "\u9fff" for letter in error.zh)


def test_unit_of_the_same_kind_is_kept_as_printed_and_compared_in_the_indicators(world: Any, figure: Figure) -> None:
    record_observations([figure(value=Decimal("1705000.5"), unit="万元")], by=None)
    latest = newest(cluster=world.here)
    assert (latest.observation.value, latest.observation.unit) == (Decimal("1705000.5"), "万元")
    assert latest.value == Decimal("170.50005")


@pytest.mark.parametrize("period", ["2025-H1", "2025-YTD06"])
def test_the_same_months_under_another_name_are_the_same_figure(figure: Figure, period: str) -> None:
    record_observations([figure()], by=None)
    error = refusal(figure(period=Period.parse(period)))
    assert error.code == "observation.duplicate"
    assert "2025" in error.en
    assert "修订号1" in error.zh


@pytest.mark.parametrize("other", [{"scope": "park"}, {"basis": "goal"}, {"period": Period.parse("2025-Q2")}])
def test_other_scope_basis_or_months_are_another_figure(figure: Figure, other: dict[str, Any]) -> None:
    assert len(record_observations([figure(), figure(**other)], by=None)) == 2


def test_duplicate_inside_what_is_handed_in_is_refused(figure: Figure) -> None:
    assert refusal(figure(), figure()).code == "observation.duplicate"


def test_corrections_are_numbered_without_gaps(world: Any, figure: Figure) -> None:
    record_observations([figure(revision=1, value=Decimal(171)), figure()], by=None)
    assert newest(cluster=world.here).value == 171
    assert refusal(figure(revision=3)).code == "observation.revision"
    record_observations([figure(revision=2, value=Decimal(172))], by=None)
    values = Observation.objects.filter(period="2025-H1").order_by("revision").values_list("value", flat=True)
    assert list(values) == [Decimal("170.5"), 171, 172]
    assert newest(cluster=world.here).value == 172


def test_newest_is_the_latest_end_of_period(world: Any, figure: Figure) -> None:
    record_observations([figure()], by=None)
    record_observations([figure(period=Period.parse("2023"), value=Decimal(1))], by=None)
    assert newest(cluster=world.here).observation.period == Period.parse("2025-H1")


def test_later_publication_of_the_same_period_is_newer(world: Any, figure: Figure) -> None:
    late = figure(scope="late", published_on=date(2025, 9, 1), value=Decimal(2))
    early = figure(scope="early", published_on=date(2025, 8, 1), value=Decimal(1))
    record_observations([late, early, figure(scope="undated", value=Decimal(3))], by=None)
    assert newest(cluster=world.here).value == 2


def test_a_goal_is_never_the_newest_figure(world: Any, figure: Figure) -> None:
    record_observations([figure(period=Period.parse("2027"), basis="goal", value=Decimal(500))], by=None)
    assert newest(cluster=world.here).observation.period == Period.parse("2024")
    assert latest_differences() == ()


def test_growth_alone_can_be_the_newest(world: Any, figure: Figure) -> None:
    record_observations([figure(value=None, growth_pct=Decimal("5.1"))], by=None)
    assert newest(cluster=world.here).value is None


def test_each_figure_has_its_entry_in_the_log(world: Any, figure: Figure) -> None:
    rows = record_observations([figure(), figure(scope="park")], by=world.users["county"])
    entries = LogEntry.objects.order_by("pk")
    assert [(entry.user, entry.object_id) for entry in entries] == [
        (world.users["county"], str(row.pk)) for row in rows
    ]
    assert "宁晋电线电缆" in entries[0].object_repr


def test_differences_tell_what_is_wrong_and_rebuilding_mends_it(world: Any) -> None:
    assert latest_differences() == ()
    Latest.objects.filter(cluster=world.here).update(value=1)
    Latest.objects.filter(region="130000").delete()
    wrong = latest_differences()
    assert len(wrong) == 2
    assert f"cluster {world.here.pk}, revenue" in wrong[0]
    assert rebuild_latest() == 4
    assert latest_differences() == ()


def test_number_of_queries_does_not_grow_with_the_rows(
    world: Any, figure: Figure, django_assert_max_num_queries: Any
) -> None:
    industry, county = world.here.industry, world.here.county
    codes = (f"91139900MA{n:07}" for n in range(900_000, 901_000))
    firms = Enterprise.objects.bulk_create(
        Enterprise(
            uscc=code + uscc.calc_check_digit(code), name=f"示例{n}", county=county, industry=industry, synthetic=True
        )
        for n, code in enumerate(codes)
    )
    rows = [figure(enterprise=firm, source_id="DEMO") for firm in firms]
    # Inserts go in batches of what the database takes in one statement; everything else is asked once.
    with django_assert_max_num_queries(90):
        record_observations(rows, by=world.users["county"])
    assert latest_differences() == ()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE clusters_observation SET value = 1",
        "DELETE FROM clusters_observation",
        "UPDATE clusters_observation SET note = 'x' WHERE indicator_id = 'revenue'",
    ],
)
def test_the_database_refuses_change_and_removal(world: Any, sql: str) -> None:
    before = list(Observation.objects.order_by("pk").values())
    with pytest.raises(DatabaseError, match="not allowed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert list(Observation.objects.order_by("pk").values()) == before


def test_the_model_refuses_change_and_removal(world: Any) -> None:
    row = Observation.objects.get(cluster=world.here)
    for act in (row.save, row.delete, Observation.objects.all().delete, lambda: Observation.objects.update(note="x")):
        with pytest.raises(TypeError, match="never"):
            act()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_of_two_writers_of_the_same_figure_one_is_refused(world: Any, figure: Figure) -> None:
    start, outcomes = Barrier(2), []

    def write() -> None:
        start.wait()
        try:
            record_observations([figure()], by=None)
            outcomes.append("recorded")
        except GongzaoError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    writers = [Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(outcomes) == ["observation.duplicate", "recorded"]
    assert latest_differences() == ()


@pytest.mark.django_db(transaction=True)
def test_tables_are_empty_again_after_a_test_that_commits() -> None:
    assert not Source.objects.exists()
    Indicator.objects.create(code="x", name_zh="x", unit="个")
