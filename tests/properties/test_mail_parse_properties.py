"""Whatever bytes come in, the mail parser answers with something safe to store, to send on and to show."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nh3
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from holdfast.channels import mail_parse, mail_quotes
from holdfast.channels.mail_parse import parse, to_json

MAILS = [path.read_bytes() for path in sorted((Path(__file__).parent.parent / "mail").glob("*.eml"))]
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LOADING = {"src", "srcset", "style", "background", "poster", "action", "data", "formaction", "class", "id"}
PIECES = [
    *(
        b"\n\n",
        b"\r\n",
        b"\x00",
        b"--b\n",
        b"--alt--\n",
        b"> ",
        b"-- \n",
        b"=?utf-8?Q?=ff?=",
        b"=?x?b?",
        b'"',
        b"<",
        b";",
    ),
    *(b"Content-Type: text/html\n", b"Content-Type: multipart/mixed; boundary=b\n", b"Auto-Submitted: x\n", b"From: "),
    *(
        b"Content-Transfer-Encoding: base64\n",
        b"charset=utf-7",
        b"charset=idna",
        b"\xed\xa0\x80",
        b"\xff\xfe",
        b"wrote:",
    ),
    *(b"<img src=http://x/>", b"<script>", b"<a href=javascript:x>", b"<div style='x'>", b"<svg/onload=x>", b"&#0;"),
    *(b"filename*0*=utf-8''%ff;", b"Date: Mon, 99 Foo 99999 99:99:99 +9999\n", b"References: <", b"\x1b$B", b"+2AA-"),
]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def check(raw: bytes) -> None:
    parsed = parse(raw)
    assert mail_parse.FAILED not in parsed.warnings, "a step raised and only the last net caught it"
    found = to_json(parsed)
    assert json.loads(json.dumps(found)) == found
    for text in strings(found):
        text.encode("utf-8")
        assert "\x00" not in text
    single = [parsed.sender, parsed.sender_name, parsed.subject, *parsed.to, *(one.name for one in parsed.attachments)]
    assert not [text for text in single if "\n" in text or "\r" in text]
    assert bool(parsed.reply_text.strip()) == bool(parsed.text.strip())
    for one in parsed.attachments:
        assert one.name
        assert not re.search("[/\\\\\u202a-\u202e]", one.name)
        assert len(one.content) == (0 if one.refused else one.size)
    if parsed.html:
        check_html(parsed.html)


def check_html(html: str) -> None:
    assert nh3.is_html(html) or "<" not in html
    tree = etree.fromstring(f"<div>{html}</div>".encode(), parser=etree.HTMLParser(encoding="utf-8"))
    for element in tree.iter(etree.Element):
        assert element.tag in {"html", "body"} or element.tag not in {
            "script",
            "style",
            "iframe",
            "form",
            "svg",
            "object",
        }
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name not in LOADING
            if name == "href":
                assert re.match(r"(?:https?:|mailto:)", value.strip(), re.I)


@QUICK
@given(st.binary(max_size=2000))
@example(b"")
@example(b"From: \n\n")
def test_any_bytes(raw: bytes) -> None:
    check(raw)


@QUICK
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=60))
def test_any_pile_of_mail_pieces(pieces: list[bytes]) -> None:
    check(b"".join(pieces))


@QUICK
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=60))
def test_any_pile_of_pieces_as_html(pieces: list[bytes]) -> None:
    check(b"From: a@b.example\nContent-Type: text/html\n\n" + b"".join(pieces))


@settings(QUICK, max_examples=300)
@given(st.sampled_from(MAILS), st.randoms(use_true_random=False), st.integers(1, 8))
def test_any_damage_to_a_real_mail(raw: bytes, chance: random.Random, hurts: int) -> None:
    data = bytearray(raw)
    for _ in range(hurts):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            del data[at : at + chance.randrange(1, 30)]
        elif kind == 1:
            data[at:at] = chance.choice(PIECES)
        elif kind == 2:
            data[at : at + 1] = bytes([chance.randrange(256)])
        elif kind == 3:
            data[at:at] = data[: chance.randrange(len(data) + 1)][-200:]
        else:
            data = data[:at]
    check(bytes(data))


LINES = st.lists(
    st.sampled_from(["", "> old", ">> older", "new", "-- ", "On 3 May 2024 at 10:15, A <a@b.example> wrote:"])
    | st.sampled_from(["From: A <a@b.example>", "Sent: Monday", "To: B", "Subject: C", "Sent from my iPhone"])
    | st.text(max_size=12).filter(lambda text: "\n" not in text and "\r" not in text),
    max_size=25,
)


@QUICK
@given(LINES, st.sampled_from(["", "Re: x", "Fwd: x"]))
def test_splitting_loses_no_line_that_has_words(rows: list[str], subject: str) -> None:
    lines = mail_quotes.plain_lines("\n".join(rows))
    split = mail_quotes.split(lines, subject=subject)
    kept = "\n".join([split.reply, split.quoted, split.signature])
    assert all(row.strip() in kept for row in rows if row.strip())
    assert bool(split.reply.strip()) == any(row.strip() for row in rows)
