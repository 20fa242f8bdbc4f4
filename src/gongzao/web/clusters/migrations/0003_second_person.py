"""Who wrote and who confirmed a figure, figures that wait for a second person, and figures that were withdrawn."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import gongzao.web.clusters.fields
from gongzao.web.project import insert_only


class Migration(migrations.Migration):
    dependencies = [
        ("clusters", "0002_insert_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="observation",
            name="confirmed_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="确认人",
            ),
        ),
        migrations.AddField(
            model_name="observation",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="填报人",
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="link",
            field=models.URLField(blank=True, max_length=400, verbose_name="网址"),
        ),
        migrations.AlterField(
            model_name="observation",
            name="cluster",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)ss",
                to="clusters.cluster",
                verbose_name="集群",
            ),
        ),
        migrations.AlterField(
            model_name="observation",
            name="enterprise",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)ss",
                to="clusters.enterprise",
                verbose_name="企业",
            ),
        ),
        migrations.AlterField(
            model_name="observation",
            name="indicator",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)ss",
                to="clusters.indicator",
                verbose_name="指标",
            ),
        ),
        migrations.AlterField(
            model_name="observation",
            name="region",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)ss",
                to="clusters.region",
                verbose_name="地区",
            ),
        ),
        migrations.AlterField(
            model_name="observation",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)ss",
                to="clusters.source",
                verbose_name="来源",
            ),
        ),
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "observation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawal",
                        to="clusters.observation",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="withdraws", to="clusters.observation"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("period", gongzao.web.clusters.fields.PeriodField(verbose_name="期间")),
                ("period_end", models.DateField(editable=False, verbose_name="期末")),
                (
                    "value",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=24, null=True, verbose_name="数值"),
                ),
                ("unit", gongzao.web.clusters.fields.UnitField(verbose_name="单位")),
                (
                    "qualifier",
                    models.CharField(
                        choices=[("=", "等于"), ("≈", "约"), (">", "超过"), ("≥", "不少于"), ("<", "不足")],
                        default="=",
                        max_length=1,
                        verbose_name="约数",
                    ),
                ),
                (
                    "growth_pct",
                    models.DecimalField(
                        blank=True, decimal_places=4, max_digits=12, null=True, verbose_name="公布的同比增速（%）"
                    ),
                ),
                ("scope", models.CharField(max_length=60, verbose_name="口径")),
                ("basis", models.CharField(blank=True, max_length=60, verbose_name="计算基础")),
                ("published_on", models.DateField(blank=True, null=True, verbose_name="发布日期")),
                ("confidence", models.CharField(blank=True, max_length=4, verbose_name="可信度")),
                ("revision", models.PositiveIntegerField(default=0, verbose_name="修订次数")),
                ("note", models.CharField(blank=True, max_length=400, verbose_name="说明")),
                ("withdrawal", models.BooleanField(default=False, verbose_name="撤回")),
                ("made_at", models.DateTimeField(auto_now_add=True, verbose_name="提交时间")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="确认时间")),
                ("accepted", models.BooleanField(null=True, verbose_name="通过")),
                ("reason", models.CharField(blank=True, max_length=400, verbose_name="退回原因")),
                (
                    "cluster",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="clusters.cluster",
                        verbose_name="集群",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="确认人",
                    ),
                ),
                (
                    "enterprise",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="clusters.enterprise",
                        verbose_name="企业",
                    ),
                ),
                (
                    "indicator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="clusters.indicator",
                        verbose_name="指标",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="填报人",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="clusters.region",
                        verbose_name="地区",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="clusters.source",
                        verbose_name="来源",
                    ),
                ),
            ],
            options={
                "verbose_name": "待确认数据",
                "verbose_name_plural": "待确认数据",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accepted__isnull", True), ("decided_by__isnull", True)),
                            models.Q(("accepted", False), ("decided_by__isnull", False)),
                            models.Q(
                                ("accepted", True),
                                ("decided_by__isnull", False),
                                models.Q(("decided_by", models.F("made_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="draft_is_decided_by_a_second_person",
                    )
                ],
            },
        ),
        *insert_only.operations("clusters_withdrawal"),
    ]
