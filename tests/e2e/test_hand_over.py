"""A case the assistant handed over, in a real browser: the story stands above the thread, and it may be let go on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import PHONE, Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.assistant.contract import HandOver, Reason
from holdfast.assistant.handing_over import ToHand, hand_over_many
from holdfast.assistant.models import Holding
from holdfast.conversations.models import Conversation

pytestmark = pytest.mark.browser
Eventually = Callable[[Callable[[], bool]], None]
WORDS = "My salary has not shown and the rent goes out today. I cannot miss it again."


@pytest.fixture
def case(desk: Desk) -> Conversation:
    conversation = desk.talk(WORDS, subject="Salary")
    outcome = HandOver(Reason.NOT_SURE, "Nearest article: “Transfers that take longer”, not a clear match.", "en")
    to_hand = ToHand(
        conversation_id=conversation.pk,
        queue_id=conversation.queue_id or 0,
        channel="email",
        locale="en",
        outcome=outcome,
        text=WORDS,
        level=1,
    )
    hand_over_many([to_hand])
    return conversation


def test_five_lines_stand_above_the_thread_and_the_menu_lets_it_go_on(
    desk: Desk, case: Conversation, visitors: Visitors, eventually: Eventually
) -> None:
    page = visitors.page(desk.ana)
    page.goto(f"/desk/c/{case.number}/")
    story = page.locator(".handover")
    expect(story.locator("dt")).to_have_text(["Wants", "We know", "Tried", "Worry", "Not checked"])
    expect(story).to_contain_text("“I cannot miss it again.”")
    assert breaches(page) == []
    page.get_by_label("More").click()
    page.get_by_role("button", name="Let the assistant go on").click()
    eventually(lambda: Holding.objects.get(pk=case.pk).word == "assistant")
    expect(page.get_by_text("let the assistant go on.").first).to_be_visible()


def test_it_fits_a_phone(desk: Desk, case: Conversation, visitors: Visitors) -> None:
    page = visitors.page(desk.ana, viewport=PHONE)
    page.goto(f"/desk/c/{case.number}/")
    expect(page.locator(".handover")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
