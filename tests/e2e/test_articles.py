"""The pages of articles in a browser: for readers and for those who write, at three widths and in both themes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import LOOKS, PHONE, Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.knowledge import editing, unanswered
from holdfast.knowledge.editing import Content
from holdfast.knowledge.models import Article, ArticleFeedback

pytestmark = pytest.mark.browser


def _content(title: str, body: str) -> Content:
    return Content(title, "In one sentence.", body, ("I lost my card",), "cards", None)


def _written(desk: Desk) -> tuple[Article, Article]:
    by = desk.lead.pk
    original = editing.write(slug="lost", locale="en", content=_content("A lost card", "Freeze it.\n\nOnce."), by=by)
    other = editing.write(slug="lost", locale="id", content=_content("Kartu hilang", "Bekukan."), by=by)
    for each in (original, other):
        editing.publish(article_id=each.pk, by=by)
    editing.change(article_id=original.pk, seen_version=1, content=_content("A lost card", "Freeze it now."), by=by)
    unanswered.note("insurance for my phone and everything else that I ever bought", "en", where="help")
    return original, other


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_pages_of_articles_have_no_breach_and_fit_their_window(
    desk: Desk, visitors: Visitors, width: int, scheme: str
) -> None:
    original, other = _written(desk)
    page = visitors.page(
        desk.lead, viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    home = "/settings/articles/"
    for address in (
        f"{home}{original.pk}/",
        f"{home}{original.pk}/versions/?v=2",
        f"{home}{other.pk}/beside/",
        f"{home}due/",
        f"{home}languages/",
        f"{home}not-found/",
        "/help/en/",
        "/help/en/?q=lost+card",
        "/help/en/lost/",
    ):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert breaches(page) == [], address
        pane = "document.querySelector('.page') || document.documentElement"
        assert page.evaluate(f"({pane}).scrollWidth - ({pane}).clientWidth") <= 0, address


def test_a_reader_searches_reads_and_says_that_it_did_not_help_by_keyboard_alone(
    desk: Desk, visitors: Visitors
) -> None:
    _written(desk)
    page = visitors.page(viewport=PHONE)
    page.goto("/help/en/")
    page.get_by_label("Search the help centre").press_sequentially("my card is lost")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="A lost card").press("Enter")
    page.get_by_label("One line, if you like").press_sequentially("It does not say how")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert page.context.cookies() == []
    assert list(ArticleFeedback.objects.values_list("helped", "line")) == [(False, "It does not say how")]
