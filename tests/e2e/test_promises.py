"""Promises in a browser: the ledger, the band that follows a notice by itself, and the legal page, on every width."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import LOOKS, Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.incidents import components, declaring, queries
from holdfast.incidents.legal import acts, clocks
from holdfast.incidents.legal.regimes import Event
from holdfast.kit.clock import now
from holdfast.promises import ledger
from holdfast.promises.contract import Kind
from holdfast.promises.watch import Watch

pytestmark = pytest.mark.browser


def test_a_notice_reaches_its_owner_on_an_open_page_and_is_put_away(desk: Desk, visitors: Visitors) -> None:
    case = desk.talk("When is the refund?")
    subject, due = f"conversation:{case.pk}", now() + timedelta(minutes=9)
    ledger.make(kind=Kind.PERSONAL, subject=subject, about="Word on it", due=due, owner=desk.lead.pk, by=desk.lead.pk)
    page = visitors.page(desk.lead)
    page.goto("/bridge/what-if/")
    expect(page.locator(".band .yours")).to_have_count(0)
    Watch({}).look()
    page.locator(".band .yours a").click()
    expect(page.locator(".told")).to_contain_text("Due soon: Word on it")
    page.get_by_role("button", name="Put away: Word on it").click()
    expect(page.locator(".told")).to_have_count(0)
    expect(page.locator(".band .yours")).to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_ledger_and_the_legal_page_have_no_breach_at_any_width(
    desk: Desk, visitors: Visitors, scheme: str, width: int
) -> None:
    cards = components.add(name="Card payments", by=desk.lead.pk)
    incident = declaring.declare(
        title="Statements were sent to others", harm="data", by=desk.lead.pk, components={cards.id: "major_outage"}
    )
    clocks.start(incident_id=incident, slugs=["eu-gdpr", "us-sec-8k", "in-cert"], by=desk.lead.pk)
    began = now() - timedelta(hours=7)
    act = acts.declare(incident_id=incident, event=Event.AWARE, at=began, evidence="A mail", by=desk.lead.pk)
    acts.correct(act_id=act, incident_id=incident, at=began, evidence="A call", by=desk.lead.pk)
    Watch({}).look()
    shown = queries.incident_of_id(incident)
    assert shown is not None
    page = visitors.page(
        desk.lead, viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    for address in ("/bridge/promises/", f"/incidents/{shown.number}/legal/"):
        page.goto(address)
        assert breaches(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
    assert breaches(page) == []
    page.get_by_role("heading", name="How it is counted").scroll_into_view_if_needed()
    expect(page.get_by_text("Legal decides.")).to_be_in_viewport()
