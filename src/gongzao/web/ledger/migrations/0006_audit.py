import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from gongzao.web.project import insert_only


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0005_open_old_accounts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Audit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("lines", models.BigIntegerField(verbose_name="行数")),
                ("hash", models.CharField(max_length=64, verbose_name="链头哈希")),
                ("findings", models.TextField(blank=True, verbose_name="问题")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="核对人",
                    ),
                ),
            ],
            options={
                "verbose_name": "核对",
                "verbose_name_plural": "核对",
                "ordering": ["pk"],
            },
        ),
        *insert_only.operations("ledger_audit"),
    ]
