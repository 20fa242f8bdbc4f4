"""Reporting a figure and uploading a file."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from gongzao.kernel import GongzaoError, Period
from gongzao.kernel.text import MAX_BYTES
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import visible
from gongzao.web.clusters import queries
from gongzao.web.clusters.latest import SUBJECT_KINDS
from gongzao.web.clusters.models import Observation, Source
from gongzao.web.kit.fields import DateField, NumberField, PercentField, as_validation_error


def _dress(form: forms.BaseForm) -> None:
    for field in form.fields.values():
        select = isinstance(field.widget, forms.Select)
        field.widget.attrs["class"] = "form-select" if select else "form-control"


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
            "source",
            "published_on",
            "note",
        ]
        field_classes: ClassVar = {"value": NumberField, "growth_pct": PercentField, "published_on": DateField}
        widgets: ClassVar = {
            "note": forms.Textarea(attrs={"rows": 2}),
            "period": forms.TextInput(attrs={"placeholder": "2025-H1"}),
        }
        help_texts: ClassVar = {
            "period": _("年 2025，半年 2025-H1，季度 2025-Q3，月 2025-07，累计 2025-YTD09。"),
            "scope": _("统计范围，例如 cluster 或 key107；同一口径的数据才能相互比较。"),
            "basis": _("同一口径下有多种算法时填写，一般留空。"),
            "growth_pct": _("照公布的数字填写，不要自行计算。"),
        }

    def __init__(self, *args: Any, visitor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visitor = visitor
        self.previous: Observation | None = None
        self.fields["source"].queryset = visible(Source.objects.order_by("code"), visitor)  # type: ignore[attr-defined]  # a ModelChoiceField
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
        """Look up what is to be corrected, and ask for confirmation."""
        cleaned = super().clean() or {}
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

    def refuse(self, error: GongzaoError) -> None:
        """Show beside its field why the figure was not recorded."""
        broken = {"observation.mixed": "source", "observation.empty": "value"}.get(error.code, error.code)
        named = [part for part in broken.split(".") if part in self.fields]
        self.add_error(named[0] if named else None, as_validation_error(error))


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
