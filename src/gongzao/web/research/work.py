"""What is shown of the work: each milestone with every time it was handed in, and what a verdict would bring."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from django.utils.translation import gettext as _

from gongzao import research as rules
from gongzao.research import Event, Milestone, Part, Phase, Project, Reviewed, Submitted
from gongzao.web.research.models import Review


@dataclass
class Attempt:
    """One time a milestone was handed in: with what, who was drawn, what they said, how it ended."""

    at: Event
    submitted: Submitted
    pool: tuple[str, ...] = ()
    number: int = 0
    seed: str = ""
    reviewers: tuple[str, ...] = ()
    reviews: list[Reviewed] = field(default_factory=list)
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A milestone, its state in words, days it is late, from whose stakes its amount comes, and every attempt."""

    milestone: Milestone
    state: str
    word: str
    late: int
    draws: Sequence[Part]
    attempts: Sequence[Attempt]


def attempts(log: Sequence[Event]) -> list[Attempt]:
    """Return every time something was handed in, oldest first."""
    found: list[Attempt] = []
    for event in log:
        match event.body:
            case Submitted():
                found.append(Attempt(event, event.body))
            case rules.PoolFixed(_milestone, number, experts):
                found[-1].pool, found[-1].number = experts, number
            case rules.Drawn(_milestone, seed, reviewers):
                found[-1].seed, found[-1].reviewers = seed, reviewers
            case Reviewed():
                found[-1].reviews.append(event.body)
            case rules.Accepted() | rules.SentBack() | rules.Rejected():
                found[-1].outcome = type(event.body).__name__
            case _:
                pass
    return found


def submission_of(review: Review, log: Sequence[Event]) -> Submitted:
    """Return what an expert was drawn for, and nothing that was handed in later."""
    return next(
        attempt.submitted
        for attempt in reversed(attempts(log))
        if attempt.submitted.milestone == review.milestone
        and review.expert.code in attempt.reviewers
        and attempt.at.at <= review.drawn_at
    )


def earlier(review: Review, log: Sequence[Event]) -> list[Attempt]:
    """Return what had been accepted before an expert was drawn, which he may read to judge what follows."""
    return [attempt for attempt in attempts(log) if attempt.outcome == "Accepted" and attempt.at.at < review.drawn_at]


def draws(project: Project, log: Sequence[Event]) -> dict[str, Sequence[Part]]:
    """Return from whose stakes each milestone was paid, and would be if all that follow are accepted."""
    found: dict[str, Sequence[Part]] = {
        event.body.milestone: event.body.draws for event in log if isinstance(event.body, rules.Accepted)
    }
    if project.phase is Phase.RUNNING:
        for milestone in project.plan[len(project.accepted) :]:
            found[milestone.id] = taken = rules.draws(project, milestone.amount)
            drawn = {part.party: project.drawn.get(part.party, 0) + part.amount for part in taken}
            project = replace(project, drawn={**project.drawn, **drawn})
    return found


def lines(project: Project, log: Sequence[Event], today: date) -> list[Line]:
    """Return the milestones of the contract; before the signing those of the proposal, without what they release."""
    sources, every = draws(project, log), attempts(log)
    found = []
    for milestone in project.plan or project.proposal.milestones:
        tried = [attempt for attempt in every if attempt.submitted.milestone == milestone.id]
        state, word = _state(project, milestone, tried)
        waiting = state in ("next", "later")
        late = max(0, (today - milestone.due).days) if waiting else 0
        found.append(Line(milestone, state, word, late, sources.get(milestone.id, ()), tried))
    return found


def _state(project: Project, milestone: Milestone, tried: Sequence[Attempt]) -> tuple[str, str]:
    if milestone.id in project.accepted:
        return "accepted", _("已验收，款项已拨付")
    if project.phase is not Phase.RUNNING:
        rejected = tried and tried[-1].outcome == "Rejected"
        return "dropped", _("未通过，项目终止") if rejected else _("未开始")
    if project.submission and project.submission.milestone == milestone.id:
        return "review", _under_review(project)
    if project.next_milestone == milestone:
        return "next", _("已退回，修改后重新提交") if tried else _("待提交")
    return "later", _("未开始")


def _under_review(project: Project) -> str:
    if not project.reviewers:
        return _("已提交，等待抽取评审专家")
    counts = {"given": len(project.reviews), "all": len(project.reviewers)}
    return _("评审中，%(given)s/%(all)s位专家已给出结论") % counts


def answer(project: Project, found: Sequence[Line]) -> str:
    """Say in one line how the work stands."""
    current = next((line for line in found if line.state in ("next", "review")), None)
    if project.phase is Phase.COMPLETED:
        return _("全部%(n)s个里程碑已验收。") % {"n": len(found)}
    if project.phase is Phase.STOPPED:
        return _("项目已终止，%(done)s/%(all)s个里程碑验收。") % {"done": len(project.accepted), "all": len(found)}
    if current is None:
        return _("合同签署、认缴划缴后，里程碑按顺序提交。")
    words = {"title": current.milestone.title, "state": current.word, "due": current.milestone.due, "n": current.late}
    if current.late:
        return _("“%(title)s”%(state)s，应于%(due)s前提交，已逾期%(n)s天：请尽快提交，或提请变更合同。") % words
    return _("“%(title)s”%(state)s，应于%(due)s前完成。") % words
