"""Audiences in a browser: words for some readers, groups, counted, frozen, handed over; no breach at any width."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.desk.conftest import Desk, make_customer
from tests.e2e.conftest import LOOKS, Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.incidents import components, declaring, queries
from holdfast.incidents.audiences import handing
from holdfast.incidents.audiences.models import HandOver
from holdfast.incidents.legal import clocks

pytestmark = pytest.mark.browser
KEPT = os.environ.get("KEEP_PICTURES", "")  # a directory: keep a picture of each screen there


def examined(page: Page, name: str) -> None:
    """No breach in either scheme, and nothing wider than the screen at any width."""
    for width, scheme in [*LOOKS, (390, "dark")]:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        if KEPT:
            page.screenshot(path=str(Path(KEPT) / f"{name}-{width}-{scheme}.png"), full_page=True)
        if width != 390:
            assert breaches(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


def test_a_lead_writes_for_the_affected_says_who_they_are_freezes_and_hands_over(
    desk: Desk, visitors: Visitors
) -> None:
    for number in (2, 3):
        make_customer(name="Tomas Vidal", email=f"tomas{number}@post.example", reference=f"TW-{number}")
    cards = components.add(name="Card payments", by=desk.lead.pk)
    incident = queries.incident_of_id(
        declaring.declare(title="Cards were charged twice", by=desk.lead.pk, components={cards.id: "major_outage"})
    )
    assert incident is not None
    clocks.start(incident_id=incident.id, slugs=["eu-gdpr", "br-lgpd"], by=desk.lead.pk)
    page = visitors.page(desk.lead, reduced_motion="reduce")
    page.goto(f"/incidents/{incident.number}/")
    page.get_by_label("English", exact=True).fill("Some cards do not work. We are sorry.")
    page.get_by_text("Words for the affected").click()
    page.get_by_label("English, for the affected").fill("Your card does not work. We are sorry, {name}.")
    expect(page.get_by_role("heading", name="As the affected get it")).to_be_visible()
    examined(page, "readers")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Update 1 is public.")).to_be_visible()

    page.goto(f"/incidents/{incident.number}/audiences/")
    page.get_by_label("Name", exact=True).fill("Charged twice")
    page.get_by_label("Found by").select_option("file")
    page.get_by_label("Or the lines themselves").fill("TW-1,IE\nTW-404,IE")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".groups")).to_contain_text("Those listed in a file.")
    page.get_by_text("Add a group").click()
    page.get_by_role("link", name="everybody else").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Everybody else")
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("button", name="Count").click()
    expect(page.get_by_text("3 customers would be told, each once.")).to_be_visible()
    expect(page.locator(".counts")).to_contain_text("1 unknown reference: TW-404")
    page.get_by_text("Add a group").click()
    examined(page, "groups")
    page.get_by_role("button", name="Freeze").click()
    expect(page.get_by_role("heading", name="Audience 1")).to_be_visible()
    expect(page.get_by_text("1 of this audience is known to be there.")).to_be_visible()
    page.get_by_role("button", name="Make a campaign").click()
    expect(page.get_by_text("being handed over: 0 of 3")).to_be_visible()
    examined(page, "handing")
    handing.fill(HandOver.objects.get().campaign_id)
    expect(page.get_by_text("3 recipients")).to_be_visible()  # said by the page itself, nobody asked again
    page.get_by_role("link", name="The campaign, with its dry run").click()
    expect(page.get_by_text("Your card does not work. We are sorry,").first).to_be_visible()
