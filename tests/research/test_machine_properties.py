"""Random histories of a project against a simple model that only adds and subtracts.

``python -m tests.research.test_machine_properties 2000`` runs that many histories.
"""

import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gongzao.kernel import GongzaoError
from gongzao.ledger import Book
from gongzao.ledger import check as check_book
from gongzao.research import (
    BANK,
    FUND,
    Delivery,
    Event,
    Evidence,
    Motion,
    Part,
    Phase,
    Proposal,
    Result,
    ResultKind,
    Side,
    Step,
    Unit,
    Verdict,
    ask_join,
    ask_licence,
    back_join,
    book_income,
    check,
    claim_licence,
    close_round,
    contract,
    draw_reviewers,
    electorate,
    fix_pool,
    fold,
    from_plain,
    grant_licence,
    lapse,
    pledge,
    propose,
    register_result,
    review,
    sign,
    submit,
    to_plain,
    vote,
    withdraw,
)
from gongzao.research.example import INSTITUTE, LIANGPIN, SIKOU, UNIVERSITY, WANGDU
from gongzao.research.facts import LicenceRequest
from tests.research.world import EXPERTS, OPEN, OUTSIDER, World, small

PARTIES = (INSTITUTE, WANGDU, SIKOU, LIANGPIN, UNIVERSITY, OUTSIDER)
parties = st.sampled_from(PARTIES)
units = st.sampled_from([Unit.CASH, Unit.CASH, Unit.CASH, Unit.WORK_HOURS, Unit.MATERIAL])
amounts = st.lists(st.integers(1, 90), min_size=1, max_size=3).map(tuple)
FUNDED = 1_000_000


class Histories(RuleBasedStateMachine):
    """The model: pledges by name, what each party paid, what was released and given back, and the phase."""

    @initialize(
        amounts=amounts,
        second=st.lists(st.integers(1, 60), max_size=1).map(tuple),
        support=st.integers(0, 30),
        losses=st.sampled_from([(), (), (0, 50, 50), (10, 20, 30, 20, 20)]),
        income=st.sampled_from([(30, 15, 30, 10, 15), (0, 33, 33, 34, 0)]),
        start=st.sampled_from(["campaign", "signing", "running", "running", "running", "ended", "ended"]),
        hours=st.integers(0, 90),
        more=st.integers(0, 40),
        generous=st.booleans(),
    )
    def begin(
        self,
        amounts: Any,
        second: Any,
        support: int,
        losses: Any,
        income: Any,
        start: str,
        hours: int,
        more: int,
        generous: bool,
    ) -> None:
        support = min(support, sum(amounts) * 30 // 100)
        self.world = self.open(small(amounts, support, losses, income, second))
        self.now = OPEN
        self.phase = Phase.CAMPAIGN
        self.pledges: dict[str, tuple[str, Unit, int]] = {}
        self.joined = False
        self.paid: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        self.back: Counter[str] = Counter()
        self.spent = 0
        self.plan: list[Any] = []
        self.done = 0
        self.income = 0
        if start != "campaign":
            if hours:
                self.pledge(1, UNIVERSITY, Unit.WORK_HOURS, hours)
            self.fill(more, generous)
            while self.phase in (Phase.CAMPAIGN, Phase.SECOND_ROUND):
                self.wait_for_the_deadline()
                self.close()
        # A goal of one fen is met by one party alone, and misses the two that it takes.
        if start in ("running", "ended") and self.phase is Phase.SIGNING:
            self.all_sign()
        if start == "ended" and self.phase is Phase.RUNNING:
            self.whole_milestone(Verdict.ACCEPT)
            self.result(1)
            while self.phase is Phase.RUNNING:
                self.whole_milestone(Verdict.REJECT if more % 2 else Verdict.ACCEPT)

    def open(self, proposal: Proposal) -> Any:
        """Return a world with the proposal in its campaign."""
        return World(proposal, FUNDED)

    @property
    def terms(self) -> Any:
        return self.world.project.proposal.terms

    def attempt(self, legal: bool, step: Any, *arguments: Any, **named: Any) -> Step | None:
        """Take a step and insist that it is refused exactly when the model says so, leaving everything as it was."""
        before = len(self.world.log), dict(self.world.ledger.balances)
        try:
            made: Step = step(self.world.project, *arguments, self.now, by="test", **named)
        except GongzaoError:
            assert not legal
            assert before == (len(self.world.log), self.world.ledger.balances)
            return None
        assert legal
        self.world.do(made)
        return made

    def cash(self) -> int:
        return sum(q for _, unit, q in self.pledges.values() if unit is Unit.CASH)

    @property
    def taking(self) -> bool:
        until = {Phase.CAMPAIGN: self.terms.deadline, Phase.SECOND_ROUND: self.terms.closes}.get(self.phase)
        return until is not None and self.now < until

    @rule(hours=st.sampled_from([1, 24, 24 * 10, 24 * 20]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: self.phase in (Phase.CAMPAIGN, Phase.SECOND_ROUND))
    @rule()
    def wait_for_the_deadline(self) -> None:
        self.now = max(self.now, self.terms.closes if self.phase is Phase.SECOND_ROUND else self.terms.deadline)

    @rule(party=parties)
    def join(self, party: Any) -> None:
        legal = self.taking and party is OUTSIDER and not self.joined and not self.world.project.asking
        if self.attempt(legal, ask_join, party):
            self.attempt(False, pledge, "early", party.id, Unit.CASH, 1)
            for side in Side:
                self.attempt(True, back_join, party.id, side)
                self.attempt(False, back_join, party.id, side)
            self.joined = True

    @precondition(lambda self: self.phase in (Phase.CAMPAIGN, Phase.SECOND_ROUND))
    @rule(name=st.integers(1, 12), party=parties, unit=units, quantity=st.integers(1, 80))
    def pledge(self, name: int, party: Any, unit: Unit, quantity: int) -> None:
        key = f"p{name}"
        known = self.world.project.pledges.get(key)
        if known is not None:
            same = (known.party, known.unit, known.quantity) == (party.id, unit, quantity)
            again = self.attempt(same, pledge, key, party.id, unit, quantity)
            assert again is None or (again.events, again.transfers) == ((), ())
            return
        legal = self.taking and (party is not OUTSIDER or self.joined)
        if party is INSTITUTE:
            given = sum(q for who, _, q in self.pledges.values() if who == party.id)
            legal &= unit is Unit.CASH and given + quantity <= self.world.project.proposal.support
        if self.attempt(legal, pledge, key, party.id, unit, quantity):
            self.pledges[key] = party.id, unit, quantity

    @precondition(lambda self: self.taking)
    @rule(more=st.integers(0, 40), generous=st.booleans())
    def fill(self, more: int, generous: bool) -> None:
        """Two firms and, if asked, the institute pledge what is missing and somewhat more."""
        proposal = self.world.project.proposal
        goal = proposal.cash(2 if generous else 1) + more
        wishes = [(SIKOU, goal // 2), (WANGDU, goal - goal // 2)]
        given = sum(q for who, _, q in self.pledges.values() if who == INSTITUTE.id)
        if proposal.support > given:
            wishes.append((INSTITUTE, proposal.support - given))
        for party, quantity in wishes:
            key = f"f{len(self.world.project.pledges)}"
            if quantity and self.attempt(True, pledge, key, party.id, Unit.CASH, quantity):
                self.pledges[key] = party.id, Unit.CASH, quantity

    @precondition(lambda self: self.phase is Phase.CAMPAIGN)
    @rule(name=st.integers(1, 12))
    def withdraw(self, name: int) -> None:
        if self.attempt(f"p{name}" in self.pledges and self.now < self.terms.withdraw_until, withdraw, f"p{name}"):
            del self.pledges[f"p{name}"]

    @rule()
    def close(self) -> None:
        due = {Phase.CAMPAIGN: self.terms.deadline, Phase.SECOND_ROUND: self.terms.closes}.get(self.phase)
        if not self.attempt(due is not None and self.now >= due, close_round):
            return
        needed = [m for m in self.world.project.proposal.milestones if m.stage == 1]
        if self.cash() < sum(m.amount for m in needed) or len({who for who, _, _ in self.pledges.values()}) < 2:
            self.phase = Phase.MISSED
        elif self.phase is Phase.CAMPAIGN and self.terms.second_deadline:
            self.phase = Phase.SECOND_ROUND
        else:
            whole = list(self.world.project.proposal.milestones)
            second = self.phase is Phase.SECOND_ROUND and self.cash() >= sum(m.amount for m in whole)
            self.plan = whole if second else needed
            self.phase = Phase.SIGNING

    @precondition(lambda self: self.phase is Phase.SIGNING)
    @rule(party=parties, right=st.sampled_from([True, True, True, False]))
    def sign(self, party: Any, right: bool) -> None:
        project = self.world.project
        member = project.proposal.party(party.id) is not None
        legal = member and right and party.id not in project.signed and self.now < self.terms.sign_by
        sha256 = contract(project).sha256 if right else "0" * 64
        if self.attempt(legal, sign, party.id, sha256) and self.world.project.phase is not Phase.SIGNING:
            self.collected()

    @precondition(lambda self: self.phase is Phase.SIGNING and self.now < self.terms.sign_by)
    @rule()
    def all_sign(self) -> None:
        self.now = max(self.now, self.terms.closes)
        for party in self.world.project.proposal.parties:
            if party.id not in self.world.project.signed:
                self.attempt(True, sign, party.id, contract(self.world.project).sha256)
        self.collected()

    def collected(self) -> None:
        self.phase = Phase.RUNNING
        needed = sum(m.amount for m in self.plan)
        for c in self.world.project.collected:
            who, unit, quantity = self.pledges[c.pledge]
            assert unit is Unit.CASH
            assert who == c.party
            assert abs(c.amount - Fraction(needed * quantity, self.cash())) < 1
            assert c.amount <= quantity
            self.paid[who] += c.amount
        assert sum(self.paid.values()) == needed

    @rule()
    def lapse(self) -> None:
        before = self.world.project
        if not self.attempt(self.phase is Phase.SIGNING and self.now >= self.terms.sign_by, lapse):
            return
        self.phase = Phase.LAPSED
        missing = {party.id for party in before.proposal.parties} - before.signed
        rest = {name: made for name, made in self.pledges.items() if made[0] not in missing}
        cash = sum(quantity for _, unit, quantity in rest.values() if unit is Unit.CASH)
        enough = [
            plan for plan in (self.plan, [m for m in self.plan if m.stage == 1]) if cash >= sum(m.amount for m in plan)
        ]
        if missing == {OUTSIDER.id} and enough and len({who for who, _, _ in rest.values()}) >= 2:
            self.pledges, self.plan = rest, enough[0]
            self.collected()

    @precondition(lambda self: self.phase is Phase.RUNNING)
    @rule(number=st.integers(1, 4), quantity=st.integers(0, 90), files=st.integers(0, 3))
    def submit(self, number: int, quantity: int, files: int) -> None:
        project = self.world.project
        owed = project.promised.get((UNIVERSITY.id, Unit.WORK_HOURS), 0)
        owed -= project.delivered.get((UNIVERSITY.id, Unit.WORK_HOURS), 0)
        deliveries = [Delivery(UNIVERSITY.id, Unit.WORK_HOURS, quantity)] if quantity else []
        number = number if number > len(self.plan) else self.done + 1
        legal = number == self.done + 1 and project.submission is None and quantity <= owed and files > 0
        self.attempt(legal, submit, f"M{number}", SIKOU.id, [Evidence("a", "0" * 64)] * files, deliveries)

    @precondition(lambda self: self.world.project.submission is not None)
    @rule(seed=st.text(max_size=3), experts=st.integers(0, 7))
    def draw(self, seed: str, experts: int) -> None:
        project = self.world.project
        self.attempt(not project.pool and experts >= 3, fix_pool, EXPERTS[:experts])
        self.attempt(bool(self.world.project.pool) and not project.reviewers, draw_reviewers, seed)

    @precondition(lambda self: self.world.project.submission is not None)
    @rule(
        place=st.integers(0, 2),
        verdict=st.sampled_from([Verdict.ACCEPT, Verdict.ACCEPT, Verdict.ACCEPT, Verdict.SEND_BACK, Verdict.REJECT]),
    )
    def review(self, place: int, verdict: Verdict) -> None:
        project = self.world.project
        reviewer = project.reviewers[place] if project.reviewers else "e0"
        self.say(project, reviewer, verdict)

    @precondition(lambda self: self.phase is Phase.RUNNING)
    @rule(verdict=st.sampled_from([Verdict.ACCEPT, Verdict.ACCEPT, Verdict.ACCEPT, Verdict.SEND_BACK, Verdict.REJECT]))
    def whole_milestone(self, verdict: Verdict) -> None:
        if self.world.project.submission is None:
            self.submit(self.done + 1, 0, 1)
        if not self.world.project.reviewers:
            self.draw("seed", 7)
        for reviewer in self.world.project.reviewers:
            if reviewer not in self.world.project.reviews:
                self.say(self.world.project, reviewer, verdict)

    @precondition(lambda self: self.world.project.motion is not None)
    @rule(yes=st.sampled_from([True, True, False]))
    def all_vote(self, yes: bool) -> None:
        motion = self.world.project.motion
        for party in PARTIES:
            if self.world.project.motion is motion and party.id not in self.world.project.votes:
                self.vote(party, yes)

    def say(self, project: Any, reviewer: str, verdict: Verdict) -> None:
        given = [r.verdict for r in project.reviews.values()] + [verdict]
        if not self.attempt(
            bool(project.reviewers) and reviewer not in project.reviews, review, reviewer, verdict, "x"
        ):
            return
        if given.count(Verdict.ACCEPT) >= 2 and len(given) == 3:
            milestone = self.plan[self.done]
            self.done += 1
            self.spent += milestone.amount
            for part in milestone.payees:
                self.received[part.party] += part.amount
            self.phase = Phase.COMPLETED if self.done == len(self.plan) else Phase.RUNNING
        elif given.count(Verdict.REJECT) >= 2 and len(given) == 3:
            self.stopped()

    def stopped(self) -> None:
        self.phase = Phase.STOPPED
        project = self.world.project
        self.back = Counter(project.refunded)
        assert sum(self.back.values()) == sum(self.paid.values()) - self.spent
        losses = {s.party: s.value for s in project.proposal.losses} or {
            who: Decimal(paid) for who, paid in self.paid.items()
        }
        whole = sum(Decimal(w) for w in losses.values())
        for party, paid in self.paid.items():
            exact = Fraction(self.spent) * Fraction(losses.get(party, 0)) / Fraction(whole)
            bears = paid - self.back[party]
            assert 0 <= bears <= paid
            # Who bears less than the rule says had no more to bear; who bears more covers for one of those.
            assert bears > exact - 1 or bears == paid

    @precondition(lambda self: self.phase is Phase.RUNNING)
    @rule(party=parties, kind=st.sampled_from(["stop", "amend", "cheat"]))
    def move(self, party: Any, kind: str) -> None:
        project = self.world.project
        proposal = None
        if kind != "stop":
            fixed = self.done + (project.submission is not None)
            milestones = list(project.proposal.milestones)
            if fixed < len(milestones) and kind == "amend":
                m = milestones[fixed]
                milestones[fixed] = replace(m, payees=(Part(LIANGPIN.id, m.amount),))
            elif kind == "cheat":
                milestones[0] = replace(milestones[0], amount=milestones[0].amount + 1)
            proposal = replace(project.proposal, milestones=tuple(milestones))
        motion = Motion(f"v{project.version}", "理由", proposal)
        legal = project.motion is None and party.id in electorate(project, motion) and kind != "cheat"
        self.attempt(legal, propose, party.id, motion)

    @precondition(lambda self: self.world.project.motion is not None)
    @rule(party=parties, yes=st.sampled_from([True, True, True, False]))
    def vote(self, party: Any, yes: bool) -> None:
        project = self.world.project
        motion = project.motion
        assert motion is not None
        legal = party.id in electorate(project, motion) and party.id not in project.votes
        if self.attempt(legal, vote, motion.id, party.id, yes):
            after = self.world.project
            if after.phase is Phase.STOPPED:
                self.stopped()
            self.plan = [m for m in after.proposal.milestones if m.stage <= after.stage]

    @rule(name=st.integers(1, 3))
    def result(self, name: int) -> None:
        legal = self.phase in (Phase.RUNNING, Phase.COMPLETED, Phase.STOPPED)
        legal &= f"r{name}" not in self.world.project.results
        self.attempt(legal, register_result, Result(f"r{name}", ResultKind.PATENT, "成果"))

    @precondition(lambda self: self.world.project.results)
    @rule(name=st.integers(1, 6), amount=st.integers(1, 99))
    def earn(self, name: int, amount: int) -> None:
        project = self.world.project
        known = project.income.get(f"i{name}")
        result = next(iter(project.results))
        legal = self.phase in (Phase.COMPLETED, Phase.STOPPED) if known is None else known.amount == amount
        if self.attempt(legal, book_income, f"i{name}", result, OUTSIDER.uscc, amount) and known is None:
            self.income += amount

    @precondition(lambda self: self.world.project.results)
    @rule(name=st.integers(1, 4), member=st.booleans(), exclusive=st.booleans())
    def ask(self, name: int, member: bool, exclusive: bool) -> None:
        project = self.world.project
        who = SIKOU if member else OUTSIDER
        member = project.proposal.party(who.id) is not None
        result = next(iter(project.results))
        taken = [project.requests[g] for g in project.granted if project.requests[g].result == result]
        legal = self.phase in (Phase.COMPLETED, Phase.STOPPED) and f"l{name}" not in project.requests
        legal &= not (taken and (exclusive or any(t.exclusive for t in taken)))
        legal &= not any(
            (r.result, r.licensee, r.exclusive) == (result, who.uscc, exclusive)
            and (r.id not in project.granted or project.granted[r.id].licensee == who.uscc)
            for r in project.requests.values()
        )
        request = LicenceRequest(f"l{name}", result, who.uscc, who.name, exclusive, 5, self.now)
        if self.attempt(legal, ask_licence, request):
            assert (f"l{name}" in self.world.project.granted) is member

    @precondition(lambda self: self.world.project.requests)
    @rule(name=st.integers(1, 4), claim=st.booleans())
    def decide(self, name: int, claim: bool) -> None:
        project = self.world.project
        request = project.requests.get(f"l{name}")
        legal = request is not None and f"l{name}" not in project.granted
        if request is not None and legal:
            taken = [project.requests[g] for g in project.granted if project.requests[g].result == request.result]
            legal = not (taken and (request.exclusive or any(t.exclusive for t in taken)))
            legal &= (self.now < request.priority_until) is claim
        if claim:
            self.attempt(legal, claim_licence, f"l{name}", WANGDU.id)
        else:
            self.attempt(legal, grant_licence, f"l{name}")

    @invariant()
    def the_model_and_the_project_agree(self) -> None:
        project = self.world.project
        assert project.phase is self.phase
        assert +Counter(project.paid) == +self.paid
        assert sum(project.drawn.values()) == self.spent
        assert +Counter(project.released) == +self.received
        assert project.remaining == sum(self.paid.values()) - self.spent - sum(self.back.values())
        assert sum(project.earned.values()) == self.income

    @invariant()
    def the_ledger_says_the_same(self) -> None:
        balance = self.world.balance
        ours = [account for account in self.world.ledger.balances if account.startswith("research:small:stake:")]
        held = sum(balance(account) for account in ours)
        assert held == self.world.project.remaining
        assert balance(BANK) == balance(FUND) + held
        assert balance(FUND) >= 0
        due = [account for account in self.world.ledger.balances if ":due:" in account or account.endswith(":work")]
        assert not any(balance(account) for account in due)

    @invariant()
    def the_auditor_finds_nothing(self) -> None:
        assert check(self.world.log, self.world.ledger.records.values()) == ()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            assert fold(self.world.log) == self.world.project
            stored = [from_plain(Event, to_plain(event)) for event in self.world.log]
            assert fold(stored) == self.world.project
            assert check_book(Book.of(self.world.ledger)) == ()


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)


if __name__ == "__main__":
    run_state_machine_as_test(
        Histories, settings=settings(max_examples=int(sys.argv[1]), stateful_step_count=80, deadline=None)
    )
