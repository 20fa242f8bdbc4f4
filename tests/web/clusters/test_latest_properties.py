"""The projection of newest figures, kept row by row, is always what the database finds over all rows."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongzao.kernel import Period
from gongzao.web.clusters.models import Latest, Observation
from gongzao.web.clusters.services import latest_differences, rebuild_latest, record_observations

figures = st.fixed_dictionaries(
    {
        "subject": st.sampled_from(["here", "firm", "province"]),
        "period": st.sampled_from(["2023", "2024-H1", "2024", "2025-YTD02", "2025-H1"]),
        "scope": st.sampled_from(["a", "b"]),
        "basis": st.sampled_from(["", "goal"]),
        "published_on": st.sampled_from([None, date(2025, 8, 1), date(2025, 9, 1)]),
        "value": st.none() | st.decimals(0, 10_000, places=2),
        "unit": st.sampled_from(["亿元", "万元", "万亿元"]),
    }
)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(figures, min_size=1, max_size=8), max_size=4))
def test_projection_follows_every_batch(world: Any, batches: list[list[dict[str, Any]]]) -> None:
    with transaction.atomic():
        revisions: dict[tuple[object, ...], int] = {}
        for batch in batches:
            rows = []
            for drawn in batch:
                fields = dict(drawn)
                subject = fields.pop("subject")
                figure = (subject, fields["period"], fields["scope"], fields["basis"])
                revisions[figure] = revisions.get(figure, -1) + 1
                about = {
                    "here": {"cluster": world.here, "source_id": "S5"},
                    "firm": {"enterprise": world.firm_here, "source_id": "DEMO"},
                    "province": {"region_id": "130000", "source_id": "S5"},
                }[subject]
                period = Period.parse(fields.pop("period"))
                row = Observation(
                    indicator_id="revenue", period=period, growth_pct=Decimal(1), revision=revisions[figure], **about
                )
                for name, value in fields.items():
                    setattr(row, name, value)
                rows.append(row)
            record_observations(rows, by=None)
            assert latest_differences() == ()
        held = set(Latest.objects.values_list("observation", "value"))
        rebuild_latest()
        assert set(Latest.objects.values_list("observation", "value")) == held
        transaction.set_rollback(True)
