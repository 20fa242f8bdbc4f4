"""What is filed and published: needs, topics, calls."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from gongzao.research.model import MAX_TEXT
from gongzao.web.clusters.models import Cluster, Enterprise
from gongzao.web.research.models import MAX_NAME, Need, Topic

SLUG = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$"
SLUG_HELP = _("1—32个字母、数字或连字符，用作网址和编号，定后不改。")


def dress(form: forms.BaseForm) -> None:
    """Give the fields of a form their looks."""
    for field in form.fields.values():
        if isinstance(field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.HiddenInput):
            continue
        select = isinstance(field.widget, forms.Select)
        field.widget.attrs["class"] = "form-select" if select else "form-control"


def time_field(label: Any, **options: Any) -> forms.DateTimeField:
    """Return a field for a time in China."""
    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
    return forms.DateTimeField(label=label, widget=widget, **options)


class NeedForm(forms.Form):
    """A technical need of a firm."""

    firm: forms.ModelChoiceField[Enterprise] = forms.ModelChoiceField(
        Enterprise.objects.none(), label=_("企业"), empty_label=None
    )
    cluster: forms.ModelChoiceField[Cluster] = forms.ModelChoiceField(
        Cluster.objects.none(), label=_("所属集群"), empty_label=None
    )
    text = forms.CharField(
        label=_("技术需求"),
        max_length=MAX_TEXT,
        help_text=_("用自己的话写：遇到什么问题，希望做到什么程度。只有本企业和集群服务中心、主管部门能看到。"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, firms: Sequence[Enterprise], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["firm"].queryset = Enterprise.objects.filter(pk__in=[f.pk for f in firms])  # type: ignore[attr-defined]
        self.fields["cluster"].queryset = Cluster.objects.filter(enterprises__in=firms).distinct()  # type: ignore[attr-defined]
        dress(self)


class TopicForm(forms.Form):
    """Needs to merge."""

    slug = forms.RegexField(SLUG, label=_("题目标识"), help_text=SLUG_HELP)
    title = forms.CharField(label=_("题目"), max_length=MAX_NAME)
    needs: forms.ModelMultipleChoiceField[Need] = forms.ModelMultipleChoiceField(
        Need.objects.none(), label=_("归并的需求（至少来自两家企业）"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, needs: QuerySet[Need], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["needs"]
        field.queryset = needs
        field.label_from_instance = lambda need: f"{need.enterprise}：{need.text}"
        dress(self)


class CallForm(forms.Form):
    """A call to publish."""

    slug = forms.RegexField(SLUG, label=_("征集标识"), help_text=SLUG_HELP)
    title = forms.CharField(label=_("标题"), max_length=MAX_NAME)
    policy = forms.ChoiceField(label=_("适用政策"))
    topics: forms.ModelMultipleChoiceField[Topic] = forms.ModelMultipleChoiceField(
        Topic.objects.none(), label=_("题目"), widget=forms.CheckboxSelectMultiple
    )
    opens = time_field(_("开始受理"))
    closes = time_field(_("截止受理"))

    def __init__(self, *args: Any, topics: QuerySet[Topic], policies: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topics"].queryset = topics  # type: ignore[attr-defined]
        self.fields["policy"].choices = policies  # type: ignore[attr-defined]
        dress(self)

    def clean(self) -> dict[str, Any]:
        """Refuse a call that closes before it opens."""
        cleaned = super().clean() or {}
        opens, closes = cleaned.get("opens"), cleaned.get("closes")
        if opens and closes and closes <= opens:
            raise ValidationError(_("截止时间须晚于开始时间。"))
        return cleaned
