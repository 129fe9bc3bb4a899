"""What is suggested to an agent in a real browser: one quiet line, theirs to take, change and send."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.assistant.learning.models import Suggested
from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Conversation
from holdfast.knowledge.models import Article

pytestmark = pytest.mark.browser
Eventually = Callable[[Callable[[], bool]], None]

ARTICLES = [
    (
        "freeze-card",
        "Freeze a card",
        ["how do I freeze my card", "I lost my card, freeze it"],
        "A card that is lost can be frozen at once.\n\nOpen **Cards** and choose **Freeze**.",
    ),
    ("pin", "Change your PIN", ["how can I change my PIN"], "Change the PIN at any cash machine."),
    ("fees", "What a transfer costs", ["how much is a bank transfer"], "Transfers in euro are free."),
]


@pytest.fixture
def case(desk: Desk) -> Conversation:
    for slug, title, asks, body in ARTICLES:
        Article.objects.create(slug=slug, locale="en", title=title, summary=title, topic="cards", asks=asks, body=body)
    said = ("Hello", "I was on the bus", "I think I left it there", "Are you there?", "Hm", "How do I freeze my card?")
    conversation = desk.talk(*said, subject="Card left on the bus")
    assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.ana.pk)
    return conversation


def suggested(page: Page, case: Conversation) -> None:
    """Open the case and wait for the line. The web process may have the articles of another test still in mind."""
    page.goto(f"/desk/c/{case.number}/")
    for _ in range(20):
        if page.locator("#copilot .suggested").is_visible():
            return
        page.wait_for_timeout(1_000)
        page.reload()
        page.wait_for_load_state("networkidle")
    expect(page.locator("#copilot .suggested")).to_be_visible()


def test_a_suggestion_is_taken_changed_and_sent_by_the_person(
    desk: Desk, case: Conversation, visitors: Visitors, eventually: Eventually
) -> None:
    page = visitors.page(desk.ana)
    suggested(page, case)
    block, reply = page.locator("#copilot .suggested"), page.locator("#text-reply")
    expect(block).to_contain_text("Close match: suggested from “Freeze a card”")
    block.locator("summary").click()
    expect(block.locator(".cite").first).to_have_attribute("href", re.compile("/help/en/freeze-card/$"))
    expect(block).to_contain_text("chosen by a machine")
    assert breaches(page) == []
    expect(reply).to_have_value("")
    block.get_by_role("button", name="Use it").click()
    expect(reply).to_be_focused()
    expect(reply).to_have_value(
        re.compile(
            r"^A card that is lost can be frozen at once\.\n\nOpen Cards and choose Freeze\.\n\nFreeze a card: http"
        )
    )
    expect(block).to_contain_text("In your reply")
    expect(page.locator("[data-saved]")).to_contain_text("Draft saved")
    assert not case.messages.filter(author="agent").exists(), "nothing is sent by itself"
    reply.fill("Open Cards and choose Freeze. I wait here until it is done.")
    page.keyboard.press("Control+Enter")
    eventually(lambda: case.messages.filter(author="agent", text__contains="I wait here").exists())
    expect(page.locator("#copilot .suggested")).to_have_count(0)
    eventually(lambda: Suggested.objects.filter(agent=desk.ana, outcome="edited", changed=100).count() == 1)


def test_a_suggestion_sent_as_it_was_is_used_and_one_passed_over_is_ignored(
    desk: Desk, case: Conversation, visitors: Visitors, eventually: Eventually
) -> None:
    page = visitors.page(desk.ana)
    suggested(page, case)
    page.keyboard.press("Alt+Enter")
    page.keyboard.press("Control+Enter")
    eventually(lambda: Suggested.objects.filter(outcome="used", changed=0).count() == 1)
    other = desk.talk("How do I freeze my card?", subject="Lost card")
    suggested(page, other)
    page.locator("#text-reply").fill("It is frozen.")
    page.keyboard.press("Control+Enter")
    eventually(lambda: Suggested.objects.filter(conversation=other, outcome="ignored").count() == 1)


def test_hints_about_the_wording_come_quietly_and_hold_nothing_up(
    desk: Desk, case: Conversation, visitors: Visitors, eventually: Eventually
) -> None:
    page = visitors.page(desk.ana)
    suggested(page, case)
    reply, hints = page.locator("#text-reply"), page.locator("#hints")
    before = page.locator("#reply .box").bounding_box()
    reply.press_sequentially("Unfortunately the card was blocked!", delay=5)
    expect(hints).to_contain_text("Say in the same reply what is possible")
    expect(hints).to_contain_text("A full stop says the same, calmly")
    assert page.locator("#reply .box").bounding_box() == before, "nothing moves under the hands of who types"
    expect(reply).to_be_focused()
    expect(hints).to_have_attribute("aria-live", "polite")
    assert breaches(page) == []
    page.keyboard.press("Control+Enter")
    expect(hints).to_be_empty()
    eventually(lambda: case.messages.filter(author="agent", text__contains="Unfortunately").exists())


def test_alt_enter_takes_it_after_what_is_written_and_the_case_is_summed_up(
    desk: Desk, case: Conversation, visitors: Visitors
) -> None:
    page = visitors.page(desk.ana)
    suggested(page, case)
    page.locator("#text-reply").fill("Hello Maren.")
    page.keyboard.press("Alt+Enter")
    expect(page.locator("#text-reply")).to_have_value(re.compile(r"^Hello Maren\.\n\nA card that is lost"))
    page.get_by_role("button", name="Sum up the case").click()
    expect(page.locator("#copilot-out")).to_contain_text("Wants")
    assert breaches(page) == []


def test_a_copilot_that_fails_shows_nothing_and_the_desk_works(
    desk: Desk, case: Conversation, visitors: Visitors, eventually: Eventually
) -> None:
    page = visitors.page(desk.ana)
    page.route("**/copilot/**", lambda route: route.abort())
    page.goto(f"/desk/c/{case.number}/")
    expect(page.locator("#conversation .msgs")).to_contain_text("How do I freeze")
    page.locator("#text-reply").fill("It is frozen.")
    page.keyboard.press("Control+Enter")
    eventually(lambda: case.messages.filter(author="agent", text="It is frozen.").exists())
    expect(page.locator("#copilot")).to_be_hidden()
    assert "Nobody answered" not in page.locator("body").inner_text()
    visitors.forgive("Failed to load resource")
    visitors.forgive("htmx:")


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_the_line_fits_its_screen(desk: Desk, case: Conversation, visitors: Visitors, width: int) -> None:
    page = visitors.page(desk.ana, viewport={"width": width, "height": 844})
    suggested(page, case)
    page.locator("#copilot summary").click()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    for part in ("#copilot .suggested", "#reply .box"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_taking_a_case_brings_what_is_only_for_ones_own(
    desk: Desk, case: Conversation, visitors: Visitors, eventually: Eventually
) -> None:
    assign(conversation_id=case.pk, to=None, by=desk.ana.pk)
    page = visitors.page(desk.ana)
    suggested(page, case)
    expect(page.locator("#copilot")).to_have_attribute("data-mine", "0")
    page.keyboard.press("a")
    expect(page.locator("#copilot")).to_have_attribute("data-mine", "1")
    expect(page.locator("#copilot .suggested")).to_be_visible()
