"""The first known project as a worked example: published facts, and assumptions marked as such (示例数据)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from gongzao.kernel import Uscc
from gongzao.research.model import (
    BudgetLine,
    Milestone,
    Part,
    Party,
    Percent,
    Proposal,
    Rates,
    Role,
    Task,
    Terms,
    VoteBy,
    VoteRule,
)

# Published (November 2024): subject, the five parties, 2,000,000 yuan in all. Not published, so assumed here: every
# party's role and amount, all dates, milestones, shares and rules. The codes are invented and belong to nobody: no
# administrative area has the number 139900.
INSTITUTE = Party(Uscc("91139900EXAMPLE01Q"), "河北省产业技术研究院", Role.PUBLIC)
WANGDU = Party(Uscc("91139900EXAMPLE02U"), "网都河北科技服务", Role.FIRM, applicant=True, in_cluster=True)
SIKOU = Party(Uscc("91139900EXAMPLE03Y"), "河北丝筘金属制品", Role.FIRM, applicant=True, in_cluster=True)
LIANGPIN = Party(Uscc("91139900EXAMPLE042"), "昆山良品丝印器材", Role.CUSTOMER)
UNIVERSITY = Party(Uscc("91139900EXAMPLE055"), "河北科技大学", Role.UNIVERSITY)


def first_project() -> Proposal:
    """Return the proposal 高目数高精度丝网制造 of the wire-mesh cluster of Anping; see the module's comment."""
    a, b, c, u = (party.id for party in (WANGDU, SIKOU, LIANGPIN, UNIVERSITY))
    return Proposal(
        id="anping-mesh",
        title="高目数高精度丝网制造（示例数据：金额分摊、日期、里程碑与比例均为假设）",
        topic="high-mesh",
        parties=(INSTITUTE, WANGDU, SIKOU, LIANGPIN, UNIVERSITY),
        content="高目数、高精度丝网织造工艺与装备共性技术攻关",
        goals=("目数、精度达到合同约定的指标（示例）",),
        budget=(
            BudgetLine("设备与改造", 900_000_00),
            BudgetLine("材料", 500_000_00),
            BudgetLine("测试与人员", 600_000_00),
        ),
        tasks=(
            Task("T1", "织造装备改造", b),
            Task("T2", "工艺与检测", u),
            Task("T3", "印刷验证", c),
            Task("T4", "组织", a),
        ),
        start=date(2025, 1, 1),
        end=date(2026, 6, 30),
        milestones=(
            Milestone(
                "M1",
                "方案与样机",
                date(2025, 6, 30),
                "样机通过现场测试",
                800_000_00,
                (Part(b, 600_000_00), Part(u, 200_000_00)),
            ),
            Milestone(
                "M2",
                "中试",
                date(2025, 12, 31),
                "连续织造100小时，指标达标",
                700_000_00,
                (Part(b, 400_000_00), Part(u, 300_000_00)),
            ),
            Milestone(
                "M3",
                "验证与推广",
                date(2026, 6, 30),
                "用户验证报告",
                500_000_00,
                (Part(c, 300_000_00), Part(a, 200_000_00)),
            ),
        ),
        terms=Terms(
            opens=datetime(2024, 11, 10, tzinfo=UTC),
            withdraw_until=datetime(2024, 12, 1, tzinfo=UTC),
            deadline=datetime(2024, 12, 10, tzinfo=UTC),
            sign_by=datetime(2024, 12, 31, tzinfo=UTC),
        ),
        rates=Rates(work_hour=120_00, machine_hour=300_00),
        support=600_000_00,
        ownership=tuple(Percent(p, Decimal(s)) for p, s in ((a, 20), (b, 40), (c, 10), (u, 30))),
        income=tuple(Percent(p, Decimal(s)) for p, s in ((INSTITUTE.id, 30), (a, 15), (b, 30), (c, 10), (u, 15))),
        losses=(),
        priority_days=30,
        amending=VoteRule(VoteBy.HEADS, Decimal(100)),
        stopping=VoteRule(VoteBy.VALUE, Decimal(60)),
    )


def two_round_project() -> Proposal:
    """Return the same project with a second round: 500,000 yuan more for a second product (示例数据)."""
    first = first_project()
    more = Milestone(
        "M4", "第二规格", date(2026, 12, 31), "第二规格通过用户验证", 500_000_00, (Part(SIKOU.id, 500_000_00),), stage=2
    )
    return replace(
        first,
        id="anping-mesh-2",
        budget=(*first.budget, BudgetLine("第二规格", 500_000_00, stage=2)),
        milestones=(*first.milestones, more),
        end=date(2026, 12, 31),
        terms=replace(first.terms, second_deadline=datetime(2024, 12, 20, tzinfo=UTC)),
    )
