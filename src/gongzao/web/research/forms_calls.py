"""Forms of needs, topics and calls."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from gongzao.research.model import MAX_TEXT
from gongzao.web.clusters.models import Membership
from gongzao.web.kit.fields import One, Several, TimeField
from gongzao.web.research import policies
from gongzao.web.research.forms_base import choose, dress
from gongzao.web.research.models import MAX_NAME, Need, Topic


class _Places(One[Membership]):
    def label_from_instance(self, row: Membership) -> str:
        return f"{row.enterprise} · {row.cluster}"


class NeedForm(forms.Form):
    """What a firm needs."""

    place = _Places(
        Membership.objects.none(),
        label=_("企业和集群"),
        empty_label=None,
    )
    text = forms.CharField(
        label=_("技术需求"),
        max_length=MAX_TEXT,
        help_text=_(
            "用自己的话写：什么工序、什么材料、现在做到什么水平、想达到什么水平。只有本企业和集群服务中心可见。"
        ),
        widget=forms.Textarea({"rows": 5}),
    )

    def __init__(self, *args: Any, places: QuerySet[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].queryset = places  # type: ignore[attr-defined]  # a ModelChoiceField
        dress(self)


class _Needs(Several[Need]):
    def label_from_instance(self, row: Need) -> str:
        return f"{row.enterprise}：{row.text}"


class TopicForm(forms.Form):
    """Needs that are one common problem."""

    title = forms.CharField(label=_("题目"), max_length=MAX_NAME)
    needs = _Needs(Need.objects.none(), label=_("技术需求"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, needs: QuerySet[Need], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["needs"].queryset = needs  # type: ignore[attr-defined]  # a ModelMultipleChoiceField
        dress(self)


class _Topics(Several[Topic]):
    def label_from_instance(self, row: Topic) -> str:
        return row.title


class CallForm(forms.Form):
    """A call to publish."""

    title = forms.CharField(label=_("标题"), max_length=MAX_NAME)
    topics = _Topics(Topic.objects.none(), label=_("题目"), widget=forms.CheckboxSelectMultiple)
    policy = forms.ChoiceField(label=_("适用政策"))
    opens = TimeField(label=_("开始受理"))
    closes = TimeField(label=_("截止受理"), help_text=_("北京时间；到时起不再受理新的建议书。"))

    def __init__(self, *args: Any, topics: QuerySet[Topic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topics"].queryset = topics  # type: ignore[attr-defined]  # a ModelMultipleChoiceField
        choose(self, "policy", [(name, policies.name(policy)) for name, policy in policies.policies().items()])
        dress(self)
