"""Load the data files of a plan into the registry: places, named clusters, sources and published figures."""

import csv
from importlib.resources import files
from pathlib import Path

from django.db import transaction

from gongzao import targets
from gongzao.web.clusters.models import Cluster, Indicator, Industry, Observation, Region, Source, Title
from gongzao.web.clusters.services import record_observations

DATA = Path(str(files("gongzao.web.clusters") / "data"))


@transaction.atomic
def load_published(plan: Path) -> int:
    """Load what belongs to a plan and is not there yet; return how many figures were recorded.

    Running it again changes nothing: rows are known by their codes, figures by subject, period, scope and revision.

    Parameters
    ----------
    plan
        The plan's YAML file; its data files stand beside it.

    Raises
    ------
    InvalidInput
        With every problem found in any of the files; nothing is loaded then.
    """
    dossier = targets.load(plan)
    named = dossier.plan.files
    _catalogues()
    if named.regions:
        _regions(targets.load_regions(plan.with_name(named.regions)))
    if named.clusters:
        _clusters(targets.load_clusters(plan.with_name(named.clusters)))
    for source in dossier.sources.values():
        defaults = {"title": source.title, "publisher": source.publisher, "published_on": source.published}
        Source.objects.get_or_create(code=source.id, defaults=defaults)
    return _figures(dossier.observations)


def _catalogues() -> None:
    for indicator in targets.load_indicators().values():
        defaults = {"name_zh": indicator.name.zh, "name_en": indicator.name.en, "unit": indicator.unit}
        Indicator.objects.get_or_create(code=indicator.id, defaults=defaults)
    for model, name in ((Industry, "industries.csv"), (Title, "titles.csv")):
        with (DATA / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                model.objects.get_or_create(
                    code=row["code"], defaults={"name_zh": row["name_zh"], "name_en": row["name_en"]}
                )


def _regions(regions: tuple[targets.Region, ...]) -> None:
    known = set(Region.objects.values_list("pk", flat=True))
    for region in regions:
        if region.code not in known:
            Region.objects.create(
                code=region.code,
                name_zh=region.name_zh,
                name_en=region.name_en,
                level=region.level,
                parent_id=region.parent or None,
            )


def _clusters(clusters: tuple[targets.ClusterRecord, ...]) -> None:
    for cluster in clusters:
        Cluster.objects.get_or_create(
            slug=cluster.slug,
            defaults={
                "name_zh": cluster.name_zh,
                "name_en": cluster.name_en,
                "county_id": cluster.county_code,
                "industry_id": cluster.industry_code,
                "product_zh": cluster.product_zh,
                "product_en": cluster.product_en,
            },
        )


def _figures(observations: tuple[targets.Observation, ...]) -> int:
    clusters = dict(Cluster.objects.values_list("slug", "pk"))
    known = {
        (row.region_id, row.cluster_id, row.indicator_id, row.period, row.scope, row.basis, row.revision)
        for row in Observation.objects.filter(enterprise=None)
    }
    rows = []
    for figure in sorted(observations, key=lambda figure: figure.revision):
        kind, _, code = figure.subject.partition(":")
        region = code if kind == "region" else None
        cluster = clusters[code] if kind == "cluster" else None
        key = (region, cluster, figure.indicator, figure.period, figure.scope, figure.basis, figure.revision)
        if key not in known:
            rows.append(
                Observation(
                    region_id=region,
                    cluster_id=cluster,
                    indicator_id=figure.indicator,
                    period=figure.period,
                    value=figure.value,
                    unit=figure.unit,
                    qualifier=figure.qualifier.value,
                    growth_pct=figure.growth_pct,
                    scope=figure.scope,
                    basis=figure.basis,
                    source_id=figure.source,
                    published_on=figure.published_on,
                    confidence=figure.confidence.value,
                    revision=figure.revision,
                    note=figure.note,
                )
            )
    return len(record_observations(rows, by=None))
