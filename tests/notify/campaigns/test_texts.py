"""Variables and mails: whatever is put in, nothing is read twice and no header is broken."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from holdfast.notify.campaigns import mails, texts
from holdfast.notify.campaigns.contract import Letter

WORDS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300)
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@given(WORDS, WORDS)
@example("{name}", "{reference}")
def test_a_value_is_put_in_as_it_is_and_never_read_again(before: str, value: str) -> None:
    stripped = before.replace("{", "").replace("}", "")
    if value:
        assert texts.filled(stripped + "{name}", {"name": value, "reference": "no"}) == stripped + value


def test_a_value_that_is_missing_is_named() -> None:
    with pytest.raises(KeyError, match="reference"):
        texts.filled("{name} {reference}", {"name": "Ayu", "reference": ""})


@pytest.mark.parametrize(
    ("locale", "segment", "chosen"),
    [
        ("pt-br", "affected", ("pt-br", "affected")),
        ("pt-PT", "affected", ("pt", "affected")),
        ("fr", "affected", ("en", "affected")),
        ("fr", "", None),
        ("pt-br", "unaffected", None),
    ],
)
def test_the_language_may_give_way_and_the_segment_never(
    locale: str, segment: str, chosen: tuple[str, str] | None
) -> None:
    there = {("pt-br", "affected"), ("pt", "affected"), ("en", "affected"), ("pt-br", "")}
    assert texts.chosen(there, locale=locale, segment=segment, fallback="en") == chosen


@given(subject=WORDS, body=WORDS)
@example(subject="a\r\nBcc: x@y.example", body=".\r\n.\r\nQUIT")
@example(subject="é" * 200, body="x" * 2000)
def test_whatever_is_written_arrives_as_one_mail_with_its_words(subject: str, body: str) -> None:
    form = mails.form(campaign=uuid4(), stream="incident", thread="incident-1", unsubscribes=True)
    letter = Letter(uuid4(), 0, "ayu@people.example", subject, body, "en", unsubscribe="https://x.example/u/1/")
    raw = mails.written(letter, form, at=AT)
    parsed = message_from_bytes(raw, policy=default)
    assert parsed["To"] == "ayu@people.example"
    assert parsed["Bcc"] is None
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mails.recipient_of(parsed["Message-ID"].strip("<>")) == letter.id
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    got = parsed.get_content().replace("\r\n", "\n").rstrip("\n")
    assert got == body.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


@given(st.text(max_size=80))
def test_no_other_messages_id_is_taken_for_ours(text: str) -> None:
    found = mails.recipient_of(text)
    assert found is None or isinstance(found, UUID)
