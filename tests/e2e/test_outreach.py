"""An executive in a browser: who is next, taken, reached, what was promised; and on every width, in both themes."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.guard.keys import blind_index
from holdfast.guard.models import RevealLog
from holdfast.incidents import components, declaring, links
from holdfast.incidents.models import Incident
from holdfast.incidents.outreach import queries
from holdfast.kit.clock import now
from holdfast.people.models import Identity

pytestmark = pytest.mark.browser
KEPT = os.environ.get("KEEP_PICTURES", "")  # a directory: keep a picture of each screen there
_BEYOND = """document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
    .filter(each => each.getBoundingClientRect().right > innerWidth).map(each => each.outerHTML.slice(0, 120))"""
PHONE = "+353 20 9100 001"


def picture(page: Page, name: str) -> None:
    if KEPT:
        page.screenshot(path=str(Path(KEPT) / f"{name}.png"), full_page=False)


def fits(page: Page, name: str) -> None:
    """Nothing overflows at any width, in the theme of the page."""
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 1400 if KEPT else 900})
        assert page.evaluate(_BEYOND) == [], (name, width)
        picture(page, f"{name}-{width}")


def touched(desk: Desk) -> int:
    """Something broke, and a customer with a telephone wrote about it. Returns the incident's number."""
    part = components.add(name="Card payments", by=desk.lead.pk)
    declaring.declare(title="Card payments are declined", by=desk.lead.pk, components={part.id: "major_outage"})
    incident, case = Incident.objects.get(), desk.talk("My card was declined at the shop")
    links.link_many(incident_id=incident.pk, conversation_ids=[case.pk], how="words", by=desk.lead.pk)
    Identity.objects.create(
        customer=desk.customer, kind="phone", value=PHONE, index=blind_index("phone", PHONE), level=2
    )
    return incident.number


def test_from_the_queue_to_a_promise_in_the_ledger(desk: Desk, visitors: Visitors) -> None:
    number = touched(desk)
    page = visitors.page(desk.lead, reduced_motion="reduce")  # no colour is half-way when the theme changes
    page.goto(f"/incidents/{number}/outreach/")
    first = page.locator(".people.next > li").first
    expect(first).to_contain_text("Wrote about it, and is in no frozen audience: Card payments.")
    assert breaches(page) == []
    fits(page, "outreach-queue-light")
    page.set_viewport_size({"width": 1440, "height": 900})
    first.get_by_text("Take", exact=True).click()
    picture(page, "outreach-take")
    first.get_by_role("button", name="Take this person").click()
    expect(page.get_by_text("No talking points are approved.")).to_be_visible()
    expect(page.locator(".ways")).not_to_contain_text(PHONE)
    page.get_by_label("What you promised, if anything").fill("Her fees are back")
    page.get_by_label("Reveal Phone").click()
    page.get_by_role("button", name="Reveal for 60 s").first.click()
    expect(page.locator(".ways .open-seal")).to_contain_text(PHONE)
    expect(page.locator(".marks:popover-open")).to_have_count(1)
    layer = page.locator(".marks:popover-open").bounding_box()
    assert layer == {"x": 0, "y": 0, "width": 1440, "height": 900}, "the marks cover the page"
    expect(page.get_by_label("What you promised, if anything")).to_have_value("Her fees are back")
    assert breaches(page) == []
    fits(page, "outreach-person-light")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Hide").click()
    expect(page.locator(".ways")).not_to_contain_text(PHONE)
    page.get_by_text("Reached, and wants something").click()
    page.get_by_label("What they want, in your words").fill("The fees of the declined payments")
    due = timezone.localtime(now() + timedelta(hours=4))
    page.get_by_label("By when").fill(f"{due:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Note the call").click()
    expect(page.locator(".calls")).to_contain_text("Promised: Her fees are back")
    page.emulate_media(color_scheme="dark")
    assert breaches(page) == []
    fits(page, "outreach-person-dark")
    page.goto(f"/incidents/{number}/outreach/")
    fits(page, "outreach-queue-dark")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/bridge/promises/")
    row = page.locator("main").get_by_text(f"Promised in a call about incident {number}")
    expect(row.first).to_be_visible()
    assert RevealLog.objects.get().outcome == "allowed"
    assert queries.held([desk.customer.pk]) == {desk.customer.pk}
