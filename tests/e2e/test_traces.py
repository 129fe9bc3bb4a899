"""A photograph that turned up, in a browser: brought, waited for, read, counted; every page holds at every width."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import Visitors
from tests.e2e.test_desk_accessibility import breaches
from tests.e2e.test_outreach import fits
from tests.guard.marks.camera import GOOD, photograph
from tests.guard.marks.test_decoding import CARD, PAGE, screen

from holdfast.guard.marks import tasks
from holdfast.guard.marks.models import Overlay, Reading
from holdfast.guard.models import RevealLog, RevealTicket
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.people.models import Customer

pytestmark = pytest.mark.browser
ANAS = "a" * 16


def seen(desk: Desk) -> None:
    """Ana, Ben and Bob were shown a value of the same customer, each in a session of their own."""
    customer = Customer.objects.create(name="Somebody", reference="TR-1")
    for agent, session in ((desk.ana, ANAS), (desk.ben, "b" * 16), (desk.bob, "c" * 16)):
        row = RevealLog.objects.create(
            at=now() - timedelta(minutes=5),
            agent_id=agent.pk,
            session=session,
            conversation_id=uuid7(),
            customer_id=customer.pk,
            subject=f"people_customer.iban.{customer.pk}",
            field="iban",
            purpose="payment",
            outcome="allowed",
        )
        RevealTicket.objects.create(log=row, expires_at=now(), redeemed_at=now() - timedelta(minutes=4))
        Overlay.objects.create(
            log_id=row.pk, first_at=now(), last_at=now(), width=PAGE[0], height=PAGE[1], left=CARD[0], top=CARD[1],
            card_width=CARD[2], card_height=CARD[3],
        )  # fmt: skip


def test_from_a_photograph_to_a_signed_list_and_nothing_overflows(desk: Desk, visitors: Visitors) -> None:
    seen(desk)
    taken = photograph(screen(ANAS), GOOD, seed=3)
    page = visitors.page(desk.security, reduced_motion="reduce")

    def looked_at(name: str) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert breaches(page) == []
            fits(page, f"{name}-{scheme}")
        page.set_viewport_size({"width": 1440, "height": 900})

    page.goto("/security/radius/")
    page.get_by_role("link", name="Photographs").click()
    page.get_by_text("A code, or where the page is in the picture").click()
    looked_at("traces-ask")
    page.get_by_label("Photograph or file").set_input_files(
        files=[{"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": taken.jpeg}]
    )
    page.get_by_label("Keep the file, sealed, as evidence").check()
    page.get_by_label("Account reference, if known").fill("TR-1")
    page.get_by_label("Corners of the page").fill(",".join(f"{x:.0f},{y:.0f}" for x, y in taken.corners))
    page.get_by_role("button", name="Read the marks").click()
    expect(page.get_by_text("waits for a worker")).to_be_visible()
    reading = Reading.objects.get()
    Reading.objects.update(step=1, steps=3)
    expect(page.get_by_text("Step 2 of 3")).to_be_visible()  # by itself
    looked_at("traces-read")
    tasks.read_photograph(reading_id=str(reading.pk))
    expect(page.get_by_role("heading", name=f"Session of {desk.ana.name}")).to_be_visible()
    looked_at("traces-named")
    page.get_by_role("button", name="Count for this session’s time").click()
    expect(page.get_by_role("heading", name="Whom 1 account could know")).to_be_visible()
    expect(page.get_by_text("It says whose screen or copy it was")).to_be_visible()
    assert breaches(page) == []
    fits(page, "traces-report")
    page.goto("/security/radius/traces/")
    expect(page.get_by_role("row", name=desk.ana.name)).to_be_visible()
    fits(page, "traces-list")
