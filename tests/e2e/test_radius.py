"""Blast radius in a browser: asked, read, held against a sample, handed on; every page holds at every width."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import Visitors
from tests.e2e.test_desk_accessibility import breaches
from tests.e2e.test_outreach import fits, touched
from tests.granted import granted

from holdfast.guard.models import RevealLog, RevealTicket
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.people.models import Customer

pytestmark = pytest.mark.browser


def seen(desk: Desk) -> None:
    """Ana saw some customers, was refused others, and had a case of one more."""
    fields = ("iban", "address", f"identity-{uuid7()}"[:40])
    for number in range(12):
        customer = Customer.objects.create(name="Somebody", reference=f"RD-{number}")
        row = RevealLog.objects.create(
            at=now() - timedelta(minutes=5),
            agent_id=desk.ana.pk,
            session="s" * 16,
            conversation_id=uuid7(),
            customer_id=customer.pk,
            subject=f"people_customer.iban.{customer.pk}",
            field=fields[number % 3],
            purpose="payment",
            outcome="allowed" if number < 9 else "no_grant",
        )
        if number < 8:
            RevealTicket.objects.create(log=row, expires_at=now(), redeemed_at=now() - timedelta(minutes=4))
    granted(agent_id=desk.ana.pk, conversation_id=uuid7(), customer_id=customer.pk, opened_at=now())


def test_from_a_question_to_an_incident_and_nothing_overflows(desk: Desk, visitors: Visitors) -> None:
    number = touched(desk)
    seen(desk)
    page = visitors.page(desk.admin, reduced_motion="reduce")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto("/security/radius/")
        for summary in page.locator(".who summary").all():
            if not summary.evaluate("each => each.parentElement.open"):
                summary.click()
        assert breaches(page) == []
        fits(page, f"radius-ask-{scheme}")
        page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_label(desk.ana.name, exact=True).check()
    page.get_by_label("From", exact=True).fill("2026-01-01T00:00")
    page.get_by_label("To, not included").fill("2099-01-01T00:00")
    page.get_by_role("button", name="Count").click()
    expect(page.get_by_role("heading", name="Whom 1 account could know")).to_be_visible()
    expect(page.get_by_role("row", name="Account number 3")).to_be_visible()
    page.get_by_label("References (CSV, first column)").set_input_files(
        files=[{"name": "sample.csv", "mimeType": "text/csv", "buffer": b"RD-1\nRD-10\nRD-999\n"}]
    )
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("1 had a value shown")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert breaches(page) == []
        fits(page, f"radius-report-{scheme}")
        page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Hand on").click()
    expect(page.get_by_text(f"8 customers are a group of incident {number}.")).to_be_visible()
    page.goto(f"/incidents/{number}/legal/")
    expect(page.get_by_text("Proposed: we became aware of it")).to_be_visible()
    assert breaches(page) == []
    fits(page, "radius-proposed")
