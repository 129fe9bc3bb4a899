"""Whose screen it is: over a value, over the whole page, in both themes, and gone with the value."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from tests.desk.conftest import BACKEND, Desk
from tests.e2e.conftest import PHONE, Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Conversation
from holdfast.guard.marks.models import Overlay
from holdfast.guard.models import RevealLog

pytestmark = pytest.mark.browser


@pytest.fixture
def case(desk: Desk) -> Conversation:
    conversation = desk.talk("My card was declined", subject="Card declined")
    assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.ana.pk)
    return conversation


def reveal(page: Page, case: Conversation, label: str = "Account") -> None:
    """Open one value as a person does."""
    if not page.url.endswith(f"/desk/c/{case.number}/"):
        page.goto(f"/desk/c/{case.number}/")
    page.get_by_role("button", name=f"Reveal {label}").click()
    page.locator("#dialog").get_by_label("Trace or return a payment").check()
    page.get_by_role("button", name="Reveal for 60 s").click()
    expect(page.locator(".open-seal .v").first).to_be_visible()


LAYER = """() => {
  const layer = document.querySelector(".marks:popover-open")
  if (!layer) return null
  const box = layer.getBoundingClientRect()
  return {whole: box.left <= 0 && box.top <= 0 && box.right >= innerWidth && box.bottom >= innerHeight,
    through: document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest(".marks") === null}
}"""


def test_an_open_value_marks_the_page_in_both_themes_and_takes_the_marks_along_when_it_goes(
    desk: Desk, case: Conversation, visitors: Visitors, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    page = visitors.page(desk.ana, color_scheme="light", reduced_motion="reduce")
    reveal(page, case)
    assert page.evaluate(LAYER) == {"whole": True, "through": True}
    assert breaches(page) == []
    light = page.screenshot()
    page.emulate_media(color_scheme="dark")
    assert breaches(page) == []
    assert page.screenshot() != light
    reveal(page, case, "Address")
    expect(page.locator(".open-seal")).to_have_count(2)
    assert page.locator(".marks:popover-open").count() == 1  # two would double the pattern
    for _ in range(2):
        page.locator(".open-seal").last.get_by_role("button", name="Hide").click()
        page.wait_for_function("n => document.querySelectorAll('.open-seal').length === n", arg=1 - _)
    assert page.locator(".marks").count() == 0
    eventually(lambda: Overlay.objects.filter(missing_at=None, width=1440, height=900).count() == 2)


def test_a_page_without_its_marks_says_so_and_nobody_elses_page_can_say_it_for_it(
    desk: Desk, case: Conversation, visitors: Visitors, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    page = visitors.page(desk.ana, viewport=PHONE, reduced_motion="reduce")
    page.add_init_script("HTMLElement.prototype.showPopover = function () {}")  # somebody tampers with the page
    page.goto(f"/desk/c/{case.number}/")
    page.get_by_role("button", name="Customer").first.click()
    reveal(page, case)
    eventually(lambda: Overlay.objects.filter(fault="gone").exists())
    stranger = Client()
    stranger.force_login(desk.lead, BACKEND)
    entry = RevealLog.objects.get(outcome="allowed").pk
    measures = {"width": 9, "height": 9, "left": 0, "top": 0, "card_width": 9, "card_height": 9}
    path = f"/desk/c/{case.number}/overlay/{entry}/"
    assert stranger.post(path, measures).status_code == 404
    assert stranger.post(path, measures | {"width": "wide"}).status_code == 422
