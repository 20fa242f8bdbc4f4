"""One made-up project of the demonstration (示例数据): its proposal, and what may happen to it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import BytesIO

from openpyxl import Workbook

from gongzao import research as rules
from gongzao.kernel import Uscc
from gongzao.ledger import Kind, Transfer
from gongzao.research import BANK, FUND, Delivery, Unit, Verdict
from gongzao.web.clusters.models import Enterprise
from gongzao.web.ledger import services as ledger
from gongzao.web.research import calls, consents, drafts, draws, evidence, services, store
from gongzao.web.research.demo_cast import Cast
from gongzao.web.research.models import Draft, Project, Review, Topic
from gongzao.web.research.proposal_form import from_proposal

MARK = "示例数据"


@dataclass
class Story:
    """A project from its needs on; ``deeds`` are what happens to it, each with its time.

    Parameters
    ----------
    cast
        Who takes part.
    title
        Title of topic and project.
    opened
        When it goes, or would go, into its campaign.
    unit
        A tenth of the cash it needs [fen].
    """

    cast: Cast
    title: str
    opened: datetime
    unit: int
    deeds: list[tuple[datetime, Callable[[datetime], object]]] = field(default_factory=list)
    topic: Topic = field(init=False)
    draft: Draft = field(init=False)
    row: Project = field(init=False)

    def on(self, day: float, deed: Callable[[datetime], object]) -> None:
        """Let something happen some days after the opening."""
        self.deeds.append((self.opened + timedelta(days=day), deed))

    def needs(self, now: datetime) -> None:
        """Two firms file much the same need, and it becomes a topic."""
        cast = self.cast
        filed = [
            calls.file_need(firm, cast.cluster, f"{words}{self.title}（{MARK}）", now, by=cast.acts(firm))
            for firm, words in zip(cast.firms[:2], ("希望攻关", "急需解决"), strict=True)
        ]
        self.topic = calls.merge(cast.cluster, filed, f"{self.title}（{MARK}）", now, by=cast.organiser)

    def write(self, now: datetime, sections: int | None = None) -> None:
        """Write the proposal, or its first sections."""
        lead = self.cast.firms[0]
        typed = from_proposal(self.proposal())
        data = {name: typed[name] for name in list(typed)[:sections]}
        self.topic.refresh_from_db()
        self.draft = drafts.start(self.topic, lead, now, by=self.cast.acts(lead), data=data)

    def hand_in(self, now: datetime, silent: int = 0) -> None:
        """Write the whole proposal and submit it; all named agree, but the last ``silent`` of them."""
        self.write(now)
        lead, *others = (self.cast.firms[0], self.cast.institute, self.cast.firms[1], *self.cast.bodies[3:])
        self.draft = drafts.submit(self.draft, self.draft.version, now, by=self.cast.acts(lead))
        for firm in others[: len(others) - silent]:
            consents.give(self.draft, firm, True, "", now, by=self.cast.acts(firm))

    def open(self, now: datetime) -> None:
        """Open the campaign."""
        self.row = drafts.open_project(self.draft, self.draft.version, now, by=self.cast.organiser)

    def proposal(self) -> rules.Proposal:
        """Return the proposal: the first known project's rules with other content and amounts."""
        first, parties = rules.first_project(), self.cast.parties
        code = {old.id: new.id for old, new in zip(first.parties, parties, strict=True)}
        _institute, firm, other, customer, university = (party.id for party in parties)

        def shares(given: tuple[rules.Percent, ...]) -> tuple[rules.Percent, ...]:
            return tuple(rules.Percent(code[share.party], share.value) for share in given)

        day = self.opened.date() + timedelta(days=50)
        plan = (
            ("方案与样机", 90, "样机通过现场测试", 4, other),
            ("中试", 200, "连续运行100小时，指标达标", 3, university),
            ("验证与推广", 320, "用户验证报告", 3, customer),
        )
        milestones = tuple(
            rules.Milestone(
                f"M{n}",
                title,
                self.opened.date() + timedelta(days=due),
                condition,
                tenths * self.unit,
                (
                    rules.Part(firm, tenths * self.unit // 2),
                    rules.Part(party, tenths * self.unit - tenths * self.unit // 2),
                ),
            )
            for n, (title, due, condition, tenths, party) in enumerate(plan, start=1)
        )
        return replace(
            first,
            title=f"{self.title}（{MARK}）",
            parties=parties,
            content=f"{self.title}的工艺、装备与检测共性技术研究（{MARK}）",
            goals=("关键指标达到合同约定的水平（示例）", "形成可在集群内推广的工艺规范（示例）"),
            budget=(
                rules.BudgetLine("设备与改造", 5 * self.unit),
                rules.BudgetLine("材料", 2 * self.unit),
                rules.BudgetLine("测试与人员", 3 * self.unit, in_kind=self.unit // 2),
            ),
            tasks=(
                rules.Task("T1", "组织与装备", firm),
                rules.Task("T2", "工艺", other),
                rules.Task("T3", "检测", university),
                rules.Task("T4", "用户验证", customer),
            ),
            start=day,
            end=self.opened.date() + timedelta(days=320),
            milestones=milestones,
            terms=rules.Terms(
                opens=self.opened,
                withdraw_until=self.opened + timedelta(days=20),
                deadline=self.opened + timedelta(days=30),
                sign_by=self.opened + timedelta(days=50),
            ),
            support=3 * self.unit,
            ownership=shares(first.ownership),
            income=shares(first.income),
        )

    def pledge(self, now: datetime, who: int, unit: Unit, quantity: int) -> None:
        """Let one of the consortium pledge."""
        firm = self.cast.bodies[who]
        name = f"demo-{who}-{unit.value}"
        services.pledge(self.row, name, firm.uscc, unit, quantity, now, by=self.cast.acts(firm))

    def fund(self) -> None:
        """Let the whole consortium pledge over some days."""
        for day, who, tenths in ((1, 1, 3), (2, 2, 2), (6, 3, 2), (9, 0, 3)):
            self.on(day, lambda now, w=who, t=tenths: self.pledge(now, w, Unit.CASH, t * self.unit))  # type: ignore[misc]
        hours = self.unit // 2 * 100 // rules.first_project().rates.work_hour + 100
        self.on(10, lambda now: self.pledge(now, 4, Unit.WORK_HOURS, hours))

    def close(self, now: datetime) -> None:
        """Close the campaign."""
        services.close_round(self.row, now, by=self.cast.organiser)

    def sign(self, now: datetime, who: int) -> None:
        """Let one of the consortium sign the contract."""
        firm, row = self.cast.bodies[who], self.row
        text = rules.contract(store.read(row.pk)).sha256
        services.sign(row, firm.uscc, text, now, by=self.cast.acts(firm))

    def start(self) -> None:
        """Fund the project, close the campaign and let all sign."""
        self.fund()
        self.on(30.5, self.close)
        for who in range(5):
            self.on(33 + who, lambda now, w=who: self.sign(now, w))  # type: ignore[misc]

    def submit(self, now: datetime, milestone: str, hours: int = 0) -> None:
        """Hand in a milestone with a made-up report, and with hours of the university."""
        firm, university = self.cast.firms[0], self.cast.university
        given = [Delivery(university.uscc, Unit.WORK_HOURS, hours)] if hours else []
        file = evidence.File(f"{milestone}-验收报告-{MARK}.xlsx", self.report(milestone))
        evidence.hand_in(self.row, milestone, firm.uscc, [file], given, now, by=self.cast.acts(firm))

    def report(self, milestone: str) -> bytes:
        """Return a made-up report as an Excel file."""
        book = Workbook()
        sheet = book.worksheets[0]
        for line in (
            (f"{self.title} {milestone} 验收报告（{MARK}）",),
            ("指标", "要求", "实测"),
            ("合格率（%）", 95, 97),
        ):
            sheet.append(line)
        file = BytesIO()
        book.save(file)
        return file.getvalue()

    def deposit(self, now: datetime) -> None:
        """Let some public money come in, so that the ledger has a head of this day."""
        name = f"research:demo:{self.row.pk}:{now:%Y%m%d}"
        more = Transfer(name, Kind.POST, BANK, FUND, 1_000_00, "CNY", purpose="公共资金到账", memo=MARK)
        ledger.submit([more], now, by=None)

    def draw(self, now: datetime) -> None:
        """Draw the reviewers."""
        draws.draw(self.row, now, by=self.cast.organiser)

    def ask_join(self, now: datetime, firm: Enterprise) -> None:
        """Let a firm ask to join."""
        services.ask_join(self.row, firm, rules.Role.FIRM, now, by=self.cast.acts(firm))

    def review(self, now: datetime, verdict: Verdict, most: int = 3) -> None:
        """Let the reviewers drawn give the same verdict, or the first of them."""
        reason = "指标达到验收条件（示例）" if verdict is Verdict.ACCEPT else "关键指标未达到验收条件（示例）"
        waiting = Review.objects.filter(project=self.row, done_at=None).select_related("expert__user")
        for row in waiting.order_by("pk")[:most]:
            services.review(self.row, row.expert, verdict, reason, now, by=row.expert.user)

    def milestone(self, day: float, name: str, verdict: Verdict = Verdict.ACCEPT, hours: int = 0) -> None:
        """Hand in a milestone, draw reviewers, and let them agree."""
        self.on(day, lambda now: self.submit(now, name, hours))
        self.on(day + 1, self.deposit)
        self.on(day + 2, self.draw)
        self.on(day + 5, lambda now: self.review(now, verdict))

    def register(self, now: datetime, name: str, kind: rules.ResultKind, title: str) -> None:
        """Register a result."""
        firm = self.cast.firms[0]
        result = rules.Result(name, kind, f"{title}（{MARK}）")
        services.register_result(self.row, firm.uscc, result, now, by=self.cast.acts(firm))

    def ask(self, now: datetime, name: str, result: str, firm: Enterprise, fee: int) -> None:
        """Let a body ask for a licence."""
        request = rules.LicenceRequest(
            name, result, Uscc(firm.uscc), firm.name, exclusive=False, fee=fee, priority_until=now
        )
        services.ask_licence(self.row, request, now, by=self.cast.acts(firm))

    def grant(self, now: datetime, name: str) -> None:
        """Grant a licence after the members' time of priority."""
        services.grant_licence(self.row, name, now, by=self.cast.organiser)

    def earn(self, now: datetime, name: str, result: str, payer: Enterprise, amount: int) -> None:
        """Book income."""
        services.book_income(self.row, name, result, Uscc(payer.uscc), amount, now, by=self.cast.organiser)
