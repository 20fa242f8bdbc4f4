"""What was answered, bid, scored and declared only ever gains rows."""

from django.db import migrations

from gongzao.web.project import insert_only


class Migration(migrations.Migration):
    dependencies = [("research", "0003_consents_and_revisions")]

    operations = [
        *insert_only.operations("research_bid"),
        *insert_only.operations("research_draftconsent"),
        *insert_only.operations("research_draftreply"),
        *insert_only.operations("research_expertrecord"),
        *insert_only.operations("research_fundvote"),
    ]
