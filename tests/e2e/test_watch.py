"""Watching in a browser: an alias until two kinds of evidence and a person; one's own budget; the customers' form."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import Visitors
from tests.e2e.test_desk_accessibility import breaches
from tests.e2e.test_outreach import fits

from holdfast.guard.watching import budgets, notices
from holdfast.guard.watching.contract import Kind, Signal
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Team, Vendor

pytestmark = pytest.mark.browser

_SIGNALS = (
    (
        Kind.UNEXPLAINED,
        "14 openings since 17 February that no routed case explains; 4.1 would be usual for this person.",
        ("9 in a case they gave themselves.", "5 in a case that was closed within 90 seconds."),
        ("Cases that were handed over by word of mouth, joint accounts, or a lead who asked for help.",),
    ),
    (
        Kind.CONTACT,
        "Somebody outside wrote to 1 address that only this person was ever shown, first on 26 February.",
        ("The address was made up for this viewer and stands nowhere else.",),
        ("Somebody else saw or took a picture of their screen.",),
    ),
)


def _noticed(agent: Agent, *, count: int) -> None:
    found = [Signal(kind, agent.pk, now(), *words) for kind, *words in _SIGNALS[:count]]
    notices.note(found, looked_for=[])


def test_security_finds_out_decides_and_sees_a_name_last(desk: Desk, visitors: Visitors) -> None:
    _noticed(desk.ana, count=1)
    outside = Team.objects.create(name="There", vendor=Vendor.objects.create(name="Vendor T"))
    budgets.ask_for_more(
        agent_id=desk.bob.pk, vendor_id=outside.vendor_id, customers=5, reason="A line of refunds", by=desk.bob.pk
    )
    page = visitors.page(desk.security, reduced_motion="reduce")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto("/security/watch/")
        assert breaches(page) == []
        fits(page, f"watch-{scheme}")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(f"/security/watch/people/{notices.alias_of(desk.ana.pk)}/")
        assert breaches(page) == []
        fits(page, f"watch-person-{scheme}")
    expect(page.get_by_role("button", name="Show the name")).to_have_count(0)
    _noticed(desk.ana, count=2)
    page.reload()
    page.get_by_label("Why the name is needed now").fill("Both cannot be chance")
    expect(page.get_by_text(desk.ana.name)).to_have_count(0)
    page.get_by_role("button", name="Show the name").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(desk.ana.name)
    page.get_by_role("link", name="Watch").first.click()
    page.get_by_role("button", name="Give Bob Test 5 more").press("Enter")
    expect(page.get_by_text("Given, until the time that was asked for.")).to_be_visible()
    for name in ("made-up", "reports", "limits"):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(f"/security/watch/{name}/")
        assert breaches(page) == []
        fits(page, f"watch-{name}")


def test_everybody_sees_their_budget_and_a_customer_reports(desk: Desk, visitors: Visitors) -> None:
    _noticed(desk.ana, count=1)
    own = visitors.page(desk.ana, reduced_motion="reduce", color_scheme="dark")
    own.goto("/security/budget/")
    assert breaches(own) == []
    fits(own, "watch-own")
    form = visitors.page(reduced_motion="reduce")
    form.goto("/reported/")
    assert breaches(form) == []
    fits(form, "watch-report")
    form.get_by_label("My balance or payments").check()
    form.get_by_label("When was it?").fill(now().date().isoformat())
    form.get_by_label("Your account reference").fill("TW-1")
    form.get_by_label("An e-mail address where we can answer").fill("new@post.example")
    form.get_by_role("button", name="Send it").press("Enter")
    expect(form.get_by_role("heading", level=1)).to_have_text("Thank you")
