"""What is typed on the pages of the matching fund."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzao.kernel import InvalidValue
from gongzao.kernel.numbers import plain
from gongzao.web.kit.fields import Several, TimeField, read_fen
from gongzao.web.research.amounts import AmountForm, amount_field, key_field, positive, scale_field
from gongzao.web.research.display import said
from gongzao.web.research.forms_base import dress
from gongzao.web.research.fund_rounds import MOST_SCORE
from gongzao.web.research.models import MAX_NAME, Draft

MOST_LINES = 2000


class DepositForm(AmountForm):
    """Money that has come into the fund."""

    amount = amount_field(gettext_lazy("拨入金额"))
    scale = scale_field()
    key = key_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class RoundForm(AmountForm):
    """A round to set up."""

    title = forms.CharField(label=gettext_lazy("名称"), max_length=MAX_NAME)
    closes = TimeField(label=gettext_lazy("表决截止"))
    amount = amount_field(gettext_lazy("本轮总额"))
    scale = scale_field()
    drafts: Several[Draft] = Several(
        Draft.objects.none(), label=gettext_lazy("候选项目"), widget=forms.CheckboxSelectMultiple
    )
    parts = forms.CharField(
        label=gettext_lazy("各企业份额"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text=gettext_lazy("每行一家：统一社会信用代码、空格、份额（元）。可以各不相同，合计须正好等于总额。"),
    )
    key = key_field()

    def __init__(self, *args: Any, drafts: QuerySet[Draft], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["drafts"].queryset = drafts  # type: ignore[attr-defined]
        dress(self)

    def clean_parts(self) -> dict[str, int]:
        """Read the parts line by line."""
        found: dict[str, int] = {}
        lines = [line.split("#")[0].strip() for line in self.cleaned_data["parts"].splitlines()]
        for n, line in enumerate(lines[: MOST_LINES + 1], 1):
            if not line:
                continue
            words = re.split(r"[\s\t]+", line)
            if len(words) != 2:
                raise ValidationError(_("第%(n)s行：应为“信用代码 金额”。") % {"n": n})
            code = plain(words[0]).upper()
            if code in found:
                raise ValidationError(_("第%(n)s行：同一企业重复。") % {"n": n})
            try:
                found[code] = positive(read_fen(words[1]))
            except InvalidValue as error:
                raise ValidationError(_("第%(n)s行：%(why)s") % {"n": n, "why": said(error)}) from None
        if len(lines) > MOST_LINES:
            raise ValidationError(_("最多%(n)s行。") % {"n": MOST_LINES})
        return found


class ScoreForm(forms.Form):
    """The scores of one firm for all candidates."""

    party = forms.CharField(widget=forms.HiddenInput, max_length=32)

    def __init__(self, *args: Any, drafts: list[Draft], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.drafts = drafts
        scores = [(n, str(n)) for n in range(MOST_SCORE + 1)]
        for draft in drafts:
            self.fields[f"score-{draft.pk}"] = forms.TypedChoiceField(label=str(draft), choices=scores, coerce=int)
        dress(self)

    @property
    def scores(self) -> dict[str, int]:
        """The scores by the candidates' slugs."""
        return {draft.slug: self.cleaned_data[f"score-{draft.pk}"] for draft in self.drafts}
