"""A reply is a mail in the customer's thread, and nothing in it can break out of its header."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from holdfast.channels.email_out import OutgoingFile, OutgoingMail, build, header_id
from holdfast.channels.reply_token import conversation_of
from holdfast.kit.ids import uuid7

MAIL = OutgoingMail(
    header_id=header_id(UUID(int=7)),
    conversation_id=uuid7(),
    number=41,
    recipient="maren@example.com",
    subject="Rent due today",
    text="No, you won’t be.\n\nSee https://example.com/a?b=1&c=2.\n<b>not bold</b>",
    sent_at=datetime(2026, 11, 22, 14, 15, tzinfo=UTC),
    author_name="Imani",
    references=["first@example.com", "second@example.com"],
)


def read(mail: OutgoingMail) -> Any:
    return message_from_bytes(build(mail).message().as_bytes(), policy=default)


def test_it_stands_in_the_customers_thread_and_leads_back() -> None:
    mail = read(MAIL)
    assert mail["In-Reply-To"] == "<second@example.com>"
    assert mail["References"] == "<first@example.com> <second@example.com>"
    assert mail["Subject"] == "Re: Rent due today"
    assert mail["Message-ID"] == f"<{MAIL.header_id}>"
    assert conversation_of(str(mail["Reply-To"])) == MAIL.conversation_id
    assert "Auto-Submitted" not in mail


def test_an_automatic_reply_tells_other_machines_not_to_answer() -> None:
    assert read(replace(MAIL, automatic=True))["Auto-Submitted"] == "auto-replied"


def test_the_html_part_links_addresses_and_escapes_everything_else() -> None:
    html = read(MAIL).get_body(("html",)).get_content()
    assert '<a href="https://example.com/a?b=1&amp;c=2">' in html
    assert "&lt;b&gt;not bold&lt;/b&gt;" in html


def test_files_travel_with_their_names() -> None:
    mail = read(replace(MAIL, files=[OutgoingFile("letter.pdf", "application/pdf", b"%PDF-1.4")]))
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "letter.pdf"
    assert attached.get_content() == b"%PDF-1.4"


@given(st.text(max_size=100), st.text(max_size=40))
def test_no_subject_or_reference_breaks_out_of_its_header(subject: str, reference: str) -> None:
    subject = subject.encode("utf-8", "replace").decode()
    built = build(replace(MAIL, subject=subject + "\r\nBcc: x@example.com", references=[reference + "\nBcc: y@e.com"]))
    raw = built.message().as_bytes()
    assert message_from_bytes(raw)["Bcc"] is None
