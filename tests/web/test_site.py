"""What holds for the whole site: headers, throttled sign-in, tokens, languages, secret key, error pages."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from gongzao.web.accounts.models import ApiToken, User
from gongzao.web.accounts.tokens import issue_token
from gongzao.web.project.secret import secret_key

PASSWORD = "Quiet-Bridge-4711"


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("wang", password=PASSWORD)


def sign_in(client: Client, password: str) -> int:
    return client.post(reverse("accounts:login"), {"username": "wang", "password": password}).status_code


def test_policy_allows_no_inline_code(db: None, client: Client) -> None:
    policy = client.get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "http:" not in policy


def test_passwords_are_hashed_with_argon2(person: User) -> None:
    assert identify_hasher(person.password).algorithm == "argon2"


def test_sign_in_is_locked_after_five_failures(person: User, client: Client) -> None:
    assert [sign_in(client, "wrong") for _ in range(5)] == [200, 200, 200, 200, 429]
    assert sign_in(client, PASSWORD) == 429
    assert "锁定" in client.post(reverse("accounts:login"), {"username": "wang", "password": PASSWORD}).content.decode()


def test_sign_in_opens_the_site(person: User, client: Client) -> None:
    assert sign_in(client, PASSWORD) == 302
    assert client.get(reverse("accounts:profile")).status_code == 200


def test_token_is_shown_once_and_stored_as_digest(person: User, client: Client) -> None:
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    page = client.post(reverse("accounts:token_create"), {"name": "月报", "days": "30"})
    token = page.context["token"]
    assert token in page.content.decode()
    stored = ApiToken.objects.get()
    assert token not in json.dumps([stored.digest, stored.name])
    assert token not in client.get(reverse("accounts:profile")).content.decode()
    used = Client().get("/api/clusters", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert used.status_code == 200
    client.post(reverse("accounts:token_revoke", args=[stored.pk]))
    assert Client().get("/api/clusters", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401


def test_nobody_revokes_the_token_of_somebody_else(person: User, client: Client) -> None:
    issue_token(person, "x", timezone.now() + timedelta(days=1))
    client.force_login(User.objects.create_user("li"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(reverse("accounts:token_revoke", args=[ApiToken.objects.get().pk])).status_code == 404
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("change", [{"expires_at": timezone.now() - timedelta(seconds=1)}, {"user__is_active": False}])
def test_token_that_ran_out_opens_nothing(person: User, change: dict[str, object]) -> None:
    token = issue_token(person, "x", timezone.now() + timedelta(days=1))
    if "expires_at" in change:
        ApiToken.objects.update(expires_at=change["expires_at"])
    else:
        User.objects.update(is_active=False)
    assert Client().get("/api/clusters", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401


def test_language_is_remembered_and_never_leads_away(db: None, client: Client) -> None:
    assert '<html lang="zh-hans">' in client.get("/").content.decode()
    answer = client.post(reverse("set_language"), {"language": "en", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"
    assert '<html lang="en">' in client.get("/").content.decode()


@pytest.mark.parametrize(("path", "status"), [("/no-such-page", 404), ("/clusters/no-such-cluster-at-all/x/", 404)])
def test_missing_page_is_a_page_that_helps(world, path: str, status: int) -> None:  # type: ignore[no-untyped-def]
    answer = world.client("county").get(path)
    assert answer.status_code == status
    assert "回到首页" in answer.content.decode()


def test_fault_of_ours_is_a_page_that_helps(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("gongzao.web.targets.queries.status", fail)
    client = Client(raise_request_exception=False)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "系统出错了" in answer.content.decode()
    assert "boom" not in answer.content.decode()


def test_secret_key_is_made_once_by_many(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(secret_key, [path] * 32))
    assert len(keys) == 1
    assert len(keys.pop()) > 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["secret.key"]


def test_static_files_get_hashed_names(tmp_path: Path) -> None:
    storage = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storage):
        call_command("collectstatic", verbosity=0, interactive=False)
    manifest = json.loads((tmp_path / "staticfiles.json").read_text())
    assert "gongzao/site.css" in manifest["paths"]
    assert "vendor/echarts.min.js" in manifest["paths"]


def test_health_says_ok(db: None, client: Client) -> None:
    assert client.get(reverse("health")).json() == {"status": "ok"}
