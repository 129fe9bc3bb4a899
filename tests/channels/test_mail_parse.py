"""The mail parser on mails of our own making: tests/mail holds each one beside what must be understood of it."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from holdfast.channels import mail_html, mail_parse
from holdfast.channels.mail_parse import ParsedMail, parse, to_json

MAILS = Path(__file__).parent.parent / "mail"
NAMES = sorted(path.stem for path in MAILS.glob("*.eml"))
NOW = datetime(2024, 6, 3, 12, 0, tzinfo=UTC)
PROMISED_KEYS = [
    *("from", "to", "subject", "message_id", "references", "date", "text", "reply_text", "html", "attachments", "kind"),
    "warnings",
]
HEADER = b"From: ana@example.org\nTo: support@tidewater.example\nSubject: x\nMessage-ID: <a@example.org>\n"


def read(name: str) -> ParsedMail:
    return parse((MAILS / f"{name}.eml").read_bytes(), now=NOW)


def part_of(wanted: Any, found: Any) -> bool:
    """Every key a wanted record names has that value in the found one."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(part_of(value, found.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        return len(wanted) == len(found) and all(part_of(one, other) for one, other in zip(wanted, found, strict=True))
    return bool(wanted == found)


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_is_understood_as_written_beside_it(name: str) -> None:
    wanted = json.loads((MAILS / f"{name}.json").read_text())
    found = to_json(read(name))
    for key, value in wanted.items():
        if key == "warning":
            assert any(value in warning for warning in found["warnings"]), found["warnings"]
        elif key == "contains":
            assert all(words in found[field] for field, words in value.items()), found
        elif key == "not_contains":
            assert not [words for field, many in value.items() for words in many if words in found[field]], found
        elif key == "bounce_addresses":
            assert [one["address"] for one in found["bounce"]["recipients"]] == value
        else:
            assert part_of(value, found[key]), f"{key}: {found[key]!r}"


def test_there_are_many_mails_and_each_has_an_expectation() -> None:
    assert len(NAMES) >= 40
    assert sorted(path.stem for path in MAILS.glob("*.json")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_no_mail_of_ours_reaches_the_last_net(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(mail_parse, "_placeholder")
    read(name)


def test_json_starts_with_the_promised_keys() -> None:
    assert list(to_json(read("plain")))[: len(PROMISED_KEYS)] == PROMISED_KEYS


def test_a_failure_inside_leaves_a_placeholder(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(mail_parse.mail_mime, "tree", broken)
    parsed = read("plain")
    assert not parsed.complete
    assert parsed.warnings == [mail_parse.FAILED]
    assert "My card is blocked." in parsed.text


def with_attachments(*bodies: bytes) -> bytes:
    parts = b"".join(
        b"--b\nContent-Type: application/pdf; name=f%d.pdf\n\n%s\n" % pair for pair in enumerate(bodies, start=1)
    )
    return HEADER + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHi\n" + parts + b"--b--\n"


def test_an_attachment_over_the_limit_is_listed_without_content() -> None:
    parsed = parse(with_attachments(b"x" * 101, b"y" * 100), max_attachment_bytes=100)
    assert [(one.size, one.refused, len(one.content)) for one in parsed.attachments] == [
        (101, "size", 0),
        (100, None, 100),
    ]
    assert any("larger than allowed" in warning for warning in parsed.warnings)


def test_attachments_beyond_the_number_are_listed_without_content() -> None:
    parsed = parse(with_attachments(b"a", b"b", b"c"), max_attachments=2)
    assert [one.refused for one in parsed.attachments] == [None, None, "count"]


def test_the_hash_is_of_the_content_also_when_refused() -> None:
    kept, refused = parse(with_attachments(b"same", b"same"), max_attachments=1).attachments
    assert kept.sha256 == refused.sha256
    assert kept.content == b"same"


MILLION = 1_000_000
BIG = {
    "header lines": b"X-Junk: a\n" * MILLION + HEADER + b"\nhello\n",
    "lines without a colon": HEADER + b"a\n" * (5 * MILLION),
    "one folded field": HEADER + b"X-Long: a\n" + b" b\n" * (3 * MILLION) + b"\nhello\n",
    "one line": HEADER + b"\n" + b"x" * (10 * MILLION),
    "open encoded words": HEADER + b"Subject: " + b"=?a?q?" * 40_000 + b"\n\nhello\n",
    "open brackets in an address": b"From: " + b"(<" * 100_000 + b"\n\nhello\n",
    "quote marks": HEADER + b"\n" + b">\na:\n" * 1_500_000,
    "nested parts": HEADER
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(3000)),
    "many parts": HEADER + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 500_000,
    "open tags": HEADER + b"Content-Type: text/html\n\n" + b"<b x=1><p><table>" * 50_000,
    "open comments": HEADER + b"Content-Type: text/html\n\n" + b"<!--" * 200_000,
    "images": HEADER + b"Content-Type: text/html\n\n" + b"<img src=http://x.example/y>" * 40_000,
}


@pytest.mark.parametrize("what", sorted(BIG))
def test_ten_megabytes_of_malice_take_a_bounded_time(what: str) -> None:
    started = time.process_time()
    parsed = parse(BIG[what])
    # Processor time, so that a busy machine does not fail it; it is under one second on an idle core.
    assert time.process_time() - started < 4
    assert parsed.warnings
    assert mail_parse.FAILED not in parsed.warnings


def test_html_of_too_many_tags_is_shown_as_words() -> None:
    tags = mail_html.MAX_TAGS + 1
    parsed = parse(HEADER + b"Content-Type: text/html\n\n" + b"<p>a" * tags)
    assert parsed.html is None
    assert parsed.text.count("a") == tags
    assert any("shown as plain text" in warning for warning in parsed.warnings)


@pytest.mark.parametrize("source", ["https://x.example/y.png", "cid:shot@x", "data:image/png;base64,AAAA", "/y.png"])
def test_the_last_layer_alone_lets_no_image_address_through(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_html, "_replace_images", lambda _: set())
    read = mail_html.read(f'<p>See</p><img src="{source}" srcset="{source} 2x" alt="shot">')
    assert read.safe is not None
    assert source not in read.safe
    assert "src" not in read.safe


def test_a_header_found_behind_a_million_lines_is_still_read() -> None:
    parsed = parse(BIG["header lines"])
    assert (parsed.sender, parsed.subject, parsed.reply_text) == ("ana@example.org", "x", "hello")
