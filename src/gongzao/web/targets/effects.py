"""What figures of the registry do to the targets that everybody sees."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from gongzao.targets import GOAL, LIGHTS, Attainment, Observation, Plan, attain
from gongzao.web.clusters import effects
from gongzao.web.clusters.models import Figure
from gongzao.web.targets import queries


def connect() -> None:
    """Let the registry ask the plans of this installation."""
    effects.register(PlansMeasure())


class PlansMeasure:
    """The plans, as a measure of figures: each is measured on the indicators of its targets in its own place."""

    def weighs(self, row: Figure) -> bool:
        """Whether a target of a plan rests on this indicator of the plan's place, or shows it as evidence."""
        return row.basis != GOAL and any(
            row.region_id == dossier.plan.region and row.indicator_id in _measured(dossier.plan)
            for dossier in queries.dossiers().values()
        )

    def effect(self, rows: Sequence[Figure], *, withdrawn: bool) -> list[str]:
        """Return for every target that ``rows`` change what its card says today and what it will say."""
        sentences = []
        for dossier in queries.dossiers().values():
            plan, today = dossier.plan, timezone.localdate()
            known = queries.observations(plan)
            changed = tuple(queries.value_of(row) for row in rows if row.region_id == plan.region)
            if withdrawn:
                gone = {_figure(observation) for observation in changed}
                then = tuple(observation for observation in known if _figure(observation) not in gone)
            else:
                then = (*known, *changed)
            lists = queries.awards(plan)
            before, after = (attain(plan, figures, today, awards=lists) for figures in (known, then))
            sentences += [
                _sentence(*pair) for pair in zip(before, after, strict=True) if _says(pair[0]) != _says(pair[1])
            ]
        return sentences


def _measured(plan: Plan) -> set[str]:
    targets = plan.targets
    return {t.indicator.id for t in targets} | {indicator.id for t in targets for indicator in t.evidence}


def _figure(row: Observation) -> tuple[object, ...]:
    return row.subject, row.indicator, row.period.start, row.period.end, row.scope, row.basis


def _says(attainment: Attainment) -> tuple[str, str]:
    language = queries.language()
    return LIGHTS[attainment.light].name.get(language), attainment.explanation.get(language)


def _sentence(before: Attainment, after: Attainment) -> str:
    (was, why), (becomes, because) = _says(before), _says(after)
    given = {"target": before.target.name.get(queries.language()), "was": was, "becomes": becomes}
    words = {"why": why, "because": because}
    return _("首页“%(target)s”将由“%(was)s：%(why)s”变为“%(becomes)s：%(because)s”") % {**given, **words}
