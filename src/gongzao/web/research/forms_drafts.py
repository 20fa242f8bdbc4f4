"""The sections of a draft as forms. They take whatever is typed: what is wrong is named beside it, not refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gongzao.research import VoteBy
from gongzao.research.model import MAX_TEXT
from gongzao.web.research.models import MAX_NAME, Role

Label = Any  # a text, or one that is translated when it is shown
MOST_ROWS = 60
"""Rows of a table that a draft keeps."""
SHORT = 200


@dataclass(frozen=True, slots=True)
class Column:
    """A field: how it is named, what stands below it, and of what kind it is."""

    name: str
    label: Label
    kind: str = "text"
    help: Label = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A step of the form: single fields, and tables by name."""

    name: str
    title: Label
    lead: Label
    fields: tuple[Column, ...] = ()
    tables: tuple[tuple[str, Label, tuple[Column, ...]], ...] = ()


_STAGE = Column("stage", _("档"), "stage")
SECTIONS = (
    Section(
        "basics",
        _("题目与目标"),
        _("研究什么，做到什么程度，什么时候完成。"),
        (
            Column("title", _("项目名称")),
            Column("content", _("研究内容"), "area"),
            Column("goals", _("性能指标"), "area", _("每行一项，写明可检验的数值。")),
            Column("start", _("开始日期"), "date"),
            Column("end", _("结束日期"), "date"),
        ),
    ),
    Section(
        "parties",
        _("参与单位"),
        _("至少两家申报单位，其中一家是本集群企业；高校、院所、上下游、平台和社会力量均可参加。"),
        (),
        (
            (
                "parties",
                _("参与单位"),
                (
                    Column("uscc", _("统一社会信用代码")),
                    Column("name", _("名称"), "text", _("可留空，取登记名称。")),
                    Column("role", _("角色"), "role"),
                    Column("applicant", _("申报单位"), "check"),
                ),
            ),
        ),
    ),
    Section(
        "budget",
        _("预算"),
        _("现金由众筹解决，实物按约定单价折算。第二档只在达到最优目标时执行。"),
        (),
        (
            (
                "budget",
                _("预算科目"),
                (
                    Column("category", _("科目")),
                    Column("cash", _("现金（元）"), "money"),
                    Column("in_kind", _("实物折价（元）"), "money"),
                    _STAGE,
                ),
            ),
        ),
    ),
    Section(
        "tasks",
        _("任务分工"),
        _("谁做什么。"),
        (),
        (("tasks", _("任务"), (Column("title", _("任务")), Column("party", _("承担单位"), "party"))),),
    ),
    Section(
        "milestones",
        _("里程碑"),
        _("每一步交什么、怎样算合格、付多少、付给谁。金额合计等于现金预算。"),
        (),
        (
            (
                "milestones",
                _("里程碑"),
                (
                    Column("title", _("名称")),
                    Column("due", _("应交日期"), "date"),
                    Column("condition", _("验收条件"), "area"),
                    Column("amount", _("拨付（元）"), "money"),
                    _STAGE,
                ),
            ),
            (
                "payees",
                _("拨付给谁"),
                (
                    Column("milestone", _("里程碑"), "milestone"),
                    Column("party", _("收款单位"), "party"),
                    Column("amount", _("金额（元）"), "money"),
                ),
            ),
        ),
    ),
    Section(
        "campaign",
        _("众筹条款"),
        _("什么时候认缴、撤回和签约；实物怎样折价；申请多少公共支持。时间为北京时间。"),
        (
            Column("opens", _("开始认缴"), "time"),
            Column("withdraw_until", _("可撤回至"), "time"),
            Column("deadline", _("认缴截止"), "time"),
            Column("second_deadline", _("第二轮截止"), "time", _("不设第二轮则留空。")),
            Column("sign_by", _("签约截止"), "time"),
            Column("work_hour", _("人员工时单价（元/小时）"), "money"),
            Column("machine_hour", _("设备机时单价（元/小时）"), "money"),
            Column("support", _("申请公共支持（元）"), "money", _("公共研究机构的出资，不超过政策上限；不申请填 0。")),
        ),
    ),
    Section(
        "sharing",
        _("权益与风险"),
        _("成果归谁、收益怎么分、失败怎么担。每列合计 100%；风险一列全空则按缴款比例分担。"),
        (
            Column(
                "priority_days",
                _("优先使用期（天）"),
                "number",
                _("外单位申请许可时，参与单位可在此期限内按同等条件优先取得。"),
            ),
            Column("amending_by", _("合同变更表决"), "vote"),
            Column("amending_percent", _("变更所需同意（%）"), "number"),
            Column("stopping_by", _("终止项目表决"), "vote"),
            Column("stopping_percent", _("终止所需同意（%）"), "number"),
            Column("reviewers", _("评审专家人数"), "number", _("奇数。")),
        ),
        (
            (
                "shares",
                _("比例"),
                (
                    Column("party", _("单位"), "party"),
                    Column("ownership", _("成果权属（%）"), "number"),
                    Column("income", _("收益分配（%）"), "number"),
                    Column("losses", _("风险分担（%）"), "number"),
                ),
            ),
        ),
    ),
)
BY_NAME = {section.name: section for section in SECTIONS}


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen in a draft: its parties, and its milestones."""

    parties: Sequence[tuple[str, str]] = ()
    milestones: Sequence[tuple[str, str]] = ()


def choices_of(data: dict[str, Any]) -> Choices:
    """Return what can be chosen, from the sections as they are typed so far."""
    parties = data.get("parties", {}).get("rows", {}).get("parties", [])
    milestones = data.get("milestones", {}).get("rows", {}).get("milestones", [])
    return Choices(
        [(p["uscc"].strip().upper(), p.get("name") or p["uscc"]) for p in parties if p.get("uscc", "").strip()],
        [(f"M{n}", f"M{n} {m.get('title', '')}") for n, m in enumerate(milestones, start=1)],
    )


def _field(column: Column, choices: Choices) -> forms.Field:
    options: dict[str, Sequence[tuple[str, Label]]] = {
        "role": Role.choices,
        "party": choices.parties,
        "milestone": choices.milestones,
        "stage": [("1", _("第一档")), ("2", _("第二档"))],
        "vote": [(VoteBy.HEADS.value, _("一家一票")), (VoteBy.VALUE.value, _("按出资价值"))],
    }
    kinds = {"date": "date", "time": "datetime-local"}
    css = "form-control"
    widget: forms.Widget
    if column.kind in options:
        blank: list[tuple[str, Label]] = [] if column.kind in ("stage", "vote") else [("", "—")]
        widget, css = forms.Select(choices=[*blank, *options[column.kind]]), "form-select"
    elif column.kind == "check":
        widget, css = forms.CheckboxInput(), "form-check-input"
    elif column.kind == "area":
        widget = forms.Textarea(attrs={"rows": 3})
    else:
        mode = {"inputmode": "decimal"} if column.kind in ("money", "number") else {}
        widget = forms.TextInput(attrs={"type": kinds.get(column.kind, "text"), **mode})
    widget.attrs["class"] = css
    longest = MAX_TEXT if column.kind == "area" else MAX_NAME if column.name == "title" else SHORT
    return forms.CharField(label=column.label, help_text=column.help, required=False, max_length=longest, widget=widget)


def _form_class(columns: Sequence[Column], choices: Choices) -> type[forms.Form]:
    return type("SectionForm", (forms.Form,), {column.name: _field(column, choices) for column in columns})


class SectionForm:
    """One section bound to what was typed."""

    def __init__(self, section: Section, data: dict[str, Any], request: HttpRequest | None = None) -> None:
        choices = choices_of(data)
        stored = data.get(section.name, {})
        post = request.POST if request else None
        self.section = section
        self.fields = _form_class(section.fields, choices)(post, initial=stored.get("fields", {}), prefix="f")
        self.tables = []
        for name, label, columns in section.tables:
            factory = forms.formset_factory(
                _form_class(columns, choices), extra=0 if stored else 1, can_delete=True, max_num=MOST_ROWS
            )
            rows = stored.get("rows", {}).get(name, [])
            self.tables.append((name, label, factory(post, initial=rows, prefix=name)))

    def is_valid(self) -> bool:
        """Whether the texts can be kept: none is too long, no more rows than are kept."""
        return self.fields.is_valid() and all(table.is_valid() for _name, _label, table in self.tables)

    @property
    def content(self) -> dict[str, Any]:
        """The section to keep; rows without any text are dropped."""
        kept: dict[str, Any] = {}
        if self.section.fields:
            kept["fields"] = dict(self.fields.cleaned_data)
        if self.tables:
            kept["rows"] = {name: [row for row in map(_row, table.forms) if row] for name, _label, table in self.tables}
        return kept


def _row(form: forms.Form) -> dict[str, str]:
    typed = {key: value for key, value in form.cleaned_data.items() if key != "DELETE"}
    if form.cleaned_data.get("DELETE") or not any(v for k, v in typed.items() if k not in ("stage", "applicant")):
        return {}
    if "applicant" in typed:
        typed["applicant"] = "on" if typed["applicant"] in ("True", "on", True) else ""
    return typed


class ReplyForm(forms.Form):
    """An answer to a submitted proposal."""

    reply = forms.CharField(
        label=_("答复"),
        required=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)


class ExemptionForm(forms.Form):
    """A recorded decision that lets one project go beyond the limits of public support."""

    public_percent = forms.DecimalField(label=_("放宽至总费用的（%）"), min_value=0, max_value=100, required=False)
    public_limit = forms.DecimalField(label=_("放宽至（元）"), min_value=0, required=False)
    reason = forms.CharField(label=_("理由"), max_length=SHORT, required=False)
    decided_by = forms.CharField(label=_("决定机构"), max_length=SHORT, required=False)
    decided_on = forms.DateField(
        label=_("决定日期"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"

    def clean(self) -> dict[str, Any]:
        """Ask for all of a decision, or none of it."""
        cleaned = super().clean() or {}
        names = ("public_percent", "public_limit", "reason", "decided_by", "decided_on")
        given = [name for name in names if cleaned.get(name) not in (None, "")]
        for name in set(names) - set(given) if given else ():
            self.add_error(name, _("个案例外须填写完整。"))
        return cleaned
