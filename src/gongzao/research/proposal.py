"""What is wrong with a proposal: incomplete, inconsistent, or outside the policy."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from gongzao.kernel import Money
from gongzao.research.errors import InvalidProposal
from gongzao.research.model import Percent, Proposal, Role
from gongzao.research.policy import Exemption, PolicyVersion


def faults(
    proposal: Proposal, policy: PolicyVersion, exemption: Exemption | None = None
) -> tuple[InvalidProposal, ...]:
    """Return everything that is wrong with a proposal under a policy; empty if it may be opened.

    Parameters
    ----------
    proposal
        The proposal.
    policy
        The version in force on the day it is handed in.
    exemption
        A recorded decision that lets this one project go beyond the limits of public support.
    """
    found = [*_texts(proposal), *_parties(proposal, policy), *_names(proposal), *_shares(proposal), *_money(proposal)]
    if proposal.end < proposal.start:
        found.append(_fault("period", f"ends {proposal.end} before it starts {proposal.start}", "结束日期早于开始日期"))
    if proposal.reviewers < 1 or proposal.reviewers % 2 == 0:
        found.append(
            _fault(
                "reviewers",
                f"an odd number of reviewers is needed, got {proposal.reviewers}",
                f"评审专家人数须为奇数，收到 {proposal.reviewers}",
            )
        )
    return (*found, *_support(proposal, policy, exemption))


def _fault(rule: str, en: str, zh: str) -> InvalidProposal:
    return InvalidProposal(f"proposal.{rule}", en=en, zh=zh)


def _texts(p: Proposal) -> Iterator[InvalidProposal]:
    for name, zh, given in (
        ("title", "题目", p.title),
        ("topic", "对应的共性技术需求", p.topic),
        ("content", "研究内容", p.content),
        ("goals", "性能指标", p.goals),
        ("budget", "预算", p.budget),
        ("tasks", "任务分工", p.tasks),
        ("milestones", "里程碑", p.milestones),
    ):
        if not given:
            yield _fault("missing", f"{name} is missing", f"缺少{zh}")


def _parties(p: Proposal, policy: PolicyVersion) -> Iterator[InvalidProposal]:
    for code, times in Counter(party.id for party in p.parties).items():
        if times > 1:
            names = "、".join(party.name for party in p.parties if party.id == code)
            yield _fault(
                "same_uscc",
                f"one organisation takes part {times} times: {code} ({names})",
                f"同一单位重复参加：统一社会信用代码 {code}（{names}）",
            )
    applicants = {party.id for party in p.parties if party.applicant}
    if len(applicants) < policy.minimum_applicants:
        yield _fault(
            "applicants",
            f"at least {policy.minimum_applicants} applicants are needed, got {len(applicants)}",
            f"申报单位不少于{policy.minimum_applicants}家，现有{len(applicants)}家",
        )
    if not any(party.applicant and party.in_cluster and party.role is Role.FIRM for party in p.parties):
        yield _fault("no_cluster_firm", "no applicant is a firm of the cluster", "申报单位中没有本集群企业")
    if sum(party.role is Role.PUBLIC for party in p.parties) > 1:
        yield _fault("public", "only one public institute can support a project", "公共研究机构只能有一家")


def _names(p: Proposal) -> Iterator[InvalidProposal]:
    known = {party.id for party in p.parties}
    named = {
        "tasks": [t.party for t in p.tasks],
        "milestones": [x.party for m in p.milestones for x in m.payees],
        "ownership": [s.party for s in p.ownership],
        "income": [s.party for s in p.income],
        "losses": [s.party for s in p.losses],
    }
    for what, ids in named.items():
        for unknown in sorted(set(ids) - known):
            yield _fault("unknown_party", f"{what}: {unknown} is not a party", f"{what}：{unknown} 不是参与单位")
    for what, ids in (("tasks", [t.id for t in p.tasks]), ("milestones", [m.id for m in p.milestones])):
        for twice in sorted(name for name, times in Counter(ids).items() if times > 1):
            yield _fault("duplicate", f"{what}: {twice} occurs twice", f"{what}：编号 {twice} 重复")


def _shares(p: Proposal) -> Iterator[InvalidProposal]:
    for what, zh, shares in (("ownership", "成果权属", p.ownership), ("income", "收益分配", p.income)):
        yield from _hundred(what, zh, shares)
    if p.losses:
        yield from _hundred("losses", "风险分担", p.losses)


def _hundred(what: str, zh: str, shares: Sequence[Percent]) -> Iterator[InvalidProposal]:
    total = sum((share.value for share in shares), Decimal(0))
    if total != 100:
        yield _fault(
            f"{what}_split", f"{what}: shares add up to {total} %, not 100 %", f"{zh}比例合计 {total}%，须为100%"
        )
    if len({share.party for share in shares}) < len(shares):
        yield _fault("duplicate", f"{what}: a party occurs twice", f"{zh}：同一单位重复")


def _money(p: Proposal) -> Iterator[InvalidProposal]:
    for stage in (1, 2):
        cash = sum(line.cash for line in p.budget if line.stage == stage)
        planned = sum(m.amount for m in p.milestones if m.stage == stage)
        if cash != planned:
            yield _fault(
                "milestone_sum",
                f"milestones of stage {stage} add up to {Money(planned)}, the budget's cash is {Money(cash)}"
                f" (difference {planned - cash} fen)",
                f"第{stage}阶段里程碑金额合计 {Money(planned)}，预算现金 {Money(cash)}（相差 {planned - cash} 分）",
            )
    for m in p.milestones:
        paid = sum(part.amount for part in m.payees)
        if paid != m.amount or len({part.party for part in m.payees}) < len(m.payees):
            yield _fault(
                "payee_sum",
                f"milestone {m.id}: payees (each once) get {Money(paid)} of {Money(m.amount)}",
                f"里程碑 {m.id}：收款单位（各列一次）合计 {Money(paid)}，应为 {Money(m.amount)}",
            )
    stages = [m.stage for m in p.milestones]
    if stages != sorted(stages) or bool(p.terms.second_deadline) != (2 in stages):
        yield _fault(
            "stages",
            "stage 2 comes after stage 1, and needs a second deadline (and the other way round)",
            "第二阶段里程碑须排在第一阶段之后，且与第二轮截止时间同时设定",
        )


def _support(p: Proposal, policy: PolicyVersion, exemption: Exemption | None) -> Iterator[InvalidProposal]:
    if p.support and not any(party.role is Role.PUBLIC for party in p.parties):
        yield _fault(
            "public", "support is asked but no public institute takes part", "申请支持但参与单位中没有公共研究机构"
        )
    share, limit = policy.public_percent, policy.public_limit
    if exemption is not None and policy.exceptions and exemption.project == p.id:
        share, limit = exemption.public_percent, exemption.public_limit
    # The minimum is the smallest total cost the project can have, so the share also holds at the optimum.
    total = p.cash() + p.in_kind()
    if p.support * 100 > total * share:
        yield _fault(
            "support_share",
            f"public support {Money(p.support)} is more than {share} % of the total cost {Money(total)}",
            f"公共支持 {Money(p.support)} 超过总费用 {Money(total)} 的 {share}%",
        )
    if p.support > limit:
        yield _fault(
            "support_limit",
            f"public support {Money(p.support)} is more than {Money(limit)} for one project",
            f"公共支持 {Money(p.support)} 超过单个项目上限 {Money(limit)}",
        )
