"""The log of a project, its evidence and its contracts only ever gain rows."""

from django.db import migrations

from gongzao.web.project import insert_only


class Migration(migrations.Migration):
    dependencies = [("research", "0001_initial")]

    operations = [
        *insert_only.operations("research_event"),
        *insert_only.operations("research_evidence"),
        *insert_only.operations("research_contract"),
    ]
