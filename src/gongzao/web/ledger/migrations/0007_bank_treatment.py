from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from gongzao.web.project import insert_only

KEPT = ("line_id", "bank_account_id", "entry_id", "by", "settled_at", "settled_by_id")


def copy(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Keep the matches that there are; a line's match was its only one."""
    before, after = apps.get_model("ledger", "BankMatchBefore"), apps.get_model("ledger", "BankMatch")
    rows = (after(**row) for row in before.objects.values(*KEPT).order_by("settled_at", "line_id").iterator(2000))
    after.objects.bulk_create(rows, batch_size=500)
    if schema_editor.connection.vendor == "postgresql":  # checks that wait would forbid to alter the table
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def person(**more: Any) -> Any:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, **more
    )


def supervised(**more: Any) -> Any:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, to="ledger.bankaccount", verbose_name="监管账户", **more
    )


def key() -> Any:
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0006_audit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameModel("BankMatch", "BankMatchBefore"),
        migrations.CreateModel(
            name="BankMatch",
            fields=[
                ("id", key()),
                (
                    "line",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="matches",
                        to="ledger.bankline",
                        verbose_name="银行明细",
                    ),
                ),
                ("line_turn", models.PositiveSmallIntegerField(default=0)),
                ("bank_account", supervised(db_index=False, related_name="+")),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bank_matches",
                        to="ledger.entry",
                        verbose_name="分录",
                    ),
                ),
                ("entry_turn", models.PositiveSmallIntegerField(default=0)),
                (
                    "by",
                    models.CharField(
                        choices=[
                            ("end_to_end_id", "端到端标识一致"),
                            ("reference", "流水号一致"),
                            ("amount_and_date", "金额与日期相符"),
                            ("by_hand", "人工核对"),
                        ],
                        max_length=15,
                        verbose_name="依据",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("settled_at", models.DateTimeField(verbose_name="核对时间")),
                ("settled_by", person(null=True, verbose_name="核对人")),
            ],
            options={
                "verbose_name": "核对",
                "verbose_name_plural": "核对",
                "ordering": ["line", "line_turn"],
                "constraints": [
                    models.UniqueConstraint(fields=("line", "line_turn"), name="bank_match_of_a_line"),
                    models.UniqueConstraint(
                        fields=("bank_account", "entry", "entry_turn"), name="bank_match_of_an_entry"
                    ),
                ],
            },
        ),
        migrations.RunPython(copy),
        migrations.DeleteModel("BankMatchBefore"),
        migrations.CreateModel(
            name="BankUnmatch",
            fields=[
                (
                    "match",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="unmatch",
                        serialize=False,
                        to="ledger.bankmatch",
                        verbose_name="核对",
                    ),
                ),
                ("note", models.CharField(max_length=200, verbose_name="说明")),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("by", person(verbose_name="办理人")),
            ],
            options={"verbose_name": "撤销核对", "verbose_name_plural": "撤销核对"},
        ),
        migrations.CreateModel(
            name="BankRemark",
            fields=[
                ("id", key()),
                ("bank_account", supervised(db_index=False, related_name="remarks")),
                (
                    "line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="remarks",
                        to="ledger.bankline",
                        verbose_name="银行明细",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bank_remarks",
                        to="ledger.entry",
                        verbose_name="分录",
                    ),
                ),
                ("text", models.CharField(max_length=200, verbose_name="备注")),
                ("given_to", person(null=True, verbose_name="交办给")),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("by", person(verbose_name="办理人")),
            ],
            options={
                "verbose_name": "差异备注",
                "verbose_name_plural": "差异备注",
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["bank_account", "id"], name="bank_remark_of_an_account")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("entry__isnull", False), ("line__isnull", True)),
                            models.Q(("entry__isnull", True), ("line__isnull", False)),
                            _connector="OR",
                        ),
                        name="bank_remark_on_one_side",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BankHeading",
            fields=[
                ("id", key()),
                ("bank_account", supervised(related_name="headings")),
                ("heading", models.CharField(max_length=200, verbose_name="列名")),
                ("meaning", models.CharField(max_length=15, verbose_name="含义")),
                ("told_at", models.DateTimeField(verbose_name="时间")),
                ("told_by", person(null=True, verbose_name="办理人")),
            ],
            options={"verbose_name": "列名含义", "verbose_name_plural": "列名含义", "ordering": ["pk"]},
        ),
        *insert_only.operations("ledger_bankmatch"),
        *insert_only.operations("ledger_bankunmatch"),
        *insert_only.operations("ledger_bankremark"),
        *insert_only.operations("ledger_bankheading"),
    ]
