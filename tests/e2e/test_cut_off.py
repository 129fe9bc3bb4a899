"""Cutting off in a browser: the dry run, the keyboard, and what becomes of a desk that is open elsewhere."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.conversations.assignments import assign
from holdfast.desk import cutting_off
from holdfast.guard.cutoff import states
from holdfast.people.models import Agent, Site, Team, Vendor

pytestmark = pytest.mark.browser


def test_one_click_ends_an_open_desk_within_seconds_and_two_people_let_back_in(desk: Desk, visitors: Visitors) -> None:
    vendor = Vendor.objects.create(name="Vendor T")
    team = Team.objects.create(name="Evening", vendor=vendor, site=Site.objects.create(name="Harbour", vendor=vendor))
    Agent.objects.filter(pk=desk.ana.pk).update(team=team)
    desk.cards.teams.add(team)
    case = desk.talk("My card was declined at the shop")
    assign(conversation_id=case.pk, to=desk.ana.pk, by=None)

    open_desk = visitors.page(desk.ana)
    open_desk.goto(f"/desk/c/{case.number}/")
    expect(open_desk.get_by_text("My card was declined at the shop").first).to_be_visible()
    visitors.forgive("status of 401")
    visitors.forgive("status of 403")  # its stream asks once more and is not let in

    page = visitors.page(desk.security, color_scheme="dark", reduced_motion="reduce")
    page.goto("/security/cut-off/")
    assert breaches(page) == []
    page.get_by_role("link", name=re.compile("^Vendor T")).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cut off Vendor T")
    expect(page.get_by_text("Nothing has happened yet")).to_be_visible()
    assert breaches(page) == []
    page.get_by_label("Why").fill("Screens were photographed")
    page.get_by_role("button", name="Cut off Vendor T now").press("Enter")
    began = time.monotonic()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vendor T")
    open_desk.wait_for_url("**/accounts/login/**", timeout=5_000)
    assert time.monotonic() - began < 5
    expect(open_desk.get_by_text("My card was declined at the shop")).to_have_count(0)
    assert breaches(page) == []

    cutting_off.settle(number=states.state_of(desk.ana.pk).epoch)
    expect(page.get_by_text("All open cases went on")).to_be_visible()
    page.get_by_label("Why").first.fill("Looked into")
    page.get_by_role("button", name=re.compile("^Ask for it.*Let them back in")).click()
    expect(page.get_by_text("A second person agrees within 24 hours")).to_be_visible()
    second = visitors.page(desk.admin, viewport={"width": 390, "height": 844})
    second.goto(page.url)
    assert second.evaluate("document.querySelector('.page').scrollWidth <= document.querySelector('.page').clientWidth")
    second.get_by_role("button", name=re.compile("^Agree.*Let them back in")).click()
    expect(second.get_by_text("Done, by the two of you.")).to_be_visible()
    assert states.state_of(desk.ana.pk).mode == ""
