"""Pages as people meet them: nothing broken, nothing sticking out, no barrier, on a phone and on a desktop."""

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from gongzao.targets import shipped_plans
from gongzao.web.accounts.models import User
from gongzao.web.clusters.published import load_published

PLAN = "hebei-2025-2027"
PUBLIC = (
    "/",
    f"/targets/{PLAN}/clusters-over-100bn/",
    f"/targets/{PLAN}/revenue-growth/",
    "/accounts/login/",
    "/nowhere/",
)


@pytest.fixture(autouse=True)
def published(transactional_db: None) -> None:
    load_published(shipped_plans()[PLAN])


def enter(visitor, user: User) -> None:  # type: ignore[no-untyped-def]  # conftest's Visitor
    session = SessionStore()
    session[SESSION_KEY] = user.pk
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": visitor.base}
    visitor.page.context.add_cookies([cookie])


@pytest.mark.parametrize("path", PUBLIC)
def test_public_page_is_sound(visitor, path: str) -> None:  # type: ignore[no-untyped-def]
    visitor.open(path)
    assert visitor.overflow() <= 0
    assert visitor.barriers() == []
    assert [fault for fault in visitor.faults if "404" not in fault] == []


def test_home_answers_first(visitor) -> None:  # type: ignore[no-untyped-def]
    visitor.open("/?as_of=2025-06-30")
    lead = visitor.page.locator(".lead-line").inner_text()
    assert "5.1%" in lead
    assert "10.5%" in lead
    assert visitor.page.locator("[data-chart] svg").count() >= 3
    assert "7个" in visitor.page.locator(".target-card", has_text="超千亿元集群").inner_text()


def test_source_opens_by_keyboard(visitor) -> None:  # type: ignore[no-untyped-def]
    visitor.open("/")
    mark = visitor.page.locator(".source-mark").first
    mark.locator("summary").focus()
    visitor.page.keyboard.press("Enter")
    assert mark.locator(".source-note").is_visible()


def test_skip_link_leads_to_the_content(visitor) -> None:  # type: ignore[no-untyped-def]
    visitor.open("/")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.className") == "skip-link"
    visitor.page.keyboard.press("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "content"


def test_language_switch_turns_the_page(visitor) -> None:  # type: ignore[no-untyped-def]
    visitor.open("/")
    visitor.page.get_by_role("button", name="English").click()
    assert visitor.page.evaluate("document.documentElement.lang") == "en"
    assert "Targets" in visitor.page.title()


def test_registry_pages_are_sound(visitor) -> None:  # type: ignore[no-untyped-def]
    enter(visitor, User.objects.create_superuser("boss"))
    for path in ("/clusters/", "/accounts/profile/"):
        visitor.open(path)
        assert visitor.overflow() <= 0, path
        assert visitor.barriers() == [], path
    assert visitor.faults == []
