"""Accounts from before openings were lines of the journal get theirs, in one batch at its end."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

from gongzao.ledger import Account, AccountKind, opening
from gongzao.ledger.chain import seal
from gongzao.ledger.example import MARK
from gongzao.ledger.record import Head


def open_old(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    entry, batch, account = (apps.get_model("ledger", name) for name in ("Entry", "Batch", "Account"))
    known = set(entry.objects.filter(kind="open", reason="").values_list("asked_debit", flat=True))
    rows_of = account.objects.select_related("enterprise", "cluster").order_by("opened_at", "pk")
    new = [row for row in rows_of.iterator(2000) if row.pk not in known]
    if not new:
        return
    last = batch.objects.order_by("-seq").first()
    head = Head(last.seq, last.at, last.hash) if last else Head()
    at, end = max(timezone.now(), head.at), head.seq + len(new)
    rows = []
    for row in new:
        value = Account(row.pk, row.owner, AccountKind(row.kind), row.unit, row.minimum, row.maximum, row.name)
        made_up = MARK in row.name or any(place and place.synthetic for place in (row.enterprise, row.cluster))
        asked = opening(value, MARK if made_up else "")
        line = seal(head, at, asked, "", "", "", 0, 0, None)
        head = Head(line.seq, at, line.hash)
        rows.append(
            entry(
                seq=line.seq,
                batch_id=end,
                at=at,
                transfer_id=asked.id,
                kind="open",
                asked_debit=asked.debit,
                amount=0,
                linked=False,
                memo=asked.memo,
                posted=0,
                pending=0,
                previous=line.previous,
                hash=line.hash,
            )
        )
    entry.objects.bulk_create(rows, 500)
    batch.objects.create(seq=end, at=at, hash=head.hash)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_openings")]

    operations = [migrations.RunPython(open_old, migrations.RunPython.noop)]
