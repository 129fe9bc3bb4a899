"""WCAG 2.2 AA as far as a machine can tell, in both themes, at three widths."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import LOOKS, Visitors

from holdfast.conversations.assignments import assign

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def breaches(page: Page) -> list[str]:
    """What axe found, as lines a person can act on. Its script is injected past the page's policy, by the debugger."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_desk_and_a_case_have_no_breach(desk: Desk, visitors: Visitors, scheme: str, width: int) -> None:
    desk.talk("another one"), desk.talk("a third one", queue=desk.other)
    conversation = desk.talk("My card was declined", "Hello?", subject="Card declined")
    assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.ana.pk)
    page = visitors.page(
        desk.ana, viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page.goto("/desk/")
    expect(page.locator("#rows")).to_contain_text("another one")
    assert breaches(page) == []
    page.goto(f"/desk/c/{conversation.number}/")
    expect(page.locator("#conversation .msgs")).to_contain_text("Hello?")
    assert breaches(page) == []
