"""Random histories once more, now through the site's services: model, stored project and stored books must agree.

The rules and the model are those of the engine's machine; here every step is taken by somebody who may, after somebody
who may not has tried it, and at times twice.
"""

from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from hypothesis import settings
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from gongzao.kernel import GongzaoError
from gongzao.ledger import Balance, Kind
from gongzao.research import Phase, Proposal, Side, Step, StepRefused, Unit, due, stake
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.clusters.models import Enterprise
from gongzao.web.ledger import queries as ledger
from gongzao.web.ledger.models import Account, Entry
from gongzao.web.ledger.verify import verify
from gongzao.web.research import services, store
from gongzao.web.research.models import Event, Expert, Party, Project, Review
from tests.research.test_machine_properties import Histories
from tests.research.world import EXPERTS, OUTSIDER

CAMPAIGN = (Phase.CAMPAIGN, Phase.SECOND_ROUND, Phase.SIGNING)
STALE = {"close_round", "lapse", "submit", "fix_pool", "draw_reviewers", "propose"}


class StoredBooks:
    """Journal and balances as the tables have them."""

    def __init__(self) -> None:
        self.records = {record.transfer.id: record for record in ledger.records()}
        self.balances = ledger.balances()
        self.accounts = {account.pk: account.value for account in Account.objects.all()}


class StoredWorld:
    """A project in the database; what is asked of it is read anew after every step."""

    def __init__(self, anping: Any, proposal: Proposal) -> None:
        self.row: Project = anping.open(proposal)
        self.refresh()

    def refresh(self) -> None:
        self.log = [row.value for row in Event.objects.filter(project=self.row).order_by("seq")]
        self.project = store.read(self.row.pk)
        self.ledger = StoredBooks()

    def balance(self, account: str) -> int:
        return self.ledger.balances.get(account, Balance()).of(self.ledger.accounts[account].kind)


def stored() -> tuple[int, ...]:
    """Return how many rows there are of everything that a step may store."""
    return tuple(model.objects.count() for model in (Event, Entry, Party, Review, Account))


class StoredHistories(Histories):
    anping: Any

    def __init__(self) -> None:
        super().__init__()
        self.users = {firm.uscc: user for firm, user in zip(self.anping.firms, self.anping.members, strict=True)}
        self.firms = {firm.uscc: firm for firm in self.anping.firms}
        self.last: tuple[str, tuple[Any, ...]] | None = None
        self.before = transaction.savepoint()

    def open(self, proposal: Proposal) -> StoredWorld:
        return StoredWorld(self.anping, proposal)

    def attempt(self, legal: bool, step: Any, *arguments: Any, **named: Any) -> Step | None:
        """Let a stranger try first, then who may; nothing is stored unless the model says the step is legal."""
        before, version = stored(), self.world.project.version
        with pytest.raises((PermissionDenied, GongzaoError)):
            self.call(step.__name__, arguments, self.anping.stranger)
        if step.__name__ in STALE:
            with pytest.raises(StepRefused):
                self.call(step.__name__, arguments, seen=version - 1)
        assert stored() == before
        try:
            self.call(step.__name__, arguments)
        except GongzaoError:
            assert not legal
            assert stored() == before
            return None
        assert legal
        self.last = step.__name__, arguments
        self.world.refresh()
        lines = list(self.world.ledger.records.values())[before[1] :]
        asked = tuple(line.transfer for line in lines if line.transfer.kind is not Kind.OPEN)
        return Step(self.world.project, tuple(self.world.log[version:]), asked)

    @precondition(lambda self: self.last and self.last[0] != "close_round")
    @rule()
    def repeat(self) -> None:
        """What was done is asked for once more, as by a second click: at most the same answer, nothing stored."""
        assert self.last is not None
        before = stored()
        with suppress(GongzaoError):
            self.call(*self.last)
        assert stored() == before

    def call(self, name: str, arguments: tuple[Any, ...], by: User | None = None, **seen: int) -> None:
        """Call the service for a step, as ``by`` or else as somebody who may."""
        row, now, users, organiser = self.world.row, self.now, self.users, by or self.anping.organiser
        match name, arguments:
            case "ask_join", (party,):
                services.ask_join(row, self.firms[party.id], party.role, now, by=by or users[party.id])
            case "back_join", (party, side):
                lead = self.world.project.proposal.lead
                agrees = users[lead.id] if side is Side.LEAD else organiser
                services.back_join(row, party, side, now, by=by or agrees)
            case "pledge", (key, party, unit, quantity):
                services.pledge(row, key, party, unit, quantity, now, by=by or users[party])
            case "withdraw", (key,):
                made = self.world.project.pledges.get(key)
                services.withdraw(row, key, now, by=by or users[made.party if made else OUTSIDER.id])
            case "close_round", ():
                services.close_round(row, now, by=organiser, **seen)
            case "sign", (party, sha256):
                services.sign(row, party, sha256, now, by=by or users[party])
            case "lapse", ():
                services.lapse(row, now, by=organiser, **seen)
            case "submit", (milestone, party, files, deliveries):
                Expert.objects.update(active=False)  # who may review is fixed by a step of its own here
                services.submit_milestone(row, milestone, party, files, deliveries, now, by=by or users[party], **seen)
            case "fix_pool", (experts,):
                chosen = [expert.id for expert in experts]
                Expert.objects.update(active=False)
                Expert.objects.filter(code__in=chosen).update(active=True)
                services.fix_pool(row, now, by=organiser, **seen)
            case "draw_reviewers", (seed,):
                services.draw_reviewers(row, seed, now, by=organiser, **seen)
            case "review", (reviewer, verdict, reason):
                expert = Expert.objects.get(code=reviewer)
                services.review(row, expert, verdict, reason, now, by=by or expert.user)
            case _:
                self.call_later(name, arguments, by, **seen)

    def call_later(self, name: str, arguments: tuple[Any, ...], by: User | None, **seen: int) -> None:
        row, now, users, organiser = self.world.row, self.now, self.users, by or self.anping.organiser
        some = next(iter(users))
        match name, arguments:
            case "propose", (party, motion):
                services.propose(row, party, motion, now, by=by or users[party], **seen)
            case "vote", (motion, party, yes):
                services.vote(row, motion, party, yes, now, by=by or users[party])
            case "register_result", (result,):
                services.register_result(row, some, result, now, by=by or users[some])
            case "ask_licence", (request,):
                services.ask_licence(row, request, now, by=by or users[request.licensee.code])
            case "claim_licence", (request, party):
                services.claim_licence(row, request, party, now, by=by or users[party])
            case "grant_licence", (request,):
                services.grant_licence(row, request, now, by=organiser)
            case "book_income", (key, result, payer, amount):
                services.book_income(row, key, result, payer, amount, now, by=organiser)
            case _:
                raise AssertionError(name)

    @invariant()
    def lists_and_rights_follow_the_events(self) -> None:
        row = Project.objects.get(pk=self.world.row.pk)
        project = self.world.project
        assert (row.phase, row.version, row.title) == (project.phase, project.version, project.proposal.title)
        parties = {(party.id, party.role) for party in project.proposal.parties}
        assert set(row.parties.values_list("enterprise__uscc", "role")) == parties
        waiting = set(row.reviews.filter(done_at=None).values_list("expert__code", flat=True))
        if project.reviewers:
            assert waiting == set(project.reviewers) - set(project.reviews)

    @invariant()
    def the_ledger_has_every_figure(self) -> None:
        project, balances = self.world.project, self.world.ledger.balances
        reserved: Counter[str] = Counter()
        for made in project.live_pledges if project.phase in CAMPAIGN else ():
            if made.unit is Unit.CASH:
                reserved[made.party] += made.quantity
        for party in project.proposal.parties:
            held = balances[stake(project.id, party.id)]
            left = project.paid.get(party.id, 0) - project.drawn.get(party.id, 0) - project.refunded.get(party.id, 0)
            assert (held.credits - held.debits, held.credits_pending) == (left, reserved[party.id])
            got = project.released.get(party.id, 0)
            if not project.is_public(party.id):
                got += project.earned.get(party.id, 0)
            paid_out = balances[due(project.id, party.id)]
            assert paid_out == Balance(debits=got, credits=got)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            assert ledger.balance_differences() == ()
            assert verify() == (len(self.world.ledger.records), ())
        transaction.savepoint_rollback(self.before)


@pytest.fixture
def crowd(anping: Any) -> Any:
    """The first project's people, an outside firm with its own, and the experts of the machine."""
    like = anping.firms[0]
    firm = Enterprise.objects.create(
        uscc=OUTSIDER.id, name=OUTSIDER.name, county=like.county, industry=like.industry, synthetic=True
    )
    user = User.objects.create_user("outsider")
    Post.objects.create(user=user, role=Role.MEMBER, enterprise=firm)
    anping.firms.append(firm)
    anping.members.append(user)
    Expert.objects.create(code="e6", name="专家6", user=User.objects.create_user("expert6"))
    assert set(Expert.objects.exclude(code="own").values_list("code", flat=True)) == {expert.id for expert in EXPERTS}
    return anping


def test_histories(crowd: Any) -> None:
    class Here(StoredHistories):
        anping = crowd

    run_state_machine_as_test(
        Here,
        settings=settings(max_examples=25, stateful_step_count=30, deadline=None),
    )
