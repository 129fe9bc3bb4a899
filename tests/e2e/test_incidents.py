"""An incident in a browser: declared, known, told, by two at once, and on every open bridge."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import LOOKS, Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.incidents import components, declaring, links, queries, updates
from holdfast.incidents.models import Incident
from holdfast.kit.clock import now

pytestmark = pytest.mark.browser
KEPT = os.environ.get("KEEP_PICTURES", "")  # a directory: keep a picture of each screen there


def picture(page: Page, name: str) -> None:
    if KEPT:
        page.screenshot(path=str(Path(KEPT) / f"{name}.png"), full_page=False)


def test_a_lead_declares_states_a_fact_and_publishes_with_the_keyboard(desk: Desk, visitors: Visitors) -> None:
    for name in ("Card payments", "App and website", "Transfers"):
        components.add(name=name, by=desk.lead.pk)
    asks = desk.talk("My card was declined at the shop")
    watcher = visitors.page(desk.ana)
    watcher.goto("/bridge/")
    page = visitors.page(desk.lead)
    page.goto("/bridge/")
    page.keyboard.press("Shift+I")  # as from any page
    expect(page.get_by_role("dialog").get_by_label("Title, as the public will read it")).to_be_focused()
    page.get_by_label("Title, as the public will read it").fill("Card payments are declined")
    page.get_by_label("Card payments", exact=True).select_option("major_outage")
    picture(page, "declare")
    assert breaches(page) == []
    page.get_by_role("button", name="Declare it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Card payments are declined")
    expect(watcher.locator("h1")).to_have_text("Card payments are declined")
    page.get_by_role("textbox", name="What is known").fill("38 % of card payments are declined.")
    page.get_by_role("textbox", name="From whom or what").fill("Payment monitoring")
    page.get_by_role("button", name="State it").click()
    expect(page.locator(".facts").first).to_contain_text("38 % of card payments are declined.")
    page.get_by_text("Link conversations").click()
    page.get_by_label("By a conversation’s number").fill(str(asks.number))
    page.get_by_role("button", name="Link it alone").click()
    expect(page.locator("#asking")).to_contain_text("1 conversation linked")
    page.keyboard.press("u")
    expect(page.get_by_label("English", exact=True)).to_be_focused()
    page.keyboard.type("Card payments are declined. We are sorry. Your money is safe. We are looking into it.")
    page.get_by_label("Indonesian", exact=True).fill(
        "Pembayaran kartu ditolak. Kami mohon maaf. Uang Anda aman. Kami sedang memeriksanya."
    )
    expect(page.locator("#checked")).to_contain_text("Nothing stands in its way.")
    page.get_by_label("English", exact=True).focus()
    picture(page, "write")
    assert breaches(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="Update 1 is public.")).to_be_visible()
    shown = queries.incident(Incident.objects.get().number)
    assert shown is not None
    assert set(shown.updates[0].texts) == {"en", "id"}
    expect(watcher.locator(".band .next")).to_contain_text("Next public update")
    expect(watcher.locator(".owed")).to_contain_text("Card payments are declined")
    picture(watcher, "bridge-with-incident")
    picture(page, "told")


def test_two_who_write_at_once_lose_nothing(desk: Desk, visitors: Visitors) -> None:
    number = _declared(desk)
    first, second = visitors.page(desk.lead), visitors.page(desk.admin)
    for page in (first, second):
        page.goto(f"/incidents/{number}/")
    first.get_by_label("English", exact=True).fill("What Lea writes")
    expect(first.locator("#checked")).to_contain_text("What Lea writes")
    second.get_by_label("English", exact=True).fill("What Ada writes")
    expect(second.locator("#checked")).to_contain_text("What Lea writes")
    expect(second.get_by_label("English", exact=True)).to_have_value("What Ada writes")
    picture(second, "two-editors")
    second.get_by_text("Keep my words instead of theirs").click()
    expect(second.locator("#checked")).to_contain_text("What Ada writes")
    visitors.forgive("409")
    kept = queries.draft_of(Incident.objects.get().pk)
    assert kept is not None
    assert kept.texts == {"en": "What Ada writes"}


def test_at_the_desk_a_linked_case_shows_the_newest_public_words_to_insert(desk: Desk, visitors: Visitors) -> None:
    _declared(desk)
    incident_id, case = Incident.objects.get().pk, desk.talk("My card was declined")
    links.link_person(incident_id=incident_id, conversation_id=case.pk, by=desk.lead.pk)
    drafted = updates.draft(
        incident_id=incident_id,
        by=desk.lead.pk,
        status="identified",
        texts={"en": "We know what it is and work on it. Your money is safe."},
        next_update_due=now() + timedelta(minutes=30),
        components={},
    )
    updates.publish(update_id=drafted.id, version=drafted.version, by=desk.lead.pk)
    page = visitors.page(desk.ana)
    page.goto(f"/desk/c/{case.number}/")
    line = page.locator("[data-incident-line]")
    expect(line).to_contain_text("Card payments are declined")
    line.get_by_role("button", name="Insert").click()
    expect(page.locator("#text-reply")).to_have_value("We know what it is and work on it. Your money is safe.")
    picture(page, "desk")
    assert breaches(page) == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_pages_have_no_breach(desk: Desk, visitors: Visitors, scheme: str, width: int) -> None:
    number = _declared(desk)
    page = visitors.page(
        desk.lead, viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    for address in ("", f"{number}/", "declare/", "components/", "maintenance/"):
        page.goto(f"/incidents/{address}")
        expect(page.locator("h1")).to_be_visible()
        assert breaches(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        picture(page, f"{address.strip('/').replace(str(number), 'work') or 'list'}-{width}-{scheme}")


def _declared(desk: Desk) -> int:
    part = components.add(name="Card payments", by=desk.lead.pk)
    declaring.declare(title="Card payments are declined", by=desk.lead.pk, components={part.id: "major_outage"})
    return Incident.objects.get().number
