"""A party named in a proposal takes part only if it agrees to what stands there; asked when it is handed in."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from gongzao.kernel import InvalidValue
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import Visitor, visible
from gongzao.web.clusters.models import Enterprise
from gongzao.web.research.models import Draft, DraftConsent
from gongzao.web.research.proposal_reader import codes
from gongzao.web.research.rights import firms_of, require_member

State = Draft.State


@dataclass(frozen=True, slots=True)
class Answer:
    """What a party named has answered to a draft as it stands: None for nothing yet."""

    code: str
    agreed: bool | None
    reason: str = ""


def content_of(draft: Draft) -> str:
    """Return the hash of what a party agrees to [64 hex digits]: everything typed."""
    text = json.dumps(draft.data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def ask(draft: Draft) -> None:
    """Ask the parties named whether they agree; from now on they may read the draft."""
    draft.named.set(Enterprise.objects.filter(uscc__in=codes(draft.data)))


def answers(draft: Draft) -> list[Answer]:
    """Return what each party named, but the lead, has answered to the draft as it stands."""
    rows = DraftConsent.objects.filter(draft=draft, content=content_of(draft)).order_by("pk")
    given = {row.enterprise_id: row for row in rows}
    found = []
    for firm in draft.named.exclude(pk=draft.lead_id).order_by("uscc"):
        row = given.get(firm.pk)
        found.append(Answer(firm.uscc, row.agreed if row else None, row.reason if row else ""))
    return found


def give(draft: Draft, firm: Enterprise, agreed: bool, reason: str, now: datetime, *, by: User | None) -> DraftConsent:
    """Answer, for a firm named in a draft that is handed in, whether it takes part on these terms.

    Raises
    ------
    InvalidValue
        ``draft.not_named``, ``draft.not_asked`` unless it is handed in, ``draft.reason`` for a refusal without one.
    """
    require_member(by, firm.uscc)
    if not agreed and not reason.strip():
        raise InvalidValue("draft.reason", en="say why not", zh="不同意须说明理由")
    with transaction.atomic():
        row = Draft.objects.select_for_update().get(pk=draft.pk)
        if not row.named.filter(pk=firm.pk).exists():
            raise InvalidValue("draft.not_named", en=f"{firm.uscc} is not named", zh=f"建议书未列 {firm.uscc}")
        if row.state != State.SUBMITTED:
            raise InvalidValue(
                "draft.not_asked", en="the draft is not handed in now", zh="建议书目前不在等待确认的状态"
            )
        if agreed:
            row.members.add(firm)
        else:
            row.members.remove(firm)
        return DraftConsent.objects.create(
            draft=row, enterprise=firm, content=content_of(row), agreed=agreed, reason=reason.strip(), at=now, by=by
        )


def require(draft: Draft) -> None:
    """Refuse to go on while a party named has not agreed (``draft.consent``)."""
    missing = [answer for answer in answers(draft) if not answer.agreed]
    if missing:
        codes_ = "、".join(answer.code for answer in missing)
        raise InvalidValue(
            "draft.consent",
            en=f"these parties have not agreed: {codes_}",
            zh=f"以下参与单位尚未同意：{codes_}",
        )


def waiting(visitor: Visitor) -> list[tuple[Draft, Enterprise]]:
    """Return the drafts handed in on which a firm of the visitor has not answered, with that firm."""
    firms = firms_of(visitor)
    rows = Draft.objects.filter(state=State.SUBMITTED, amends__isnull=True, named__in=firms).distinct()
    found = []
    for row in rows.select_related("lead"):
        open_codes = {answer.code for answer in answers(row) if answer.agreed is None}
        found += [(row, firm) for firm in firms if firm.uscc in open_codes]
    return found


def names_for(visitor: Visitor, draft: Draft) -> dict[str, str]:
    """Return the names, by credit code, of those typed whom the visitor may know of.

    These are the firms he sees anyhow, the lead, and who agreed to take part; a code alone tells nobody's name.
    """
    typed = Enterprise.objects.filter(uscc__in=codes(draft.data))
    known = dict(visible(typed, visitor).values_list("uscc", "name"))
    known |= dict(draft.members.filter(uscc__in=codes(draft.data)).values_list("uscc", "name"))
    return {**known, draft.lead.uscc: draft.lead.name}
