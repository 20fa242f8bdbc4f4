"""Takes the first project through its steps, for tests of the pages that show it."""

from datetime import UTC, datetime
from typing import Any

from gongzao.kernel import Uscc
from gongzao.research import Delivery, Evidence, Result, ResultKind, Unit, Verdict, contract
from gongzao.web.research import services, store
from gongzao.web.research.models import Project, Review

AMOUNTS = (600_000_00, 500_000_00, 600_000_00, 300_000_00)
PLEDGED = datetime(2024, 11, 12, tzinfo=UTC)
SPRING = datetime(2025, 6, 20, tzinfo=UTC)


def fund(anping: Any, project: Project) -> None:
    """Pledge 2,000,000 yuan and 1,000 hours."""
    for n, amount in enumerate(AMOUNTS):
        services.pledge(project, f"p{n}", anping.firms[n].uscc, Unit.CASH, amount, PLEDGED, by=anping.members[n])
    hours = anping.firms[4].uscc
    services.pledge(project, "p4", hours, Unit.WORK_HOURS, 1000_00, PLEDGED, by=anping.members[4])


def start(anping: Any, project: Project) -> None:
    """Fund the project, and have all sign."""
    fund(anping, project)
    deadline = anping.proposal.terms.deadline
    value = services.close_round(project, deadline, by=anping.organiser)
    for firm, member in zip(anping.firms, anping.members, strict=True):
        services.sign(project, firm.uscc, contract(value).sha256, deadline, by=member)


def hand_in(anping: Any, project: Project, milestone: str, verdict: Verdict, *hours: int) -> None:
    """Submit a milestone with hours of the university [hundredths], and have all reviewers give one verdict."""
    file, given = Evidence("报告.pdf", "0" * 64), [Delivery(anping.firms[4].uscc, Unit.WORK_HOURS, n) for n in hours]
    firm, member = anping.firms[2], anping.members[2]
    services.submit_milestone(project, milestone, firm.uscc, [file], given, SPRING, by=member)
    services.draw_reviewers(project, "seed", SPRING, by=anping.organiser)
    for row in Review.objects.filter(project=project, done_at__isnull=True).select_related("expert__user"):
        if store.read(project.pk).submission is not None:
            services.review(project, row.expert, verdict, "秘密意见", SPRING, by=row.expert.user)


def complete(anping: Any, project: Project) -> None:
    """Take a funded project through all milestones, and book 100,000.01 yuan of income."""
    hand_in(anping, project, "M1", Verdict.ACCEPT, 400_00)
    hand_in(anping, project, "M2", Verdict.ACCEPT)
    hand_in(anping, project, "M3", Verdict.ACCEPT)
    firm, member = anping.firms[2], anping.members[2]
    result = Result("R1", ResultKind.PROCESS, "高目数织造工艺")
    services.register_result(project, firm.uscc, result, SPRING, by=member)
    payer = Uscc(anping.firms[3].uscc)
    services.book_income(project, "I1", "R1", payer, 100_000_01, SPRING, by=anping.organiser)
