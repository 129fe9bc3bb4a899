"""Goodwill in a browser: a code is shown once, and every page holds at every width, in both themes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import Visitors
from tests.e2e.test_desk_accessibility import breaches
from tests.e2e.test_outreach import fits, touched
from tests.incidents.goodwill.conftest import MAIL, crowd

from holdfast.incidents.goodwill import handing, limits, offers, redeeming
from holdfast.incidents.goodwill.models import Drawn
from holdfast.incidents.models import Incident
from holdfast.kit.clock import now
from holdfast.people.choosing import Choice

pytestmark = pytest.mark.browser


def test_a_test_code_is_shown_once_and_redeemed_and_nothing_overflows(desk: Desk, visitors: Visitors) -> None:
    number, lead = touched(desk), desk.lead.pk
    crowd(12)
    limits.set_limit(agent_id=desk.bob.pk, amount=Decimal(5000), currency="EUR", by=desk.admin.pk)
    offer = offers.write(
        incident_id=Incident.objects.get().pk, name="Ten back for declined cards", amount=Decimal(10), currency="EUR",
        budget=Decimal(500), expires_at=now() + timedelta(days=30), whom=offers.Whom(choice=Choice(tier="plus")),
        hold_out=25, mails=MAIL, by=lead,
    )  # fmt: skip
    offers.approve(offer_id=offer, by=desk.bob.pk)
    page = visitors.page(desk.lead, reduced_motion="reduce")
    page.goto(f"/incidents/{number}/goodwill/")
    expect(page.locator(".offers").first).to_contain_text("Ten back for declined cards")
    page.get_by_text("Write an offer").click()
    assert breaches(page) == []
    fits(page, "goodwill-home-light")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name="Ten back for declined cards").click()
    page.get_by_role("button", name="Make a test code").click()
    code = page.locator(".once .code").inner_text()
    fits(page, "goodwill-code-light")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_label("A code to redeem here").fill(code)
    page.get_by_role("button", name="Redeem it").click()
    expect(page.get_by_text("The test passed.")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text(code)
    handing.hand_over(offer_id=offer, stream="service", by=lead)
    somebody = Drawn.objects.filter(offer=offer, arm="offered")[0].customer_id
    redeeming.redeem(
        code=redeeming.give_one(offer_id=offer, customer_id=somebody, by=lead), key="order 1", through="till"
    )
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(f"/incidents/{number}/goodwill/{offer}/")
        expect(page.get_by_text("Too few to tell").first).to_be_visible()
        assert breaches(page) == []
        fits(page, f"goodwill-offer-{scheme}")
        page.set_viewport_size({"width": 1440, "height": 900})
