"""Being away for long, in a browser: warned before, led back to where one was, and nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.kit.clock import now
from holdfast.people.idle import ACTED

pytestmark = pytest.mark.browser
PASSWORD = "tern gannet petrel fulmar"


def _away(minutes: float) -> None:
    """Let nobody have done anything for so long, as the server knows it."""
    for row in Session.objects.all():
        kept = SessionStore(row.pk)
        kept[ACTED] = (now() - timedelta(minutes=minutes)).isoformat()
        kept.save()


def _sign_in(page: Page, email: str) -> None:
    page.get_by_label("Work email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_whoever_was_away_is_warned_led_back_and_keeps_what_they_typed(desk: Desk, visitors: Visitors) -> None:
    visitors.forgive("401")
    desk.admin.set_password(PASSWORD)
    desk.admin.save()
    page = visitors.page(desk.admin)
    page.clock.install()
    page.goto("/welcome/team/")
    page.get_by_label("Name").first.fill("Cy Reyes")
    _away(44)
    page.clock.fast_forward("43:30")
    expect(page.get_by_text("You are signed out soon.")).to_be_visible()
    _away(46)
    page.clock.fast_forward("02:00")
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading", name="You were away, so you are signed out")).to_be_visible()
    assert breaches(page) == []
    page.get_by_role("button", name="Go on here").click()
    expect(sheet.get_by_text("You are not signed in yet.")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    other = opened.value
    _sign_in(other, desk.admin.email)
    expect(other).to_have_url("/desk/")
    other.close()
    page.get_by_role("button", name="Go on here").click()
    expect(sheet).to_have_count(0)
    expect(page.get_by_label("Name").first).to_have_value("Cy Reyes")
    page.get_by_label("Work email").fill("cy@desk.example")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text("cy@desk.example").first).to_be_visible()

    page.goto("/bridge/?x=1")
    _away(46)
    page.clock.fast_forward("44:00")
    expect(page.get_by_text("Nothing happened for 45 minutes")).to_be_visible()
    _sign_in(page, desk.admin.email)
    expect(page).to_have_url("/bridge/?x=1")
