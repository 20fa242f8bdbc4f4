"""Reporting a figure and uploading a file."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from gongzao.kernel import GongzaoError, Period
from gongzao.kernel.text import MAX_BYTES
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import visible
from gongzao.web.clusters import queries, services
from gongzao.web.clusters.latest import SUBJECT_KINDS
from gongzao.web.clusters.models import Observation, Source
from gongzao.web.kit.fields import DateField, NumberField, PercentField, as_validation_error


def _dress(form: forms.BaseForm) -> None:
    for field in form.fields.values():
        select = isinstance(field.widget, forms.Select)
        field.widget.attrs["class"] = "form-select" if select else "form-control"


NEW_SOURCE = ("new_title", "new_publisher", "new_published_on", "new_link")


class RecordForm(forms.ModelForm[Observation]):
    """One figure; a correction of a published one has to be confirmed, and becomes its next revision.

    Attributes
    ----------
    previous
        The newest revision of the same figure, once enough is filled in to know which figure it is.
    """

    subject = forms.CharField(
        label=_("对象"),
        max_length=160,
        help_text=_("输入名称、统一社会信用代码或行政区划代码，从列表中选择。"),
        widget=forms.TextInput(attrs={"list": "subjects", "autocomplete": "off"}),
    )
    confirmed = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    new_title = forms.CharField(label=_("新来源：标题"), required=False, max_length=240)
    new_publisher = forms.CharField(label=_("新来源：发布者"), required=False, max_length=120)
    new_published_on = DateField(label=_("新来源：发布日期"), required=False)
    new_link = forms.URLField(label=_("新来源：网址"), required=False, max_length=400, assume_scheme="https")

    class Meta:
        model = Observation
        fields: ClassVar = [
            "subject",
            "indicator",
            "period",
            "scope",
            "basis",
            "value",
            "unit",
            "qualifier",
            "growth_pct",
            "published_on",
            "source",
            "new_title",
            "new_publisher",
            "new_published_on",
            "new_link",
            "note",
        ]
        field_classes: ClassVar = {"value": NumberField, "growth_pct": PercentField, "published_on": DateField}
        widgets: ClassVar = {
            "note": forms.Textarea(attrs={"rows": 2}),
            "period": forms.TextInput(attrs={"placeholder": "2025-H1"}),
            "scope": forms.TextInput(attrs={"list": "scopes", "autocomplete": "off"}),
        }
        help_texts: ClassVar = {
            "period": _("年 2025，半年 2025-H1，季度 2025-Q3，月 2025-07，累计 2025-YTD09。"),
            "scope": _("统计范围，从列表中选择；同一口径的数据才能相互比较。"),
            "source": _("列表中没有的，请在下面填写新来源。"),
            "basis": _("同一口径下有多种算法时填写，一般留空。"),
            "growth_pct": _("照公布的数字填写，不要自行计算。"),
        }

    def __init__(self, *args: Any, visitor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visitor = visitor
        self.previous: Observation | None = None
        self.fields["source"].queryset = visible(Source.objects.order_by("code"), visitor)  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["source"].required = False  # a new one can be given instead
        _dress(self)

    def clean_period(self) -> Period:
        """Return the period; the rule stands in the error."""
        try:
            return Period.parse(str(self.cleaned_data["period"]))
        except GongzaoError as error:
            raise as_validation_error(error) from None

    def clean_subject(self) -> str:
        """Find the one subject that is meant among those the visitor may report for."""
        text = self.cleaned_data["subject"].strip()
        found = queries.named_subjects(self.visitor, text)
        if not found:
            raise ValidationError(_("在您可填报的范围内没有“%(text)s”。"), params={"text": text})
        if len(found) > 1:
            names = str(_("、")).join(queries.reference(row) for row in found)
            raise ValidationError(_("有多个对象叫这个名称，请选其一：%(names)s"), params={"names": names})
        for kind in SUBJECT_KINDS:
            setattr(self.instance, kind, found[0] if queries.reference(found[0]).startswith(kind) else None)
        return queries.reference(found[0])

    def clean(self) -> dict[str, Any]:
        """Look up what is to be corrected and ask for confirmation; one source is needed, known or new."""
        cleaned = super().clean() or {}
        self._clean_source(cleaned)
        if all(cleaned.get(name) for name in ("subject", "indicator", "period", "scope")):
            for name in ("indicator", "period", "scope"):
                setattr(self.instance, name, cleaned[name])
            self.instance.basis = cleaned.get("basis") or ""
            revisions = queries.history(self.visitor, self.instance)
            self.previous = revisions[-1] if revisions else None
        self.instance.revision = self.previous.revision + 1 if self.previous else 0
        if self.previous and cleaned.get("confirmed") != self.previous.revision:
            self.add_error(None, _("这项数据已经登记过。请核对下面的上一次修订；确认更正请再次保存。"))
        return cleaned

    def _clean_source(self, cleaned: dict[str, Any]) -> None:
        new = [cleaned.get(name) for name in NEW_SOURCE]
        if cleaned.get("source") and any(new):
            self.add_error("source", _("来源请选择一个已有的，或填写新来源，二者选一。"))
        elif not cleaned.get("source") and not any(new) and not self.errors.keys() & {"source", *NEW_SOURCE}:
            self.add_error("source", _("请选择来源，或填写新来源。"))
        elif any(new):
            for name in NEW_SOURCE[:3]:
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("新来源须填写标题、发布者和发布日期。"))
            if (day := cleaned.get("new_published_on")) and day > timezone.localdate():
                self.add_error("new_published_on", _("发布日期晚于今天。"))

    def add_source(self, by: User) -> None:
        """Register the new source, if one is given, and let the figure come from it."""
        if self.cleaned_data["new_title"]:
            given = {name.removeprefix("new_"): self.cleaned_data[name] for name in NEW_SOURCE}
            made_up = getattr(self.instance.subject, "synthetic", False)
            self.instance.source = services.add_source(**given, synthetic=made_up, by=by)

    def refuse(self, error: GongzaoError) -> None:
        """Show beside its field why the figure was not recorded."""
        broken = {"observation.mixed": "source", "observation.empty": "value"}.get(error.code, error.code)
        named = [part for part in broken.split(".") if part in self.fields]
        self.add_error(named[0] if named else None, as_validation_error(error))


class ReasonForm(forms.Form):
    """Why a figure is withdrawn or sent back."""

    reason = forms.CharField(label=_("原因"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)


KINDS = [("observations", _("数据（地区、集群、企业的指标数值）")), ("enterprises", _("企业名录"))]


class UploadForm(forms.Form):
    """A file of figures or of firms."""

    kind = forms.ChoiceField(label=_("内容"), choices=KINDS)
    file = forms.FileField(
        label=_("文件"),
        help_text=format_lazy(
            _("Excel（.xlsx）或 CSV，不超过 {size} MB。可把文件拖到这里。"), size=MAX_BYTES // 1024**2
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)
