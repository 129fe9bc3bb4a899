"""The settings in a browser: previews follow what is typed, and every page is fit for everybody."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import LOOKS, Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.assistant.learning.models import Candidate, Release
from holdfast.desk.models import CannedReply
from holdfast.intake import operators
from holdfast.kit.clock import now
from holdfast.knowledge.models import Article

pytestmark = pytest.mark.browser


def test_previews_follow_what_is_typed_and_the_keyboard_is_enough(desk: Desk, visitors: Visitors) -> None:
    page = visitors.page(desk.lead)
    page.goto("/settings/replies/new/")
    page.get_by_label("Title").fill("Late payment")
    page.get_by_label("Shortcut").fill("late")
    page.get_by_label("Words").fill("Hello {{ customer.given_name }}, {{ customer.iban }}")
    expect(page.locator("#preview")).to_contain_text("Hello Maren,")
    expect(page.locator("#preview")).to_contain_text("“customer.iban” is not a variable")
    page.get_by_label("Words").fill("Hello {{ customer.given_name }}, it comes today.")
    expect(page.locator("#preview .note")).to_have_count(0)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="/late is at hand")).to_be_visible()

    page.goto("/settings/articles/new/")
    page.get_by_label("Title").fill("Freeze a lost card")
    page.get_by_label("Words", exact=True).fill("## How\n\n- Open the app")
    expect(page.locator("#preview h2")).to_have_text("How")
    expect(page.locator("#preview")).to_contain_text("Freeze a lost card")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_settings_have_no_breach_and_fit_their_window(
    desk: Desk, visitors: Visitors, width: int, scheme: str
) -> None:
    reply = CannedReply.objects.create(shortcut="late", title="Late", body="Soon, {{ customer.given_name }}. " * 20)
    article = Article.objects.create(slug="freeze", locale="en", title="Freeze a card", body="## Now\n\n- Open")
    operators.add(
        name="alexa", url="https://keys.assistant.example/a/rather/long/path/to/the/keys.json", by=desk.lead.pk
    )
    operators.switch(name="alexa", enabled=False)
    Candidate.objects.create(
        conversation=desk.talk("a machine ate it"),
        locale="en",
        question="a machine ate it",
        answer="It stays there, and a new one is on its way.",
        nearest=article,
        resolved_at=now(),
    )
    figures = {"asked": 24, "answered": 14, "right": 13}
    Release.objects.create(before=figures, after=figures, seconds=1.0, made_by=desk.lead, made_at=now())
    page = visitors.page(
        desk.admin, viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    for address in (
        "/settings/learning/",
        "/settings/replies/",
        f"/settings/replies/{reply.pk}/",
        "/settings/queues/",
        f"/settings/queues/{desk.cards.pk}/",
        "/settings/assistants/",
        "/settings/articles/",
        f"/settings/articles/{article.pk}/",
        "/welcome/team/",
    ):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert breaches(page) == [], address
        wider = page.evaluate(
            "document.querySelector('.page').scrollWidth - document.querySelector('.page').clientWidth"
        )
        assert wider <= 0, address
