"""The history: written once, in the transaction of the act, by whom and from where; nobody in it is ever deleted."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.utils import timezone

from gongzao.web.accounts import services
from gongzao.web.accounts.models import ApiToken, Post, Role, User
from gongzao.web.clusters.models import Cluster, Enterprise, Membership
from gongzao.web.kit import history
from gongzao.web.kit.history import Act, Change
from gongzao.web.kit.history.models import Via

pytestmark = pytest.mark.django_db


def entries(row: Any) -> list[Change]:
    return list(Change.objects.filter(model=row._meta.label_lower, key=str(row.pk)).order_by("pk"))


def rename(firm: Enterprise, name: str, by: User) -> None:
    before = history.snapshot(firm)
    firm.name = name
    firm.save()
    history.record([history.changed(firm, before, reason="更名")], by=by)


def test_an_entry_tells_who_what_when_and_from_what_to_what(world: Any) -> None:
    rename(world.firm_here, "宁晋新名称有限公司", world.users["county"])
    (entry,) = entries(world.firm_here)
    assert (entry.user, entry.user_name, entry.via, entry.reason) == (
        world.users["county"],
        "county",
        "command",
        "更名",
    )
    assert entry.before == {"name": "示例0号有限公司"}
    assert entry.after == {"name": "宁晋新名称有限公司"}
    assert entry.place == world.firm_here.county.path
    assert timezone.now() - entry.at < timedelta(minutes=5)


def test_a_change_of_nothing_leaves_no_entry(world: Any) -> None:
    rename(world.firm_here, world.firm_here.name, world.users["county"])
    assert entries(world.firm_here) == []


def test_numbers_are_compared_by_value_not_by_zeros(world: Any) -> None:
    before = history.snapshot(type(world.figure).objects.get(pk=world.figure.pk))
    assert before["value"] == "330.51"
    assert history.changed(world.figure, before).before == {}


def test_entries_are_never_changed_or_removed_by_anybody(world: Any) -> None:
    rename(world.firm_here, "新名称", world.users["county"])
    (entry,) = entries(world.firm_here)
    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        Change.objects.all().delete()
    for statement in ("UPDATE kit_change SET user_name = 'x'", "DELETE FROM kit_change"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert entries(world.firm_here)[0].user_name == "county"


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_recorded() -> None:
    user = User.objects.create_user("somebody")
    with pytest.raises(transaction.TransactionManagementError):
        history.record([history.added(user)], by=user)


def test_what_is_undone_leaves_no_entry(world: Any) -> None:
    with transaction.atomic():
        rename(world.firm_here, "新名称", world.users["county"])
        transaction.set_rollback(True)
    assert entries(world.firm_here) == []


def test_who_has_acted_is_never_deleted(world: Any) -> None:
    clerk = User.objects.create_user("clerk")
    rename(world.firm_here, "新名称", clerk)
    with pytest.raises(ProtectedError):
        clerk.delete()
    with pytest.raises(ProtectedError):
        world.users["county"].delete()  # has a post
    assert entries(world.firm_here)[0].user == clerk


def test_the_administration_refuses_to_delete_a_user_and_says_what_to_do(world: Any) -> None:
    browser = world.client("superuser")
    address = f"/admin/accounts/user/{world.users['idle'].pk}/"
    answer = browser.post(f"{address}delete/", {"post": "yes"}, follow=True)
    assert "账号不能删除" in answer.content.decode()
    assert "取消“有效”" in browser.get(f"{address}change/").content.decode()
    browser.post(
        "/admin/accounts/user/",
        {"action": "delete_selected", "_selected_action": [world.users["idle"].pk], "post": "yes"},
    )
    assert User.objects.filter(username="idle").exists()


def admin_form(user: User, **changes: Any) -> dict[str, Any]:
    joined = timezone.localtime(user.date_joined)
    plain = {
        "username": user.username,
        "first_name": user.first_name,
        "is_active": "on",
        "date_joined_0": f"{joined:%Y-%m-%d}",
        "date_joined_1": f"{joined:%H:%M:%S}",
        "posts-TOTAL_FORMS": "0",
        "posts-INITIAL_FORMS": "0",
    }
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def test_what_the_administration_does_to_a_user_and_his_posts_is_kept(world: Any) -> None:
    idle = world.users["idle"]
    browser = world.client("superuser")
    given = admin_form(
        idle,
        first_name="王五",
        is_active=None,
        **{
            "posts-TOTAL_FORMS": "1",
            "posts-0-role": "county",
            "posts-0-region": "130528",
            "posts-0-user": str(idle.pk),
        },
    )
    answer = browser.post(f"/admin/accounts/user/{idle.pk}/change/", given, REMOTE_ADDR="10.1.2.3")
    assert answer.status_code == 302, answer.content.decode()
    (entry,) = (row for row in entries(idle) if row.act == Act.CHANGED)
    assert entry.before == {"first_name": "", "is_active": True}
    assert entry.after == {"first_name": "王五", "is_active": False}
    assert (entry.user, entry.via, entry.address) == (world.users["superuser"], Via.ADMIN, "10.1.2.3")
    (made,) = entries(Post.objects.get(user=idle))
    assert (made.act, made.after["region"], made.place) == (Act.ADDED, "130528", "130000/130500/130528/")


def test_permissions_given_in_the_administration_are_kept(world: Any) -> None:
    idle = world.users["idle"]
    permission = Permission.objects.latest("pk").pk
    given = admin_form(idle, user_permissions=[str(permission)])
    world.client("superuser").post(f"/admin/accounts/user/{idle.pk}/change/", given)
    changes = [(e.before, e.after) for e in entries(idle) if e.act == Act.CHANGED]
    assert changes == [({"user_permissions": []}, {"user_permissions": [permission]})]


def test_a_password_is_told_changed_and_never_shown(world: Any) -> None:
    idle = world.users["idle"]
    idle.set_password("correct horse battery")
    idle.save()
    entry = entries(idle)[-1]
    assert (entry.before, entry.after) == ({"password": "•••"}, {"password": "•••"})


def test_rows_of_other_apps_changed_in_the_administration_are_kept_with_what_is_under_them(world: Any) -> None:
    firm = world.firm_there
    member = Membership.objects.get(enterprise=firm)
    browser = world.client("superuser")
    answer = browser.post(f"/admin/clusters/membership/{member.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    (entry,) = Change.objects.filter(model="clusters.membership", key=str(member.pk))
    assert (entry.act, entry.user) == (Act.REMOVED, world.users["superuser"])
    assert entry.before["cluster"] == Cluster.objects.get(slug="demo-mesh").pk


def test_a_save_that_is_no_administration_is_left_to_its_service(world: Any) -> None:
    world.firm_here.save()
    Membership.objects.get(enterprise=world.firm_here).delete()
    assert not Change.objects.filter(model__startswith="clusters.").exists()


def test_tokens_made_and_withdrawn_are_kept_without_what_opens_the_door(world: Any) -> None:
    user = world.users["county"]
    services.create_token(user, "月报", 30)
    token = ApiToken.objects.get()
    assert services.revoke_token(user, token.pk)
    made, gone = entries(token)
    assert (made.act, gone.act) == (Act.ADDED, Act.REMOVED)
    assert made.after["name"] == "月报"
    assert made.after["digest"] == gone.before["digest"] == "•••"


def test_signing_in_and_out_and_failing_is_kept_but_never_a_name_that_is_no_account(db: None) -> None:
    user = User.objects.create_user("somebody", password="correct horse battery")
    browser = Client(REMOTE_ADDR="10.9.8.7")
    for name, password in (("somebody", "wrong"), ("my-secret-password", "x"), ("somebody", "correct horse battery")):
        browser.post("/accounts/login/", {"username": name, "password": password})
    browser.post("/accounts/logout/")
    kept = [(e.act, e.user, e.address) for e in entries(user)[1:]]
    address = "10.9.8.7"
    assert kept == [
        (Act.SIGN_IN_FAILED, None, address),
        (Act.SIGNED_IN, user, address),
        (Act.SIGNED_OUT, user, address),
    ]
    assert not Change.objects.filter(title__contains="my-secret-password").exists()


def test_failures_while_locked_out_do_not_fill_the_table(db: None) -> None:
    user = User.objects.create_user("somebody", password="correct horse battery")
    browser = Client()
    for _ in range(9):
        browser.post("/accounts/login/", {"username": "somebody", "password": "wrong"})
    assert len([e for e in entries(user) if e.act == Act.SIGN_IN_FAILED]) <= 5


def test_the_administrations_own_history_shows_what_services_did(world: Any) -> None:
    rename(world.firm_here, "新名称", world.users["county"])
    entry = LogEntry.objects.get(object_id=str(world.firm_here.pk))
    assert (entry.user, entry.action_flag, entry.change_message) == (world.users["county"], CHANGE, "更名")


def test_what_stood_in_the_old_log_is_taken_over(world: Any) -> None:
    from importlib import import_module

    from django.apps import apps

    kind = ContentType.objects.get_for_model(Enterprise)
    LogEntry.objects.create(
        user=world.users["county"],
        content_type=kind,
        object_id="7",
        object_repr="旧企业",
        action_flag=CHANGE,
        change_message="uploaded",
    )
    LogEntry.objects.update(action_time=timezone.now() - timedelta(days=100))
    field: Any = Change._meta.get_field("at")
    migration = import_module("gongzao.web.kit.migrations.0002_insert_only")
    try:
        migration.take_over(apps, None)
    finally:
        field.auto_now_add = True
    (entry,) = Change.objects.filter(model="clusters.enterprise", key="7")
    assert (entry.act, entry.title, entry.user_name) == (Act.CHANGED, "旧企业", "county")
    assert timezone.now() - entry.at > timedelta(days=99)


def test_entries_of_many_rows_cost_few_queries(world: Any, django_assert_max_num_queries: Any) -> None:
    users = [User(username=f"u{n}") for n in range(300)]
    User.objects.bulk_create(users)
    with django_assert_max_num_queries(8):
        history.record([history.added(user) for user in users], by=world.users["superuser"])
    assert Change.objects.filter(model="accounts.user", act=Act.ADDED, user=world.users["superuser"]).count() == 300


def test_roles_still_name_who_sees_posts(world: Any) -> None:
    assert history.place_of(Post.objects.get(user=world.users[Role.MEMBER])) == "130000/130500/130528/"
