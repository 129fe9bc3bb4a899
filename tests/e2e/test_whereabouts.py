"""Where values open, one's machines and sign-ins, in a browser: fit for everybody at every width."""

from __future__ import annotations

from datetime import time

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import WIDE, Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.guard.whereabouts import leaves, rules
from holdfast.guard.whereabouts.rules import Hours, Wanted
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Machine, SignIn

PAGES = ("/security/whereabouts/", "/security/whereabouts/own/", "/welcome/sessions/", "/welcome/sign-ins/?who=all")
pytestmark = pytest.mark.browser


def some_days_of(agent: Agent) -> None:
    """Write down machines and sign-ins as weeks of work leave them."""
    at = now()
    firefox = Machine.objects.create(
        agent=agent, digest=b"1" * 32, name="Firefox on Windows", network="203.0.113.0/24", first_at=at, last_at=at
    )
    Machine.objects.create(
        agent=agent,
        digest=b"2" * 32,
        name="Safari on iPad",
        network="2001:db8:1::/48",
        first_at=at,
        last_at=at,
        proven_at=at,
    )
    SignIn.objects.bulk_create(
        SignIn(
            at=at,
            agent=agent if number else None,
            succeeded=number % 3 > 0,
            method="password+totp",
            machine=firefox,
            browser="Firefox on Windows",
            network="203.0.113.0/24",
            new="machine" if number == 4 else "",
        )
        for number in range(6)
    )


def test_the_pages_about_where_one_works_have_no_breach_and_fit_every_window(desk: Desk, visitors: Visitors) -> None:
    some_days_of(desk.admin)
    hours = Hours(days=(1, 2, 3, 4, 5), opens=time(8), closes=time(18), zone="Asia/Jakarta")
    networks = ("203.0.113.0/24", "198.51.100.0/25", "2001:db8:1::/48")
    rules.keep(Wanted(scope="everybody", target="", networks=networks, hours=hours), by=desk.admin.pk)
    rules.keep(Wanted(scope="role", target="agent", known_machine=True), by=desk.admin.pk)
    outside = desk.ana.team.vendor_id if desk.ana.team else None
    leaves.ask(agent_id=desk.ana.pk, vendor_id=outside, hours=4, reason="Flood at the office, working from home")
    for scheme in ("light", "dark"):
        page = visitors.page(desk.admin, color_scheme=scheme)
        for address in PAGES:
            page.goto(address)
            assert (address, breaches(page)) == (address, [])
            for width in (1024, 390):
                page.set_viewport_size({"width": width, "height": 900})
                over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert (address, width, over) == (address, width, 0)
            page.set_viewport_size(WIDE)


def test_a_rule_is_tried_by_keyboard_before_it_holds_and_a_refused_value_leads_to_where_one_asks(
    desk: Desk, visitors: Visitors
) -> None:
    page = visitors.page(desk.admin)
    page.goto("/security/whereabouts/")
    page.get_by_label("Networks").fill("203.0.113.0/24")
    page.get_by_label("Networks").press("Tab")
    page.get_by_role("button", name="See whom it would stop now").press("Enter")
    expect(page.get_by_role("heading", name="If this rule were in force now")).to_be_visible()
    expect(page.locator("#main")).to_contain_text("outside the networks, at 127.0.0.1")
    assert rules.rules() == []
    page.get_by_role("button", name="Put in force").press("Enter")
    expect(page.locator("#main")).to_contain_text("from 203.0.113.0/24")
    page.goto("/security/whereabouts/own/")
    expect(page.locator("#main")).to_contain_text("you are not in one of them")
