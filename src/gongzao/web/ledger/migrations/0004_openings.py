"""The opening of an account is a line of the journal, and the guards know it; SQLite's guards are set anew."""

from functools import partial
from importlib import import_module

from django.conf import settings
from django.db import migrations, models

from gongzao.web.project import insert_only

guards = import_module("gongzao.web.ledger.migrations.0002_guards")

KINDS = [
    ("post", "入账"),
    ("pending", "冻结"),
    ("post_pending", "冻结入账"),
    ("void_pending", "撤销冻结"),
    ("expire", "冻结到期"),
    ("open", "开户"),
]
OPENED = """WHEN e.kind = 'open' THEN CASE
                WHEN coalesce(e.debit_id, e.credit_id) IS NOT NULL OR e.unit <> '' OR e.posted <> 0 OR e.pending <> 0
                    OR e.amount <> 0 THEN 'an opening moves nothing'
                WHEN NOT EXISTS (SELECT 1 FROM ledger_account a WHERE a.id = e.asked_debit)
                    THEN 'an opening names an account'
            END
            """
MOVED = "WHEN coalesce(e.debit_id = e.credit_id"  # the first of the conditions on what moves something
UNOPENED = """CASE WHEN NOT EXISTS (SELECT 1 FROM ledger_entry o
    WHERE o.asked_debit = NEW.account_id AND o.kind = 'open' AND o.reason = '') THEN 'an account is opened by an entry'"""
WITHOUT = tuple(trigger for trigger in guards.TRIGGERS if trigger[0] != "ledger_balance_updated")
WITH = tuple(
    (
        name,
        event,
        fault.replace(MOVED, OPENED + MOVED) if name == "ledger_batch_complete" else fault.replace("CASE", UNOPENED, 1),
        *rest,
    )
    for name, event, fault, *rest in WITHOUT
)
TABLES = [
    *(f"ledger_{name}" for name in ("account", "batch", "entry", "balance")),
    *(f"ledger_bank{name}" for name in ("account", "statement", "line", "match")),
    "clusters_observation",
    *(f"research_{name}" for name in ("event", "evidence", "contract")),
]


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0003_bank"),
        ("clusters", "0002_insert_only"),
        ("research", "0002_insert_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField("entry", "kind", models.CharField("类型", max_length=12, choices=KINDS)),
        migrations.AddConstraint(
            "entry",
            models.UniqueConstraint(
                fields=["asked_debit"], name="entry_opens_once", condition=models.Q(kind="open", reason="")
            ),
        ),
        migrations.RunPython(partial(guards.remove, WITHOUT), partial(guards.install, WITHOUT)),
        migrations.RunPython(partial(guards.install, WITH), partial(guards.remove, WITH)),
        *(insert_only.strict(table) for table in TABLES),
    ]
