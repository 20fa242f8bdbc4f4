"""An independent auditor: goes through a project's log and the ledger with arithmetic of its own.

It shares no code with the steps, the fold or the bookings; it knows the kinds of events and of journal lines only.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256

from gongzao.ledger import Record
from gongzao.research import events as e
from gongzao.research import facts
from gongzao.research.model import Role, Unit

_CAMPAIGN, _SECOND, _SIGNING, _RUNNING, _COMPLETED, _STOPPED, _ENDED = range(7)

_ALLOWED: dict[type, tuple[set[int], int | None]] = {
    e.JoinAsked: ({_CAMPAIGN, _SECOND}, None),
    e.JoinBacked: ({_CAMPAIGN, _SECOND}, None),
    e.JoinRefused: ({_CAMPAIGN, _SECOND}, None),
    e.Joined: ({_CAMPAIGN, _SECOND}, None),
    e.Pledged: ({_CAMPAIGN, _SECOND}, None),
    e.Withdrawn: ({_CAMPAIGN}, None),
    e.SecondRoundOpened: ({_CAMPAIGN}, _SECOND),
    e.Funded: ({_CAMPAIGN, _SECOND}, _SIGNING),
    e.Missed: ({_CAMPAIGN, _SECOND}, _ENDED),
    e.Signed: ({_SIGNING}, None),
    e.Lapsed: ({_SIGNING}, _ENDED),
    e.Dropped: ({_SIGNING}, None),
    e.Started: ({_SIGNING}, _RUNNING),
    e.Submitted: ({_RUNNING}, None),
    e.PoolFixed: ({_RUNNING}, None),
    e.Drawn: ({_RUNNING}, None),
    e.Reviewed: ({_RUNNING}, None),
    e.Accepted: ({_RUNNING}, None),
    e.SentBack: ({_RUNNING}, None),
    e.Rejected: ({_RUNNING}, None),
    e.MotionMade: ({_RUNNING}, None),
    e.Voted: ({_RUNNING}, None),
    e.MotionLost: ({_RUNNING}, None),
    e.Amended: ({_RUNNING}, None),
    e.Stopped: ({_RUNNING}, _STOPPED),
    e.Completed: ({_RUNNING}, _COMPLETED),
    e.Registered: ({_RUNNING, _COMPLETED, _STOPPED}, None),
    e.LicenceAsked: ({_COMPLETED, _STOPPED}, None),
    e.LicenceGranted: ({_COMPLETED, _STOPPED}, None),
    e.Earned: ({_COMPLETED, _STOPPED}, None),
    e.Corrected: ({_COMPLETED, _STOPPED}, None),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule: its name, the event (0: the whole), and what was found."""

    rule: str
    seq: int
    detail: str

    def __str__(self) -> str:
        return f"{self.rule} @{self.seq}: {self.detail}"


def check(log: Sequence[e.Event], journal: Iterable[Record]) -> tuple[Finding, ...]:
    """Return every broken rule of one project; empty if all is in order.

    Parameters
    ----------
    log
        All its events.
    journal
        The ledger's lines, of this project or of all.

    Notes
    -----
    Rules: ``order`` (events in a possible order), ``limit`` (nobody beyond its pledge, stake or promise), ``sum``
    (releases, bearings, refunds and income add up), ``public_last``, ``share`` (income within one fen of the contract),
    ``draw`` (reviewers are those that seed and recorded pool give; logs from before pools were recorded have none),
    ``ledger`` (what the log says is what was booked, and at the end nothing is left over).
    """
    audit = _Audit()
    for event in log:
        audit.event(event)
    return (*audit.findings, *_compare(audit, [r for r in journal if r.refusal is None]))


class _Audit:
    """What a project has come to, kept in plain counters."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.phase = _CAMPAIGN
        self.seq = 0
        self.id = ""
        self.public: set[str] = set()
        self.pledged: dict[str, facts.Pledge] = {}
        self.taken: tuple[facts.Collected, ...] = ()
        self.paid: Counter[str] = Counter()
        self.used: Counter[str] = Counter()
        self.refunded: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        self.kind: Counter[tuple[str, str]] = Counter()
        self.earned: Counter[str] = Counter()
        self.income: dict[str, int] = {}
        self.asked: dict[str, set[str]] = {}
        self.admitted: set[str] = set()
        self.dropped: set[str] = set()
        self.handed_in: Counter[str] = Counter()
        self.pool: e.PoolFixed | None = None
        self.draws: list[e.Accepted] = []
        self.signed: set[str] = set()
        self.open: str = ""
        self.done: list[str] = []
        self.stage = 0

    def find(self, rule: str, detail: str) -> None:
        self.findings.append(Finding(rule, self.seq, detail))

    def require(self, rule: str, holds: bool, detail: str) -> None:
        if not holds:
            self.find(rule, detail)

    def event(self, event: e.Event) -> None:
        self.require("order", event.seq == self.seq + 1, f"event {event.seq} follows {self.seq}")
        self.seq = event.seq
        body = event.body
        if isinstance(body, e.Opened):
            self.require("order", event.seq == 1, "opened again")
            self.proposal, self.id = body.proposal, body.proposal.id
            self.parties = list(body.proposal.parties)
            self.public = {p.uscc.code for p in self.parties if p.role is Role.PUBLIC}
            return
        allowed, then = _ALLOWED[type(body)]
        self.require("order", self.phase in allowed, f"{type(body).__name__} in phase {self.phase}")
        self.phase = self.phase if then is None else then
        handler = getattr(self, f"on_{type(body).__name__.lower()}", None)
        if handler is not None:
            handler(body)

    def on_joinasked(self, body: e.JoinAsked) -> None:
        self.asked[body.party.uscc.code] = set()

    def on_joinbacked(self, body: e.JoinBacked) -> None:
        self.require("order", body.party in self.asked, f"{body.party} did not ask")
        self.asked.setdefault(body.party, set()).add(str(body.side))

    def on_joinrefused(self, body: e.JoinRefused) -> None:
        self.require("order", self.asked.pop(body.party, None) is not None, f"{body.party} did not ask")

    def on_joined(self, body: e.Joined) -> None:
        code = body.party.uscc.code
        # Earlier logs know no asking: there whoever came took part.
        agreed = self.asked.get(code)
        self.require("order", agreed is None or agreed == {"lead", "organiser"}, f"{code} joined without consent")
        self.admitted.add(code)
        self.require("limit", body.party.uscc.code not in [p.uscc.code for p in self.parties], "joined twice")
        self.parties.append(body.party)

    def on_pledged(self, body: e.Pledged) -> None:
        self.require("order", body.pledge.id not in self.pledged, f"pledge {body.pledge.id} twice")
        self.pledged[body.pledge.id] = body.pledge

    def on_withdrawn(self, body: e.Withdrawn) -> None:
        self.require("order", self.pledged.pop(body.pledge, None) is not None, f"no pledge {body.pledge}")

    def on_funded(self, body: e.Funded) -> None:
        self.taken, self.stage = body.cash, body.stage
        needed = sum(line.cash for line in self.proposal.budget if line.stage <= body.stage)
        self.require("sum", sum(c.amount for c in body.cash) == needed, "collected is not the budget")
        for c in body.cash:
            promised = self.pledged[c.pledge].quantity if c.pledge in self.pledged else 0
            self.require("limit", 0 <= c.amount <= promised, f"{c.pledge}: {c.amount} of {promised} pledged")

    def on_signed(self, body: e.Signed) -> None:
        self.signed.add(body.party)

    def on_dropped(self, body: e.Dropped) -> None:
        gone = set(body.parties)
        self.require("order", gone <= self.admitted and not gone & self.signed, "left out without reason")
        self.dropped = gone
        self.pledged = {name: p for name, p in self.pledged.items() if p.party not in gone}
        self.on_funded(e.Funded(body.stage, body.cash))

    def on_started(self, _body: e.Started) -> None:
        contributing = {p.party for p in self.pledged.values()}
        original = {p.uscc.code for p in self.proposal.parties}
        self.require("order", self.signed == contributing | original, "not all have signed")
        for c in self.taken:
            self.paid[c.party] += c.amount
        for p in self.pledged.values():
            if p.unit is not Unit.CASH:
                self.kind[p.party, str(p.unit)] += p.quantity

    def on_submitted(self, body: e.Submitted) -> None:
        plan = [m.id for m in self.proposal.milestones if m.stage <= self.stage]
        due = plan[len(self.done) : len(self.done) + 1]
        self.require("order", not self.open and due == [body.milestone], f"{body.milestone} handed in")
        self.open = body.milestone
        self.handed_in[body.milestone] += 1
        self.pool = None

    def on_poolfixed(self, body: e.PoolFixed) -> None:
        again = self.pool is not None
        due = (self.open, self.handed_in[self.open])
        self.require("draw", not again and (body.milestone, body.attempt) == due, f"pool of {body.milestone}")
        self.pool = body

    def on_drawn(self, body: e.Drawn) -> None:
        if self.pool is None and body.attempt == 0:
            return  # a log from before pools were recorded
        pool = self.pool.experts if self.pool else ()
        attempt = self.handed_in[body.milestone]
        self.require("draw", body.attempt == attempt, f"attempt {body.attempt}, handed in {attempt} times")

        def rank(expert: str) -> str:
            return sha256(f"{body.seed}:{self.id}:{body.milestone}:{attempt}:{expert}".encode()).hexdigest()

        first = tuple(sorted(pool, key=rank)[: self.proposal.reviewers])
        self.require("draw", body.reviewers == first, f"drawn {body.reviewers}, seed and pool give {first}")

    def on_sentback(self, body: e.SentBack) -> None:
        self.require("order", self.open == body.milestone, f"{body.milestone} sent back")
        self.open = ""

    def on_rejected(self, body: e.Rejected) -> None:
        self.require("order", self.open == body.milestone, f"{body.milestone} rejected")
        self.open = ""

    def on_accepted(self, body: e.Accepted) -> None:
        milestone = next(m for m in self.proposal.milestones if m.id == body.milestone)
        self.require("order", self.open == body.milestone, f"{body.milestone} accepted")
        self.open = ""
        self.done.append(body.milestone)
        drawn, paid = sum(p.amount for p in body.draws), sum(p.amount for p in body.payees)
        self.require("sum", drawn == paid == milestone.amount, f"{drawn} drawn, {paid} paid, {milestone.amount} agreed")
        self.require("sum", sorted(map(str, body.payees)) == sorted(map(str, milestone.payees)), "other payees")
        for part in body.draws:
            self.used[part.party] += part.amount
            self.require("limit", self.used[part.party] <= self.paid[part.party], f"{part.party}: beyond its stake")
        for part in body.payees:
            self.received[part.party] += part.amount
        private = sum(a - self.used[p] for p, a in self.paid.items() if p not in self.public)
        touched = any(part.amount for part in body.draws if part.party in self.public)
        self.require("public_last", not touched or private == 0, f"private stakes still hold {private}")
        spent = sum(self.used[party] for party in self.paid if party not in self.public)
        for party in self.paid.keys() - self.public:
            exact = Fraction(spent * self.paid[party], spent + private)
            self.require("share", abs(self.used[party] - exact) < 1, f"{party}: {self.used[party]} drawn")
        self.draws.append(body)
        self.settle_kind(body.deliveries)

    def settle_kind(self, deliveries: tuple[facts.Delivery, ...]) -> None:
        for d in deliveries:
            self.kind[d.party, str(d.unit)] -= d.quantity
            self.require("limit", self.kind[d.party, str(d.unit)] >= 0, f"{d.party}: more in kind than promised")

    def on_amended(self, body: e.Amended) -> None:
        self.proposal = body.proposal

    def on_stopped(self, body: e.Stopped) -> None:
        spent = sum(self.used.values())
        borne = {part.party: part.amount for part in body.borne}
        self.require("sum", sum(borne.values()) == spent, f"{sum(borne.values())} borne of {spent} spent")
        for part in body.refunds:
            self.refunded[part.party] += part.amount
        for party, amount in self.paid.items():
            whole = borne.get(party, 0) + self.refunded[party]
            self.require("sum", whole == amount, f"{party}: {whole} borne and given back of {amount}")
        if not self.proposal.losses:
            total = sum(self.paid.values())
            for party, amount in self.paid.items():
                exact = Fraction(spent * amount, total)
                self.require("share", abs(borne.get(party, 0) - exact) < 1, f"{party} bears {borne.get(party)}")
        self.used = Counter(borne)
        self.end_kind(body.undelivered)

    def on_completed(self, body: e.Completed) -> None:
        self.require("sum", self.used == self.paid, "completed with money left")
        self.end_kind(body.undelivered)

    def end_kind(self, undelivered: tuple[facts.Delivery, ...]) -> None:
        self.settle_kind(undelivered)
        self.require("sum", not any(self.kind.values()), "promises in kind left open")

    def on_earned(self, body: e.Earned) -> None:
        self.require("sum", sum(part.amount for part in body.parts) == body.amount, "income not split whole")
        for part in body.parts:
            self.earned[part.party] += part.amount
        self.income[body.id] = body.amount
        self.check_shares()

    def on_corrected(self, body: e.Corrected) -> None:
        self.require("order", body.income in self.income, f"no income {body.income}")
        self.income[body.income] = body.amount
        self.earned = Counter({part.party: part.amount for part in body.earned})
        whole = sum(self.income.values())
        self.require("sum", sum(self.earned.values()) == whole, "income not split whole after a correction")
        self.check_shares()

    def check_shares(self) -> None:
        total = sum(self.earned.values())
        for share in self.proposal.income:
            exact = Fraction(share.value) * total / 100
            self.require(
                "share", abs(self.earned[share.party] - exact) < 1, f"{share.party}: {self.earned[share.party]}"
            )


def _compare(audit: _Audit, lines: list[Record]) -> Iterator[Finding]:
    """Hold the books against the log, account by account, reading the account names only."""
    prefix = f"research:{audit.id}:"
    ours = [r for r in lines if r.debit.startswith(prefix) or r.credit.startswith(prefix)]
    said: Counter[str] = Counter()
    for party in audit.parties:
        code = party.uscc.code
        said[f"{prefix}stake:{code}"] = audit.paid[code] - audit.used[code] - audit.refunded[code]
        yield from _compare_flows(audit, ours, prefix, code)
    for accepted in audit.draws:
        memo = accepted.milestone
        logged = {f"{prefix}stake:{part.party}": part.amount for part in accepted.draws if part.amount}
        booked = {r.debit: r.posted for r in ours if r.transfer.memo == memo and r.credit == f"{prefix}work"}
        if logged != booked:
            yield Finding("ledger", 0, f"{memo}: drawn {booked}, log says {logged}")
    balance: Counter[str] = Counter()
    for r in ours:
        balance[r.debit] -= r.posted
        balance[r.credit] += r.posted
    for (code, unit), owed in audit.kind.items():
        said[f"{prefix}promise:{code}:{unit}"] = -owed
    for account, amount in balance.items():
        memorandum = ":effort:" in account or ":used:" in account
        if account.startswith(prefix) and not memorandum and amount != said[account]:
            yield Finding("ledger", 0, f"{account}: {amount}, log says {said[account]}")
    reserved = sum(p.quantity for p in audit.pledged.values()) if audit.phase <= _SIGNING else 0
    held = sum(r.pending for r in ours)
    if held != reserved:
        yield Finding("ledger", 0, f"{held} reserved, log says {reserved}")
    paid, used, back = (sum(c.values()) for c in (audit.paid, audit.used, audit.refunded))
    left = sum(amount for account, amount in balance.items() if account.startswith(f"{prefix}stake:"))
    if paid != used + back + left or (audit.phase in (_COMPLETED, _STOPPED) and left):
        yield Finding("sum", 0, f"paid in {paid}, used {used}, given back {back}, remaining {left}")


def _compare_flows(audit: _Audit, ours: list[Record], prefix: str, code: str) -> Iterator[Finding]:
    stake, due = f"{prefix}stake:{code}", f"{prefix}due:{code}"
    came = sum(r.posted for r in ours if r.credit == stake and not r.debit.startswith(prefix))
    went = sum(r.posted for r in ours if r.debit == stake and not r.credit.startswith(prefix))
    # What came over the clearing accounts, less what went back over them: income that was corrected.
    received = sum(r.posted for r in ours if r.credit == due and r.debit.startswith(prefix))
    received -= sum(r.posted for r in ours if r.debit == due and r.credit.startswith(prefix))
    paid_out = sum(r.posted for r in ours if r.debit == due and not r.credit.startswith(prefix))
    paid_out -= sum(r.posted for r in ours if r.credit == due and not r.debit.startswith(prefix))
    income = 0 if code in audit.public else audit.earned[code]
    for account, what, booked, logged in (
        (stake, "paid in", came, audit.paid[code]),
        (stake, "given back", went, audit.refunded[code]),
        (due, "received", received, audit.received[code] + income),
        (due, "paid out", paid_out, audit.received[code] + income),
    ):
        if booked != logged:
            yield Finding("ledger", 0, f"{account}: {booked} {what}, log says {logged}")
