"""The first revision of what is there: scores, replies, entries of the register; parties named have yet to agree."""

from typing import Any

from django.db import migrations
from django.utils import timezone


def forwards(apps: Any, schema_editor: Any) -> None:
    """Write them; who is only named in a draft that is not opened is no member of it."""
    now = timezone.now()
    get = apps.get_model
    for voter in get("research", "FundVoter").objects.filter(voted_at__isnull=False):
        get("research", "FundVote").objects.create(voter=voter, votes=voter.votes, at=voter.voted_at)
    for draft in get("research", "Draft").objects.all():
        if draft.state in ("returned", "declined") and draft.reply:
            get("research", "DraftReply").objects.create(
                draft=draft, state=draft.state, text=draft.reply, at=draft.changed_at, by=draft.changed_by
            )
        if draft.amends_id is None and draft.state != "opened":
            if draft.state == "submitted":
                draft.named.set(draft.members.all())
            draft.members.set([draft.lead])
    for row in get("research", "Expert").objects.select_related("employer", "user"):
        entry = {
            "name": row.name,
            "field": row.field,
            "employer": row.employer.uscc if row.employer else "",
            "account": row.user.username if row.user else "",
            "conflicts": sorted(row.conflicts.values_list("uscc", flat=True)),
            "active": row.active,
        }
        get("research", "ExpertRecord").objects.create(expert=row, before=None, after=entry, at=now)


class Migration(migrations.Migration):
    dependencies = [("research", "0004_revisions_insert_only")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
