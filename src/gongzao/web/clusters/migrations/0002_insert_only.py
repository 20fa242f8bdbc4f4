"""Observations only ever gain rows, whoever writes."""

from django.db import migrations

from gongzao.web.project import insert_only


class Migration(migrations.Migration):
    dependencies = [("clusters", "0001_initial")]
    operations = insert_only.operations("clusters_observation")
