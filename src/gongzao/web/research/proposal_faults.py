"""Everything that is wrong with a draft: of form, and under the policy; each with its place and what to do."""

from dataclasses import dataclass

from gongzao.kernel import InvalidValue
from gongzao.research import Exemption, PolicyVersion, faults
from gongzao.web.research.proposal_reader import Fault, Reading


@dataclass(frozen=True, slots=True)
class _Rule:
    """Where a fault of the rules is mended (the first section), what it rests on, and what to do."""

    sections: tuple[str, ...]
    en: str
    zh: str


_RULES = {
    "same_uscc": _Rule(("parties",), "Keep one row of it.", "同一代码只能保留一行。"),
    "applicants": _Rule(("parties",), "Mark more parties as applicants.", "请把更多单位标为申报单位。"),
    "no_cluster_firm": _Rule(
        ("parties",),
        "Mark a firm of the cluster as applicant, or ask the service centre to register its membership.",
        "请把一家本集群企业标为申报单位；若它尚未登记为集群成员，请联系服务中心。",
    ),
    "public": _Rule(
        ("parties", "support"),
        "Add one public institute among the parties, or ask for 0.",
        "请在参与单位中列入一家公共研究机构，或把申请支持改为0。",
    ),
    "ownership_split": _Rule(("shares",), "Change the shares in the results.", "请调整成果权属比例。"),
    "income_split": _Rule(("shares",), "Change the shares in the income.", "请调整收益分配比例。"),
    "losses_split": _Rule(
        ("shares",), "Change the shares, or leave all of them empty.", "请调整风险分担比例，或全部不填。"
    ),
    "milestone_sum": _Rule(
        ("milestones", "budget"),
        "Change the milestones' amounts or the budget's cash until both agree.",
        "请调整里程碑金额或预算现金，使两者分毫不差。",
    ),
    "payee_sum": _Rule(
        ("payees", "milestones"),
        "Change the payees' amounts or the milestone's.",
        "请调整收款金额或里程碑金额，使两者相等。",
    ),
    "stages": _Rule(
        ("milestones", "terms"),
        "Put stage 2 last, and set a second deadline exactly if there is a stage 2.",
        "请把第二阶段排在最后；有第二阶段才设第二轮截止时间。",
    ),
    "period": _Rule(("basics",), "Change the dates.", "请改正起止日期。"),
    "reviewers": _Rule(("rules",), "Choose 1, 3, 5 …", "请填1、3、5等奇数。"),
    "support_share": _Rule(
        ("support", "budget"), "Ask for less, or raise the other parts.", "请降低申请额，或增加其他出资。"
    ),
    "support_limit": _Rule(("support",), "Ask for less.", "请降低申请额。"),
}
_BY_POLICY = ("support_share", "support_limit", "applicants")


def check(
    reading: Reading, policy: PolicyVersion, names: tuple[str, str], exemption: Exemption | None = None
) -> tuple[Fault, ...]:
    """Return every fault of a draft; rules that rest on what cannot be read yet are left for later.

    Parameters
    ----------
    reading
        The draft as read.
    policy, names
        The policy version, and the policy's name in English and in Chinese.
    exemption
        A recorded decision beyond the limits of support.
    """
    broken = {fault.section for fault in reading.faults}
    found = list(reading.faults)
    for error in faults(reading.proposal, policy, exemption):
        fault = _place(error, policy, names)
        rule = _RULES.get(error.code.removeprefix("proposal."))
        rests_on = rule.sections if rule else ()
        if not broken or (rule and broken.isdisjoint(rests_on)):
            found.append(fault)
    return tuple(found)


def _place(error: InvalidValue, policy: PolicyVersion, names: tuple[str, str]) -> Fault:
    code = error.code.removeprefix("proposal.")
    rule = _RULES.get(code)
    if rule is None:
        return Fault("basics", error.code, error.en, error.zh)
    en, zh = f"{error.en}. {rule.en}", f"{error.zh}。{rule.zh}"
    if code in _BY_POLICY:
        en += f" ({names[0]}, {policy.id}; source: {policy.source_en})"
        zh += f"（依据：{names[1]} {policy.id}；来源：{policy.source_zh}）"
    return Fault(rule.sections[0], error.code, en, zh)
