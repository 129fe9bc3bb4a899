"""An agent's day in a real browser: keyboard, writing, handing over, live updates, themes and widths."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import PHONE, Visitors

from holdfast.conversations.assignments import assign
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Conversation
from holdfast.notify.deliveries import announce
from holdfast.notify.models import Delivery

pytestmark = pytest.mark.browser
Eventually = Callable[[Callable[[], bool]], None]


def answers(conversation: Conversation) -> int:
    return conversation.messages.filter(author="agent", internal=False).count()


def open_case(page: Page, conversation: Conversation) -> None:
    """Go to a case and wait until its script listens."""
    page.goto(f"/desk/c/{conversation.number}/")
    expect(page.locator("#conversation")).to_contain_text(conversation.preview)
    page.wait_for_function("document.querySelector('#desk') && !!window.htmx")


def test_signing_in_leads_to_the_desk(desk: Desk, visitors: Visitors) -> None:
    desk.ana.set_password("a long enough passphrase")
    desk.ana.save()
    desk.talk()
    page = visitors.page()
    page.goto("/desk/")
    page.get_by_label("Email").fill(desk.ana.email)
    page.get_by_label("Password", exact=True).fill("a long enough passphrase")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{visitors.server.url}/desk/")
    expect(page.locator("#rows")).to_contain_text("My card was declined")


def test_j_and_k_move_and_enter_opens(desk: Desk, visitors: Visitors) -> None:
    first, second = desk.talk("first matter"), desk.talk("second matter")
    page = visitors.page(desk.ana)
    page.goto("/desk/")
    page.locator(f"#row-{first.pk}").wait_for()
    page.keyboard.press("j")
    expect(page.locator(f"#row-{first.pk} a")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(f"#row-{second.pk} a")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#conversation .msgs")).to_contain_text("first matter")
    expect(page).to_have_url(f"{visitors.server.url}/desk/c/{first.number}/")


def test_a_case_opened_by_its_address_gets_its_list_and_the_list_is_reached_by_key(
    desk: Desk, visitors: Visitors
) -> None:
    first, second = desk.talk("first matter"), desk.talk("second matter")
    page = visitors.page(desk.ana)
    open_case(page, second)
    expect(page.locator(f"#row-{second.pk} a")).to_have_attribute("aria-current", "true")
    expect(page.locator("#rows")).not_to_have_attribute("aria-busy", "true")
    page.keyboard.press("k")
    expect(page.locator(f"#row-{first.pk} a")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#conversation .msgs")).to_contain_text("first matter")
    page.go_back()
    expect(page.locator("#conversation .msgs")).to_contain_text("second matter")
    expect(page.locator(f"#row-{second.pk} a")).to_have_attribute("aria-current", "true")


def test_a_list_that_does_not_come_leaves_a_link_to_it(desk: Desk, visitors: Visitors) -> None:
    conversation = desk.talk("the only matter")
    page = visitors.page(desk.ana)
    page.route("**/desk/list/**", lambda route: route.abort())
    open_case(page, conversation)
    expect(page.locator("#rows").get_by_role("link", name="Show the list")).to_have_attribute(
        "href", re.compile("/desk/")
    )
    visitors.forgive("Failed to load resource")


def test_r_writes_and_control_enter_sends(desk: Desk, visitors: Visitors, eventually: Eventually) -> None:
    conversation = desk.talk()
    page = visitors.page(desk.ana)
    open_case(page, conversation)
    page.keyboard.press("r")
    expect(page.locator("#text-reply")).to_be_focused()
    page.keyboard.type("We have found it. The card works again.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#conversation .msgs")).to_contain_text("The card works again.")
    eventually(lambda: answers(conversation) == 1)
    conversation.refresh_from_db()
    assert conversation.assignee_id == desk.ana.pk
    expect(page.locator("#text-reply")).to_have_value("")


def test_a_note_is_marked_as_one(desk: Desk, visitors: Visitors, eventually: Eventually) -> None:
    conversation = desk.talk()
    page = visitors.page(desk.ana)
    open_case(page, conversation)
    page.keyboard.press("Shift+R")
    expect(page.locator("#text-note")).to_be_focused()
    page.keyboard.type("Ask the card team")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-msg")).to_contain_text("Ask the card team")
    eventually(lambda: conversation.messages.filter(internal=True, text="Ask the card team").exists())
    assert answers(conversation) == 0


def test_a_draft_survives_a_reload(desk: Desk, visitors: Visitors) -> None:
    conversation = desk.talk()
    page = visitors.page(desk.ana)
    open_case(page, conversation)
    page.locator("#text-reply").fill("Half a thought")
    expect(page.locator("[data-saved]")).to_contain_text("Draft saved")
    page.reload()
    expect(page.locator("#text-reply")).to_have_value("Half a thought")


def test_handing_over_asks_for_a_summary(desk: Desk, visitors: Visitors, eventually: Eventually) -> None:
    conversation = desk.talk()
    page = visitors.page(desk.ana)
    open_case(page, conversation)
    page.keyboard.press("t")
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    summary = dialog.locator("[name=summary]")
    expect(summary).to_have_attribute("required", "")
    dialog.get_by_label("To", exact=True).select_option(label="Payments, leaves your desk")
    dialog.locator("button[type=submit]").click()
    expect(dialog).to_be_visible()
    summary.fill("Charged twice at the pharmacy, card is checked")
    dialog.locator("button[type=submit]").click()
    expect(dialog).to_be_hidden()
    eventually(lambda: conversation.transfers.count() == 1)
    conversation.refresh_from_db()
    assert conversation.queue_id == desk.payments.pk
    expect(page.locator(f"#row-{conversation.pk}")).to_have_count(0)
    visitors.forgive("404")  # how the screen learns that the case has left its reader's reach


def test_the_palette_finds_a_queue_and_goes_there(desk: Desk, visitors: Visitors) -> None:
    desk.talk("for everything else", queue=desk.other)
    page = visitors.page(desk.ana)
    page.goto("/desk/")
    page.wait_for_function("!!window.htmx")
    page.keyboard.press("Control+k")
    palette = page.locator("#palette")
    expect(palette).to_be_visible()
    page.keyboard.type("everything else")
    # By its first words: the offer to search for what was typed is there before the queue is.
    queue = palette.get_by_role("option", name=re.compile("^Everything else"))
    expect(queue).to_be_visible()
    queue.click()
    expect(page.locator("#list h2").first).to_have_text("Everything else")
    expect(page.locator("#rows")).to_contain_text("for everything else")


def test_what_a_colleague_says_appears_by_itself(desk: Desk, visitors: Visitors) -> None:
    conversation = desk.talk()
    ana, lead = visitors.page(desk.ana), visitors.page(desk.lead)
    open_case(ana, conversation)
    open_case(lead, conversation)
    ana.keyboard.press("r")
    ana.keyboard.type("Your card is unblocked.")
    ana.keyboard.press("Control+Enter")
    expect(lead.locator("#conversation .msgs")).to_contain_text("Your card is unblocked.")


def test_a_colleague_who_writes_is_seen(desk: Desk, visitors: Visitors) -> None:
    conversation = desk.talk()
    ana, ben = visitors.page(desk.ana), visitors.page(desk.ben)
    open_case(ana, conversation)
    open_case(ben, conversation)
    ben.locator("#text-reply").press_sequentially("I am on it")
    expect(ana.locator("#conversation")).to_contain_text("Ben")


def test_who_answers_second_reads_the_first_answer(desk: Desk, visitors: Visitors, eventually: Eventually) -> None:
    conversation = desk.talk()
    page = visitors.page(desk.lead)
    page.route("**/events?**", lambda route: route.abort())  # this screen is not told in time
    open_case(page, conversation)
    other = visitors.page(desk.ana)
    open_case(other, conversation)
    other.locator("#text-reply").fill("I was quicker")
    other.keyboard.press("Control+Enter")
    eventually(lambda: answers(conversation) == 1)
    page.locator("#text-reply").fill("My slower words")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#conversation")).to_contain_text("I was quicker")
    expect(page.locator("#text-reply")).to_have_value("My slower words")
    assert answers(conversation) == 1
    visitors.forgive("409")
    visitors.forgive("ERR_FAILED")


def test_a_value_is_shown_after_a_purpose_and_is_gone_on_reload(desk: Desk, visitors: Visitors) -> None:
    conversation = desk.talk()
    assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.ana.pk)
    page = visitors.page(desk.ana)
    open_case(page, conversation)
    expect(page.locator("body")).not_to_contain_text("IE29AIBK93115212345678")
    page.locator("#sealed-iban").get_by_role("button", name="Reveal").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Trace or return a payment").check()
    dialog.locator("button[type=submit]").click()
    expect(page.locator("body")).to_contain_text("IE29AIBK93115212345678")
    page.reload()
    expect(page.locator("body")).not_to_contain_text("IE29AIBK93115212345678")


def test_dark_mode_is_chosen_once_and_kept(desk: Desk, visitors: Visitors, eventually: Eventually) -> None:
    desk.talk()
    page = visitors.page(desk.ana, color_scheme="light")
    page.goto("/desk/")

    def ground() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = ground()
    page.locator("summary[aria-label*='account']").click()
    page.locator("[data-set-theme=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert ground() != light
    eventually(lambda: type(desk.ana).objects.get(pk=desk.ana.pk).theme == "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_on_a_phone_the_list_and_the_case_take_turns(desk: Desk, visitors: Visitors) -> None:
    conversation = desk.talk()
    page = visitors.page(desk.ana, viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto("/desk/")
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator("#conversation")).to_be_hidden()
    page.locator(f"#row-{conversation.pk} a").tap()
    expect(page.locator("#conversation .msgs")).to_be_visible()
    expect(page.locator("#list")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out sideways"


def test_formatted_mail_opens_in_a_frame_where_nothing_runs(desk: Desk, visitors: Visitors) -> None:
    conversation = desk.talk(channel="email")
    message = conversation.messages.get()
    message.html = "<p>Hello <b>there</b></p><script>parent.document.title = 'owned'</script>"
    message.save(update_fields=["html"])
    page = visitors.page(desk.ana)
    open_case(page, conversation)
    page.get_by_text("Show formatted").click()
    frame = page.frame_locator("#conversation iframe")
    expect(frame.locator("b")).to_have_text("there")
    assert page.title() != "owned"
    visitors.forgive("Blocked script execution")
    visitors.forgive("Content Security Policy")


def test_a_reply_nobody_knows_about_is_sent_again_and_colleagues_see_it_live(desk: Desk, visitors: Visitors) -> None:
    conversation = desk.talk("Where is my salary?", channel="email")
    message = post_reply(
        conversation_id=conversation.pk, by=desk.ana.pk, text="It shows by 18:00.", client_key="a" * 12
    )
    delivery = Delivery.objects.create(
        message=message,
        channel="email",
        recipient="maren@post.example",
        state=Delivery.State.UNKNOWN,
        error="The connection broke while it was being handed over.",
        not_before=message.created_at,
        created_at=message.created_at,
    )
    page, colleague = visitors.page(desk.ana), visitors.page(desk.ben)
    open_case(page, Conversation.objects.get(pk=conversation.pk))
    open_case(colleague, Conversation.objects.get(pk=conversation.pk))
    left = page.locator("[data-delivery]")
    expect(left).to_contain_text("not known whether this arrived")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("#dialog")).to_contain_text("It may have arrived already")
    expect(page.locator("#dialog").get_by_role("button", name="Cancel").last).to_be_focused()
    page.locator("#dialog").get_by_role("button", name="Send again").click()
    for each in (page, colleague):
        expect(each.locator("[data-delivery]")).to_contain_text("Waiting to be sent")
        expect(each.get_by_role("button", name="Send again")).to_have_count(0)
        expect(each.locator("#messages")).to_contain_text("Ana Test has the reply of")
    Delivery.objects.update(state=Delivery.State.SENT, error="")
    with transaction.atomic():
        announce([delivery])
    expect(left).to_have_text("Sent")
