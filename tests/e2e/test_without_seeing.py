"""Checking what somebody says, and looking at a picture or a file they sent: by keyboard, in both themes."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import Visitors
from tests.e2e.test_desk import open_case
from tests.e2e.test_desk_accessibility import breaches

from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Attachment, Conversation
from holdfast.kit.blobs import BlobStore

pytestmark = pytest.mark.browser
PDF = b"%PDF-1.4\nthe statement\n%%EOF\n"


@pytest.fixture
def case(desk: Desk) -> Conversation:
    conversation = desk.talk("Here is my card", subject="Who I am")
    assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.ana.pk)
    image, out = Image.new("RGB", (900, 560), "#d8e4ea"), io.BytesIO()
    ImageDraw.Draw(image).text((40, 60), "REPUBLIC OF NOWHERE\nOKAFOR MAREN", fill="black", font_size=48)
    image.save(out, "JPEG")
    Attachment.objects.create(
        message=conversation.messages.filter(author="customer")[0],
        name="card.jpg",
        type="image/jpeg",
        size=len(out.getvalue()),
        digest=BlobStore(settings.BLOB_DIR).put(out.getvalue()),
    )
    Attachment.objects.create(
        message=conversation.messages.filter(author="customer")[0],
        name="statement.pdf",
        type="application/pdf",
        size=len(PDF),
        digest=BlobStore(settings.BLOB_DIR).put(PDF),
    )
    return conversation


def shot(page: Page, name: str) -> None:
    if place := os.environ.get("GATE_SHOTS"):
        page.screenshot(path=Path(place) / f"{name}.png")


def test_what_they_say_is_checked_by_keyboard(desk: Desk, case: Conversation, visitors: Visitors) -> None:
    page = visitors.page(desk.ana, color_scheme="light", reduced_motion="reduce")
    open_case(page, case)
    shot(page, "rail")
    page.get_by_role("button", name="Check Account").press("Enter")
    dialog = page.locator("#dialog")
    expect(dialog.get_by_label("Last four characters they gave")).to_be_focused()
    assert breaches(page) == []
    page.keyboard.type("1111")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("No, that is not the same.")
    shot(page, "check-no")
    dialog.get_by_label("Last four characters they gave").fill("5678")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Yes, that is the same.")
    page.emulate_media(color_scheme="dark")
    assert breaches(page) == []
    shot(page, "check-yes-dark")
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    expect(page.locator("body")).not_to_contain_text("IE29AIBK93115212345678")


def test_a_picture_is_blurred_until_somebody_says_why(desk: Desk, case: Conversation, visitors: Visitors) -> None:
    page = visitors.page(desk.ana, color_scheme="light", reduced_motion="reduce")
    open_case(page, case)
    expect(page.locator(".pic img")).to_have_js_property("complete", True)
    shot(page, "picture-blurred")
    page.get_by_role("button", name="Show card.jpg").click()
    page.locator("#dialog").get_by_label("Check who I am talking to").check()
    page.get_by_role("button", name="Reveal for 60 s").click()
    shown = page.locator(".open-seal.picture img")
    expect(shown).to_be_visible()
    page.wait_for_function("document.querySelector('.open-seal.picture img').naturalWidth === 900")
    assert breaches(page) == []
    shot(page, "picture-shown")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, "picture-narrow")
    page.get_by_role("button", name="Hide").click()
    expect(shown).to_have_count(0)


def test_a_file_is_saved_once_somebody_said_why(desk: Desk, case: Conversation, visitors: Visitors) -> None:
    page = visitors.page(desk.ana, color_scheme="light", reduced_motion="reduce")
    open_case(page, case)
    page.get_by_role("button", name="Download statement.pdf").click()
    shot(page, "file-asked")
    page.locator("#dialog").get_by_label("Trace or return a payment").check()
    with page.expect_download() as saved:
        page.locator("#dialog").get_by_role("button", name="Download").press("Enter")
    assert saved.value.suggested_filename == "statement.pdf"
    assert Path(saved.value.path()).read_bytes().startswith(PDF)
    expect(page.locator(".open-seal")).to_contain_text("statement.pdf: saved by your browser")
    assert breaches(page) == []
    shot(page, "file-saved")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, "file-saved-narrow-dark")
    page.get_by_role("button", name="Hide").click()
    expect(page.locator(".open-seal")).to_have_count(0)
