"""A ledger, a log and a project that move together, as the site's storage moves them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from gongzao.kernel import Uscc
from gongzao.ledger import Kind, Ledger, Status, Transfer
from gongzao.research import (
    BANK,
    FUND,
    SHARED,
    BudgetLine,
    Event,
    Evidence,
    Expert,
    Milestone,
    Part,
    Party,
    Percent,
    Phase,
    Policy,
    Project,
    Proposal,
    Role,
    Side,
    Step,
    Unit,
    Verdict,
    accounts,
    ask_join,
    back_join,
    close_round,
    contract,
    draw_reviewers,
    first_project,
    fix_pool,
    load_policy,
    open_project,
    pledge,
    review,
    shipped_policies,
    sign,
    submit,
)
from gongzao.research.example import INSTITUTE, LIANGPIN, SIKOU, UNIVERSITY, WANGDU

HEBEI: Policy = load_policy(shipped_policies()["hebei"])
OPEN = datetime(2024, 11, 11, tzinfo=UTC)
WORK = datetime(2025, 6, 1, tzinfo=UTC)
FILE = Evidence("报告.pdf", "0" * 64)
OUTSIDER = Party(Uscc("91110000600037341L"), "外部企业", Role.FIRM)
EXPERTS = tuple(Expert(f"e{i}", f"专家{i}") for i in range(7))


class World:
    """Applies steps: all or nothing, booked on a ledger in memory."""

    def __init__(self, proposal: Proposal, fund: int = 10_000_000_00) -> None:
        self.ledger = Ledger(SHARED)
        self.ledger.submit([Transfer("fill", Kind.POST, BANK, FUND, fund, "CNY")], OPEN)
        self.log: list[Event] = []
        self.project: Project
        self.do(open_project(proposal, HEBEI, OPEN, by="test"))

    def do(self, step: Step) -> Project:
        if step.transfers:
            for account in accounts(step.project):
                self.ledger.accounts.setdefault(account.id, account)
            decision = self.ledger.submit(step.transfers, step.events[-1].at)
            assert [o.record.refusal for o in decision.outcomes if o.status is not Status.APPLIED] == []
        self.log += step.events
        self.project = step.project
        return self.project

    def phase(self) -> Phase:
        return self.project.phase

    def balance(self, account: str) -> int:
        found = self.ledger.balances.get(account)
        return 0 if found is None else found.of(self.ledger.accounts[account].kind)

    def pledge(self, party: Party, amount: int, unit: Unit = Unit.CASH, now: datetime = OPEN) -> None:
        name = f"p{len(self.project.pledges) + 1}"
        self.do(pledge(self.project, name, party.id, unit, amount, now, by=party.id))

    def join(self, party: Party, now: datetime = OPEN) -> None:
        """Let an organisation in with the consent of both sides."""
        self.do(ask_join(self.project, party, now, by=party.id))
        for side in Side:
            self.do(back_join(self.project, party.id, side, now, by=side.value))

    def fund(self, *, institute: int = 600_000_00, firms: int = 500_000_00) -> None:
        """Fill the campaign, close it, and let all sign."""
        for party, amount in ((INSTITUTE, institute), (WANGDU, firms), (SIKOU, firms), (LIANGPIN, firms)):
            if amount:
                self.pledge(party, amount)
        self.close()
        self.sign()

    def close(self) -> None:
        terms = self.project.proposal.terms
        self.do(close_round(self.project, terms.deadline, by="test"))

    def sign(self) -> None:
        sha256, terms = contract(self.project).sha256, self.project.proposal.terms
        for party in self.project.proposal.parties:
            self.do(sign(self.project, party.id, sha256, terms.closes, by=party.id))

    def milestone(self, verdict: Verdict = Verdict.ACCEPT, now: datetime = WORK) -> None:
        """Hand in the next milestone and let all reviewers say the same."""
        due = self.project.next_milestone
        assert due is not None
        self.do(submit(self.project, due.id, SIKOU.id, [FILE], [], now, by="test"))
        self.do(fix_pool(self.project, EXPERTS, now, by="test"))
        self.do(draw_reviewers(self.project, "seed", now, by="test"))
        for reviewer in self.project.reviewers:
            self.do(review(self.project, reviewer, verdict, "理由", now, by=reviewer))


def small(
    amounts: tuple[int, ...] = (70, 30),
    support: int = 0,
    losses: tuple[int, ...] = (),
    income: tuple[int, ...] = (30, 15, 30, 10, 15),
    second: tuple[int, ...] = (),
) -> Proposal:
    """Return the first project in fen instead of yuan, so that rounding matters."""
    parties = (INSTITUTE, WANGDU, SIKOU, LIANGPIN, UNIVERSITY)
    first = first_project()
    milestones = tuple(
        Milestone(
            f"M{n}",
            "阶段",
            date(2025, 12, 31),
            "条件",
            amount,
            (Part(SIKOU.id, amount - amount // 3), Part(UNIVERSITY.id, amount // 3)),
            stage=1 if n <= len(amounts) else 2,
        )
        for n, amount in enumerate((*amounts, *second), 1)
    )
    budget = [BudgetLine("全部", sum(amounts))] + ([BudgetLine("追加", sum(second), stage=2)] if second else [])
    terms = replace(first.terms, second_deadline=datetime(2024, 12, 20, tzinfo=UTC) if second else None)
    shares = [Percent(p.id, Decimal(s)) for p, s in zip(parties, income, strict=True) if s]
    borne = [Percent(p.id, Decimal(s)) for p, s in zip(parties, losses, strict=False) if s]
    return replace(
        first,
        id="small",
        budget=tuple(budget),
        milestones=milestones,
        terms=terms,
        support=support,
        income=tuple(shares),
        losses=tuple(borne),
    )
