"""A reply that was held back, in a browser: whoever answers finds its words, a lead reads and sends it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.conversations.messages import post_reply
from holdfast.desk import cutting_off
from holdfast.desk.cutting_off import Scope, Target
from holdfast.kit.clock import now
from holdfast.notify import held
from holdfast.notify.models import Delivery, HeldBack
from holdfast.people.models import Agent, Team, Vendor

pytestmark = pytest.mark.browser
WORDS = "Please move what you have to this account: it is safe there."


def test_a_lead_of_another_organisation_reads_what_was_held_back_and_sends_it(desk: Desk, visitors: Visitors) -> None:
    team = Team.objects.create(name="Evening", vendor=Vendor.objects.create(name="Vendor T"))
    Agent.objects.filter(pk=desk.bob.pk).update(team=team)
    case = desk.talk("Where is my salary?", channel="email")
    reply = post_reply(conversation_id=case.pk, by=desk.bob.pk, text=WORDS, client_key="one")
    Delivery.objects.create(
        message=reply, channel="email", recipient="maren@post.example", not_before=now(), created_at=now()
    )
    cutting_off.cut_off(target=Target(Scope.AGENT, desk.bob.pk), why="A test", by=desk.security.pk)
    assert held.hold_back() == 1

    page = visitors.page(desk.lead, color_scheme="dark", reduced_motion="reduce")
    page.goto(f"/desk/c/{case.number}/")
    expect(page.get_by_text("Not sent").first).to_be_visible()
    expect(page.get_by_label("Reply to")).to_have_value(WORDS)
    expect(page.get_by_text("Written by Bob Test, held back")).to_be_visible()
    page.get_by_role("button", name="Read and send it").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Send what was held back?")
    expect(dialog.get_by_role("button", name="Cancel").last).to_be_focused()
    assert breaches(page) == []
    dialog.get_by_role("button", name="Send it").press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator(".msg.mine")).to_contain_text(WORDS)
    expect(page.get_by_role("button", name="Read and send it")).to_have_count(0)
    assert HeldBack.objects.get().looked_by_id == desk.lead.pk
