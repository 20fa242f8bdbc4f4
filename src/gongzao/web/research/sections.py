"""The sections of a proposal as people fill them in: one description for the pages, the workbook and the reader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from django.utils.translation import gettext_lazy as _

from gongzao.web.research.models import MAX_NAME, Role

Row = dict[str, str]
"""What was typed, by column."""
Typed = Mapping[str, Any]
"""What was typed, by section: one :data:`Row`, or a list of them for a table."""

MAX_ROWS = 100
"""Most rows of a table."""
MAX_CELL = 4000
"""Longest text of a field [characters]."""


class Kind(Enum):
    """How a field is filled in and read."""

    TEXT = auto()
    LONG = auto()
    MONEY = auto()
    DATE = auto()
    TIME = auto()
    PERCENT = auto()
    WHOLE = auto()
    CHOICE = auto()
    USCC = auto()
    PARTY = auto()
    MILESTONE = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a section.

    Parameters
    ----------
    name, label, help
        Name in the data, on the page, and what to write.
    kind
        How it is filled in and read.
    required
        Whether a proposal can do without it.
    choices
        Values with their labels.
    default
        Value of a new row.
    """

    name: str
    label: Any
    kind: Kind = Kind.TEXT
    help: Any = ""
    required: bool = True
    choices: Sequence[tuple[str, Any]] = ()
    default: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A short part of a proposal: single fields, or a table of rows, each identified by the columns of ``key``."""

    name: str
    label: Any
    help: Any
    columns: tuple[Column, ...]
    table: bool = False
    key: tuple[str, ...] = ()

    def filled(self, row: Row) -> bool:
        """Whether anything was typed into a row."""
        return any(row.get(column.name, "") not in ("", column.default) for column in self.columns)


_YES_NO = (("yes", _("是")), ("no", _("否")))
_STAGES = (("1", _("第一阶段（最低目标）")), ("2", _("第二阶段（最优目标）")))
_VOTES = (("heads", _("一家一票")), ("value", _("按出资额")))
_STAGE = Column("stage", _("阶段"), Kind.CHOICE, choices=_STAGES, default="1")

SECTIONS = (
    Section(
        "basics",
        _("基本情况"),
        _("做什么、达到什么指标、什么时候做完。"),
        (
            Column("title", _("项目名称"), help=_("不超过120个字。")),
            Column("content", _("研究内容"), Kind.LONG),
            Column("goals", _("性能指标"), Kind.LONG, _("每行一项，写明数值和检测方法。")),
            Column("start", _("开始日期"), Kind.DATE),
            Column("end", _("结束日期"), Kind.DATE),
        ),
    ),
    Section(
        "parties",
        _("参与单位"),
        _("填统一社会信用代码，名称和是否属于本集群取自企业登记。申报单位不少于两家，其中至少一家是本集群企业。"),
        (
            Column("uscc", _("统一社会信用代码"), Kind.USCC),
            Column("role", _("角色"), Kind.CHOICE, choices=Role.choices, default=Role.FIRM.value),
            Column("applicant", _("申报单位"), Kind.CHOICE, choices=_YES_NO, default="no"),
        ),
        table=True,
    ),
    Section(
        "budget",
        _("预算"),
        _("按费用类别列出现金和实物折价；第二阶段只在达到最优目标时执行。"),
        (
            Column("category", _("费用类别")),
            Column("cash", _("现金"), Kind.MONEY),
            Column("in_kind", _("实物折价"), Kind.MONEY, required=False),
            _STAGE,
        ),
        table=True,
    ),
    Section(
        "tasks",
        _("任务分工"),
        _("每项任务由一家单位承担。"),
        (
            Column("id", _("编号"), help=_("如 T1")),
            Column("title", _("任务")),
            Column("party", _("承担单位"), Kind.PARTY),
        ),
        table=True,
        key=("id",),
    ),
    Section(
        "milestones",
        _("里程碑"),
        _("按完成顺序填写；验收通过才拨付。各阶段金额合计须等于该阶段预算现金。"),
        (
            Column("id", _("编号"), help=_("如 M1")),
            Column("title", _("名称")),
            Column("due", _("提交日期"), Kind.DATE),
            Column("condition", _("验收条件"), Kind.LONG),
            Column("amount", _("拨付金额"), Kind.MONEY),
            _STAGE,
        ),
        table=True,
        key=("id",),
    ),
    Section(
        "payees",
        _("里程碑收款"),
        _("每个里程碑的金额付给谁，合计须等于该里程碑金额。"),
        (
            Column("milestone", _("里程碑"), Kind.MILESTONE),
            Column("party", _("收款单位"), Kind.PARTY),
            Column("amount", _("金额"), Kind.MONEY),
        ),
        table=True,
        key=("milestone", "party"),
    ),
    Section(
        "terms",
        _("众筹安排"),
        _("全有或全无：截止时达不到预算，认缴全部解冻。有第二阶段时须设第二轮截止时间。"),
        (
            Column("opens", _("开始认缴"), Kind.TIME),
            Column("withdraw_until", _("可撤回至"), Kind.TIME),
            Column("deadline", _("认缴截止"), Kind.TIME),
            Column("second_deadline", _("第二轮截止"), Kind.TIME, _("没有第二阶段则不填。"), required=False),
            Column("sign_by", _("签约截止"), Kind.TIME),
        ),
    ),
    Section(
        "support",
        _("公共支持与折价"),
        _("申请公共研究机构出资多少，工时和机时按什么标准折价。"),
        (
            Column("support", _("申请公共支持"), Kind.MONEY, _("不申请填 0。")),
            Column("work_hour", _("每工时折价"), Kind.MONEY),
            Column("machine_hour", _("每机时折价"), Kind.MONEY),
        ),
    ),
    Section(
        "shares",
        _("权属与分配"),
        _("成果权属、收益分配各合计100%。风险分担全部不填则按实际缴款比例分担；要填也须合计100%。"),
        (
            Column("party", _("单位"), Kind.PARTY),
            Column("ownership", _("成果权属（%）"), Kind.PERCENT, required=False),
            Column("income", _("收益分配（%）"), Kind.PERCENT, required=False),
            Column("losses", _("风险分担（%）"), Kind.PERCENT, required=False),
        ),
        table=True,
        key=("party",),
    ),
    Section(
        "rules",
        _("优先权、表决与评审"),
        _("成员优先使用的期限，变更合同和终止项目需要多少同意，每个里程碑几位专家。"),
        (
            Column("priority_days", _("成员优先期（天）"), Kind.WHOLE),
            Column("amending_by", _("变更表决方式"), Kind.CHOICE, choices=_VOTES, default="heads"),
            Column("amending_percent", _("变更所需同意（%）"), Kind.PERCENT, _("大于50，至多100。"), default="100"),
            Column("stopping_by", _("终止表决方式"), Kind.CHOICE, choices=_VOTES, default="value"),
            Column("stopping_percent", _("终止所需同意（%）"), Kind.PERCENT, _("大于50，至多100。"), default="60"),
            Column("reviewers", _("评审专家人数"), Kind.WHOLE, _("奇数。"), default="3"),
        ),
    ),
)
"""All sections in the order in which they are filled in."""

BY_NAME = {section.name: section for section in SECTIONS}

CAMPAIGN = ("parties", "budget", "terms", "support")
"""The sections that an amendment of a signed contract leaves alone."""

MAX_LENGTH = {"title": MAX_NAME, "category": MAX_NAME, "id": 32}
"""Longest text of the columns that take less than :data:`MAX_CELL` [characters]."""


def rows_of(data: Typed, section: Section) -> list[Row]:
    """Return what was typed into a section; single fields are one row."""
    found = data.get(section.name)
    if section.table:
        return list(found or [])
    return [found or {column.name: column.default for column in section.columns}]
