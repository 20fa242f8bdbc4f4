"""The history only ever gains rows, whoever writes; it begins with what Django's own log holds."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from gongzao.web.project import insert_only

ACTS = {1: "added", 2: "changed", 3: "removed"}


def take_over(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    change = apps.get_model("kit", "Change")
    change._meta.get_field("at").auto_now_add = False  # what happened then did not happen now
    entries = apps.get_model("admin", "LogEntry").objects.select_related("user", "content_type").order_by("pk")
    rows = (
        change(
            at=entry.action_time,
            user_id=entry.user_id,
            user_name=entry.user.username,
            via="admin",
            act=ACTS[entry.action_flag],
            model=f"{entry.content_type.app_label}.{entry.content_type.model}" if entry.content_type else "",
            key=(entry.object_id or "")[:120],
            title=entry.object_repr,
            reason=entry.change_message[:400],
        )
        for entry in entries.iterator(2000)
    )
    change.objects.bulk_create(rows, batch_size=2000)


class Migration(migrations.Migration):
    dependencies = [
        ("kit", "0001_initial"),
        ("accounts", "0002_kept_users"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]
    operations = [
        *insert_only.operations("kit_change"),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
