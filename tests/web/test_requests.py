"""What holds for every request: where it comes from, its size, who keeps the answer, where a step leads."""

import gzip
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from gongzao.web.accounts.models import User
from gongzao.web.project import middleware
from gongzao.web.project.address import client_address, networks

PASSWORD = "Quiet-Bridge-4711"
HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("wang", password=PASSWORD)


@pytest.fixture
def signed_in(person: User, client: Client) -> Client:
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    ("peer", "named", "address"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),  # a stranger writes what he likes
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),  # this machine's own proxy
        ("", "198.51.100.7", "198.51.100.7"),  # over a Unix socket
        ("127.0.0.1", "192.0.2.1, 198.51.100.7", "198.51.100.7"),  # what the client wrote stands in front
        ("10.0.0.5", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "192.0.2.1, 198.51.100.7, 10.0.0.5", "198.51.100.7"),
        ("127.0.0.1", "192.0.2.1, nonsense", "127.0.0.1"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, named: str, address: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=named)
    with override_settings(TRUSTED_PROXIES=networks("10.0.0.5")):
        assert client_address(request) == address


def attempt(name: str, password: str, address: str) -> int:
    answer = Client().post(
        reverse("accounts:login"), {"username": name, "password": password}, HTTP_X_FORWARDED_FOR=address
    )
    return answer.status_code


def test_a_stranger_behind_the_same_proxy_locks_nobody_out(person: User) -> None:
    assert [attempt("wang", "x", "203.0.113.66") for _ in range(6)][-2:] == [429, 429]
    assert attempt("wang", PASSWORD, "198.51.100.7") == 302


def test_many_names_from_one_address_are_stopped_and_an_office_is_not(person: User) -> None:
    codes = [attempt(f"name{n}", "x", "203.0.113.66") for n in range(24)]
    assert codes[:19] == [200] * 19
    assert codes[20:] == [429] * 4
    assert attempt("wang", PASSWORD, "203.0.113.66") == 429
    assert attempt("wang", PASSWORD, "198.51.100.7") == 302


def test_trying_on_does_not_make_a_lock_last_longer(person: User, settings: Any) -> None:
    from axes.models import AccessAttempt

    for _ in range(5):
        attempt("wang", "x", "203.0.113.66")
    before = AccessAttempt.objects.get().attempt_time
    assert attempt("wang", "x", "203.0.113.66") == 429
    assert AccessAttempt.objects.get().attempt_time == before


def test_old_passwords_can_be_tried_only_so_often(signed_in: Client) -> None:
    wrong = {"old_password": "x", "new_password1": "Still-Water-9981", "new_password2": "Still-Water-9981"}
    assert [signed_in.post(reverse("accounts:password"), wrong).status_code for _ in range(6)][-1] == 429


def test_a_new_password_ends_the_tokens_of_the_old_one(person: User, signed_in: Client) -> None:
    signed_in.post(reverse("accounts:token_create"), {"name": "月报", "days": "30"})
    new = {"old_password": PASSWORD, "new_password1": "Still-Water-9981", "new_password2": "Still-Water-9981"}
    assert signed_in.post(reverse("accounts:password"), new).status_code == 302
    assert person.api_tokens.count() == 0


def test_a_password_costs_little_to_check(person: User) -> None:
    assert "m=19456,t=2,p=1" in person.password


@pytest.mark.parametrize("path", ["/accounts/login/", "/api/clusters", "/research/needs/new/", "/no-such-page"])
def test_large_bodies_from_outside_are_refused_unread(db: None, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the body was read")

    monkeypatch.setattr("django.http.request.HttpRequest.parse_file_upload", never)
    large = SimpleUploadedFile("large", b"0" * (middleware.MOST_BYTES_OUTSIDE + 1))
    answer = Client(enforce_csrf_checks=True).post(path, {"file": large})
    assert answer.status_code == 413
    if path.startswith("/api/"):
        assert set(answer.json()) == {"detail", "code"}
    else:
        assert "一次最多提交 1 MB" in answer.content.decode()


def test_a_form_of_an_old_session_is_refused_with_a_page_that_helps(person: User) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(reverse("accounts:login"), {"username": "wang", "password": PASSWORD})
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "这一步没有办理" in page
    assert "DEBUG" not in page


def test_what_is_private_is_kept_nowhere(signed_in: Client) -> None:
    for path in (reverse("accounts:profile"), "/", "/clusters/", "/clusters/export", "/api/clusters", "/no-such-page"):
        assert "no-store" in signed_in.get(path)["Cache-Control"], path
    assert "no-store" not in Client().get("/").get("Cache-Control", "")


def test_pages_are_compressed(db: None, client: Client) -> None:
    answer = client.get("/", HTTP_ACCEPT_ENCODING="gzip")
    assert answer["Content-Encoding"] == "gzip"
    assert "目标" in gzip.decompress(answer.content).decode()


def test_the_address_of_a_step_leads_to_a_page(signed_in: Client) -> None:
    answer = signed_in.get(reverse("accounts:token_create"), headers=HTML)
    assert answer.status_code == 302
    page = signed_in.get(answer["Location"], follow=True, headers=HTML)
    assert page.status_code == 200
    assert "刚才这一步没有办理" in page.content.decode()
    assert signed_in.get(reverse("accounts:token_create")).status_code == 405  # a program is told the truth


def test_robots_and_the_old_icon_address_are_answered(db: None, client: Client) -> None:
    assert "Disallow: /admin/" in client.get("/robots.txt").content.decode()
    assert client.get("/favicon.ico")["Location"].endswith("icon.svg")


def test_health_tells_when_the_disk_is_full(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1})())
    answer = client.get(reverse("health"))
    assert (answer.status_code, answer.json()) == (503, {"status": "disk"})


def test_health_is_answered_without_tls(db: None, client: Client) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        assert client.get(reverse("health")).status_code == 200
        assert client.get("/").status_code == 301
