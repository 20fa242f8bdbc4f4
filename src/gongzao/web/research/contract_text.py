"""The words of a contract: every clause as the Word document prints it, always in Chinese.

A page may be in English; the contract is not, for there is one text only that all sign.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.utils import translation

from gongzao.research import Contract, Proposal, Unit, VoteBy, VoteRule
from gongzao.web.ledger.display import amount
from gongzao.web.research.models import Role

COMMAND = "unzip -p 合同.docx customXml/item1.xml | sed 's/<[^>]*>//g' | base64 -d | sha256sum"
"""How anybody finds the hash in the file; see :func:`gongzao.web.research.contract_document.document`."""

ANNEX = (
    "哈希由全部条款数据（各方、内容、预算、出资、任务、里程碑、比例、表决规则和适用政策）的规范JSON文本计算，"
    "自签约生效起记入平台账本每一笔相关分录的参考号，形如“sha256:哈希”。",
    "条款数据随本文件保存。核对办法一：在平台本项目“合同”页上传本文件。核对办法二：在任意计算机上执行下列命令，"
    "结果应与上列哈希一致；再把条款数据与正文逐项对照。",
)

Row = dict[str, str]


def clauses(contract: Contract, *, synthetic: bool, draft: bool) -> dict[str, Any]:
    """Return everything that the document prints, and the page shows.

    Parameters
    ----------
    contract
        The clauses.
    synthetic
        Whether the project is made up for demonstration.
    draft
        Whether the campaign still runs, so that contributions and hash are not final.
    """
    with translation.override("zh-hans"):
        return {**_head(contract, synthetic, draft), **_clauses(contract), "annex": ANNEX, "command": COMMAND}


def _head(contract: Contract, synthetic: bool, draft: bool) -> dict[str, Any]:
    notes = ["【示例数据】本合同为演示生成，并非真实合同。"] if synthetic else []
    if draft:
        notes.append("【草案】众筹尚未结束，出资、阶段和哈希以众筹结果为准，不得签署。")
    if contract.replaces:
        notes.append(f"【变更】本合同取代哈希为 {contract.replaces} 的合同。")
    proposal = contract.proposal
    return {
        "title": proposal.title,
        "number": proposal.id,
        "sha256": "（草案，尚无）" if draft else contract.sha256,
        "notes": notes,
        "marks": "".join([*(["　示例数据"] if synthetic else []), *(["　草案"] if draft else [])]),
    }


def _clauses(contract: Contract) -> dict[str, Any]:
    p = contract.proposal
    names = {party.id: party.name for party in p.parties}
    return {
        "parties": [
            {
                "n": str(n),
                "name": party.name,
                "code": party.id,
                "role": f"{Role(party.role).label}{'（申报单位）' if party.applicant else ''}",
            }
            for n, party in enumerate(p.parties, 1)
        ],
        "content": _paragraphs(p.content),
        "goals": [f"（{n}）{goal}" for n, goal in enumerate(p.goals, 1)],
        **_budget(contract),
        **_contributions(contract, names),
        "contribution_rules": list(_contribution_rules(contract)),
        "tasks": [{"id": t.id, "title": t.title, "name": names[t.party]} for t in p.tasks],
        "period": f"{_day(p.start)}至{_day(p.end)}",
        "milestones": _milestones(contract, names),
        "work_rules": list(_work_rules(p)),
        "percents": _percents(p, names),
        "losses_total": "100" if p.losses else "按缴款比例",
        "result_rules": list(_result_rules(p)),
        "risk_rules": list(_risk_rules(p)),
        "change_rules": list(_change_rules(p)),
        "policy": list(_policy(contract)),
    }


def _paragraphs(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _day(day: Any) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _percent(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _budget(contract: Contract) -> dict[str, Any]:
    lines = [line for line in contract.proposal.budget if line.stage <= contract.stage]

    def row(name: str, cash: int, kind: int) -> Row:
        return {"name": name, "cash": amount(cash), "kind": amount(kind), "both": amount(cash + kind)}

    return {
        "budget": [row(line.category, line.cash, line.in_kind) for line in lines],
        "budget_total": row("合计", sum(line.cash for line in lines), sum(line.in_kind for line in lines)),
    }


def _contributions(contract: Contract, names: dict[str, str]) -> dict[str, Any]:
    given: Counter[tuple[str, Unit]] = Counter()
    for taken in contract.cash:
        given[taken.party, Unit.CASH] += taken.amount
    for promised in contract.in_kind:
        given[promised.party, promised.unit] += promised.quantity

    def row(name: str, parties: Sequence[str]) -> Row:
        sums = {unit: sum(given[party, unit] for party in parties) for unit in Unit}
        # Valued pledge by pledge, as the project counts them: rounding down a sum may give a fen more.
        worth = sum(contract.proposal.rates.value(d.unit, d.quantity) for d in contract.in_kind if d.party in parties)
        return {
            "name": name,
            "cash": _given(sums[Unit.CASH]),
            "work": _given(sums[Unit.WORK_HOURS]),
            "machine": _given(sums[Unit.MACHINE_HOURS]),
            "material": _given(sums[Unit.MATERIAL]),
            "value": amount(sums[Unit.CASH] + worth),
        }

    return {
        "contributions": [row(name, [party]) for party, name in names.items()],
        "contributed": row("合计", list(names)),
    }


def _given(hundredths: int) -> str:
    return amount(hundredths or None)


def _contribution_rules(contract: Contract) -> Iterator[str]:
    p = contract.proposal
    yield (
        f"实物出资折价：工时每小时{amount(p.rates.work_hour)}元，机时每小时{amount(p.rates.machine_hour)}元，"
        "材料按有凭证的价格。折价只用于计算贡献和表决份额，不发生现金收付。"
    )
    if p.support:
        yield f"其中公共研究机构申请支持金额不超过{amount(p.support)}元，由公共匹配资金列支。"
    yield (
        "现金缴入平台之外的银行监管账户；全部单位签署之时，各方已冻结的认缴按上表收取，多余部分解冻。"
        "平台只记账，不保管资金。"
    )
    if contract.policy.floors is not None:
        yield (
            "众筹期间加入的单位逾期未签的，视为退出，其认缴解冻；其余各方已签的合同以除去该单位后的文本生效，"
            "各方按认缴比例补足，谁都不超过自己的认缴额；其余各方不足最低预算的，全部解冻。"
        )


def _milestones(contract: Contract, names: dict[str, str]) -> list[Row]:
    return [
        {
            "id": m.id,
            "title": m.title,
            "due": f"{m.due:%Y.%m.%d}",
            "condition": m.condition,
            "amount": amount(m.amount),
            "payees": "\n".join(f"{names[part.party]} {amount(part.amount)}" for part in m.payees),
        }
        for m in contract.proposal.milestones
        if m.stage <= contract.stage
    ]


def _work_rules(p: Proposal) -> Iterator[str]:
    yield (
        f"里程碑依次提交并附证明材料。每个里程碑由{p.reviewers}名与各方无利益关系的专家评审，专家以公开种子随机抽取；"
        "过半数同意为通过，过半数否决为不通过，其他情形退回修改。"
    )
    yield "通过后按上表付款。付款先从其他各方的缴款中按缴款比例支取，公共研究机构的部分最后支取。"


def _percents(p: Proposal, names: dict[str, str]) -> list[Row]:
    columns = [{share.party: share.value for share in shares} for shares in (p.ownership, p.income, p.losses)]

    def cell(column: dict[str, Decimal], party: str) -> str:
        return _percent(column[party]) if party in column else "—"

    return [
        {
            "name": name,
            "ownership": cell(columns[0], party),
            "income": cell(columns[1], party),
            "losses": cell(columns[2], party),
        }
        for party, name in names.items()
    ]


def _result_rules(p: Proposal) -> Iterator[str]:
    yield f"第三方申请使用成果时，签约各方可在{p.priority_days}日内以同等条件优先取得许可，逾期无人主张的许可给第三方。"
    yield "成果收益进入监管账户后按上表比例分配，逐笔累计计算，不计尾差损失；公共研究机构所得返回公共匹配资金。"


def _risk_rules(p: Proposal) -> Iterator[str]:
    yield "任一里程碑评审不通过，或者出资各方表决同意终止，项目即告终止，未完成的里程碑不再付款。"
    if p.losses:
        yield (
            "已使用的现金按上表风险分担比例由各方承担，任何一方不超过其缴款，超出部分由其余列明的各方按比例分担，"
            "仍有余额的按缴款比例分担。"
        )
    else:
        yield "已使用的现金由各方按缴款比例承担，任何一方不超过其缴款。"
    yield "未使用的现金退回各方，公共研究机构的部分退回公共匹配资金；已投入的实物由投入方承担。"
    yield f"终止表决：出资各方{_vote(p.stopping)}同意即通过。"


def _change_rules(p: Proposal) -> Iterator[str]:
    yield f"变更须由签约各方表决，{_vote(p.amending)}同意即生效，变更后的合同以新哈希取代原合同。"
    yield "变更不得改动签约各方、经费预算、出资、折价标准，以及已验收和评审中的里程碑。"


def _vote(rule: VoteRule) -> str:
    if rule.percent == 100:
        return "一致"
    measure = "一家一票，" if rule.by is VoteBy.HEADS else "按出资价值计票，"
    return f"{measure}不少于{_percent(rule.percent)}%的票数"


def _policy(contract: Contract) -> Iterator[str]:
    policy, exemption = contract.policy, contract.exemption
    last = f"，至{_day(policy.last)}" if policy.last else ""
    yield f"适用政策：{policy.id}，自{_day(policy.first)}起施行{last}。来源：{policy.source_zh}。"
    yield (
        f"申报单位不少于{policy.minimum_applicants}家；公共支持不超过项目总费用的{_percent(policy.public_percent)}%，"
        f"单个项目不超过{amount(policy.public_limit)}元。"
    )
    if exemption is not None:
        yield (
            f"一事一议：{exemption.decided_by}于{_day(exemption.decided_on)}决定，本项目公共支持不超过总费用的"
            f"{_percent(exemption.public_percent)}%和{amount(exemption.public_limit)}元。理由：{exemption.reason}"
        )
