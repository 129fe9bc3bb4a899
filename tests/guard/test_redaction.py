"""What the log lines lose, and what they keep."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.guard.fields import seal
from holdfast.guard.redaction import luhn_holds, redact, redact_event


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("mail from ayu.lestari+x@mail.example.co.id refused", "mail from [email] refused"),
        ("<ayu@example.com>;<b@c.example>", "<[email]>;<[email]>"),
        ("to NL91 ABNA 0417 1643 00 failed", "to [iban] failed"),
        ("iban=DE89370400440532013000", "iban=[iban]"),
        ("card 4111 1111 1111 1111 declined", "card [card] declined"),
        ("card 4111111111111111", "card [card]"),
        ("call +62 812-3456-7890 now", "call [phone] now"),
        ("call 0812 3456 7890", "call [phone]"),
        ("call (021) 555 0134", "call [phone]"),
        ("phone=+5511987654321", "phone=[phone]"),
        ("call 212-555-0134 or 2125550134", "call [phone] or [phone]"),
        ("call 13912345678 and 089/123456", "call [phone] and [phone]"),
        ("at 2026-11-22 04:38:23 from 0812 3456 7890", "at 2026-11-22 04:38:23 from [phone]"),
        ("iban-DE89370400440532013000", "iban-[iban]"),
    ],
)
def test_values_are_taken_out(line: str, kept: str) -> None:
    assert redact(line) == kept


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-22T04:38:23.123456Z accepted 10003 in 12.345 s",
        "receipt 01a20194-e961-754e-b6a5-7f3ecb0e1f1a answered",
        "digest 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "GET /desk/c/123456/ 200 1234567 bytes from 127.0.0.1:54321",
        "started 2026-11-22 04:38:23,123 (2026-11-22) 2026/11/22 22/11/2026 04:38",
        "20261122T043823Z 20261122 043823 [22/Nov/2026:04:38:23 +0000] due 2026-11-22 04",
        "expires 1763786303, 1763786303.123, 1763786303123, 1763786303123456",
        "waited 8123456789 ns, read 8123456789 bytes of (10 000 000 rows)",
        "ports 8000 8001 8002 and 127.0.0.1 54321, [::1]:54321, 2001:db8::8a2e:370:7334",
        "segment 01763786303123456789-12345-0.jsonl",
        "took 0.1234567 s, version 5.2.19, 192.168.10.254",
    ],
)
def test_what_operators_need_stays(line: str) -> None:
    assert redact(line) == line


def test_a_card_that_fails_its_check_digit_is_no_card() -> None:
    assert luhn_holds("4111111111111111")
    assert not luhn_holds("4111111111111112")


@given(
    local=st.from_regex(r"[a-z0-9._+-]{1,30}", fullmatch=True),
    host=st.from_regex(r"[a-z0-9-]{1,20}\.[a-z]{2,6}", fullmatch=True),
)
def test_no_address_survives(local: str, host: str) -> None:
    assert "@" not in redact(f"x {local}@{host} y")


@given(seconds=st.floats(1e9, 2e9 - 1))
def test_no_moment_is_taken_for_a_number_of_a_customer(seconds: float) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    written = [moment.isoformat(), str(moment), f"{moment:%Y-%m-%d}", f"{moment:%d/%m/%Y %H:%M:%S}", f"{moment:%c}"]
    written += [f"{moment:%Y%m%dT%H%M%SZ}", f"{seconds:.6f}", *(str(int(seconds * 10**n)) for n in (0, 3, 6))]
    for text in written:
        assert redact(f"due {text} now") == f"due {text} now"


@given(unique=st.uuids(), port=st.integers(1, 65535), seconds=st.floats(0, 1e9, allow_nan=False))
def test_ids_ports_and_durations_stay(unique: UUID, port: int, seconds: float) -> None:
    line = f"receipt {unique} answered on port {port} by 10.1.2.3:{port} after {seconds:.3f} s, {int(seconds)} ms"
    assert redact(line) == line


@given(digits=st.from_regex(r"[2-6][0-9]{11,17}", fullmatch=True), grouped=st.booleans())
def test_every_card_number_goes(digits: str, grouped: bool) -> None:
    number = next(digits + str(last) for last in range(10) if luhn_holds(digits + str(last)))
    written = " ".join(number[at : at + 4] for at in range(0, len(number), 4)) if grouped else number
    assert redact(f"card {written} declined") == "card [card] declined"


@given(country=st.integers(1, 999), number=st.from_regex(r"[0-9]{6,11}", fullmatch=True), sep=st.sampled_from(" -."))
def test_every_international_phone_number_goes(country: int, number: str, sep: str) -> None:
    said = f"+{country}{sep}{number[:3]}{sep}{number[3:]}"
    assert not set(said) & set("0123456789") & set(redact(f"call {said} now"))


@given(text=st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize("piece", ["1", "1 ", "a@", "NL91 ", "a.", "+(", "1-", "@a."])
def test_hostile_lines_take_no_time(piece: str) -> None:
    started = time.perf_counter()
    redact(piece * 50_000)
    assert time.perf_counter() - started < 3


def test_an_event_keeps_its_shape_and_numbers() -> None:
    event = {
        "event": "refused ayu@example.com",
        "count": 81234567890,
        "at": 1700000000.5,
        "to": ["b@c.example", {"iban": "DE89370400440532013000"}],
        "error": ValueError("bad address ayu@example.com"),
        "name": seal("t.c.1", "Ayu Zuurmarker", mask="name"),
        "none": None,
    }
    assert redact_event(None, "info", event) == {
        "event": "refused [email]",
        "count": 81234567890,
        "at": 1700000000.5,
        "to": ["[email]", {"iban": "[iban]"}],
        "error": "bad address [email]",
        "name": "Ayu Z.",
        "none": None,
    }
