"""Asking a customer for proof in a real browser: one button in the rail, one question, and how far it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.conversations.assignments import assign
from holdfast.kit.clock import now
from holdfast.people.models import Identity, ProofCode

pytestmark = pytest.mark.browser


def test_an_agent_asks_for_proof_and_sees_how_far_it_is(desk: Desk, visitors: Visitors) -> None:
    Identity.objects.update(created_at=now() - timedelta(days=9))
    case = desk.talk("Where is my transfer?", subject="Transfer")
    assign(conversation_id=case.pk, to=desk.ana.pk, by=desk.ana.pk)
    page = visitors.page(desk.ana)
    page.goto(f"/desk/c/{case.number}/")
    page.get_by_role("button", name="Ask them to prove who they are").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("Ask who this is?")
    expect(dialog.get_by_role("radio")).to_be_checked()
    assert breaches(page) == []
    page.keyboard.press("Enter")
    expect(page.locator("#proof")).to_contain_text("Code sent at")
    expect(dialog).to_be_hidden()
    expect(page.locator("#conversation .msgs")).to_contain_text("a six-digit code is on its way there")
    assert ProofCode.objects.get(conversation_id=case.pk).asked_by_id == desk.ana.pk
    assert breaches(page) == []
