"""Where a campaign stands, and what a pledge would come to: figures for the page, all from the rules."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gongzao.kernel import split
from gongzao.research import Phase, Project, Unit

MINIMUM, OPTIMUM = 1, 2


@dataclass(frozen=True, slots=True)
class Goal:
    """The minimum or the optimum: what is needed [fen], and whether pledges reach it."""

    stage: int
    cash: int
    in_kind: int
    reached: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a campaign stands at a moment; all money in fen.

    Parameters
    ----------
    cash, in_kind
        Pledged in cash, and the value of what was pledged in kind.
    contributors
        Parties with a pledge; at least two are needed.
    goals
        The minimum, and the optimum if there is a second round.
    deadline
        End of the round that runs, or of the last one.
    is_open
        Whether pledges are taken.
    due
        Whether the round is over and waits to be closed.
    may_withdraw
        Whether pledges can still be taken back.
    """

    cash: int
    in_kind: int
    contributors: int
    goals: tuple[Goal, ...]
    deadline: datetime
    is_open: bool
    due: bool
    may_withdraw: bool

    @property
    def next_goal(self) -> Goal:
        """The first goal that is not reached, or the last one."""
        return next((goal for goal in self.goals if not goal.reached), self.goals[-1])


def standing(project: Project, now: datetime) -> Standing:
    """Return where the campaign of a project stands."""
    terms = project.proposal.terms
    runs = project.phase in (Phase.CAMPAIGN, Phase.SECOND_ROUND)
    deadline = terms.deadline if project.phase is Phase.CAMPAIGN else terms.closes
    stages = (MINIMUM, OPTIMUM) if terms.second_deadline else (MINIMUM,)
    return Standing(
        project.pledged_cash,
        project.pledged_in_kind,
        len(project.contributors),
        tuple(_goal(project, stage) for stage in stages),
        deadline,
        runs and terms.opens <= now < deadline,
        runs and now >= deadline,
        runs and now < terms.withdraw_until,
    )


def _goal(project: Project, stage: int) -> Goal:
    cash, kind = project.proposal.cash(stage), project.proposal.in_kind(stage)
    enough = project.pledged_cash >= cash and project.pledged_in_kind >= kind
    return Goal(stage, cash, kind, enough and len(project.contributors) >= 2)


def expected(project: Project) -> Mapping[str, int]:
    """Return what would be taken of each live cash pledge with the pledges as they are [fen].

    If more was pledged than the goal that is reached needs, each is taken in proportion; below the minimum all would be
    void, and the whole pledge is what somebody stands for.
    """
    pledges = [pledge for pledge in project.live_pledges if pledge.unit is Unit.CASH]
    whole = {pledge.id: pledge.quantity for pledge in pledges}
    reached = [goal for goal in standing(project, project.at).goals if goal.reached]
    if not reached or not pledges:
        return whole
    return dict(zip(whole, split(reached[-1].cash, list(whole.values())), strict=True))


def by_party(project: Project) -> dict[str, int]:
    """Return the cash that each party has pledged [fen]."""
    found: Counter[str] = Counter()
    for pledge in project.live_pledges:
        if pledge.unit is Unit.CASH:
            found[pledge.party] += pledge.quantity
    return {party.id: found[party.id] for party in project.proposal.parties}


def taken_by_party(project: Project) -> dict[str, int]:
    """Return the cash that is taken of each party once all have signed [fen]."""
    found: Counter[str] = Counter()
    for part in project.collected:
        found[part.party] += part.amount
    return {party.id: found[party.id] for party in project.proposal.parties}
