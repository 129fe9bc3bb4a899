"""What people write, without values in it; and prose, which stays as it is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.guard.free_text import Known, Scrubber

SEED = "legal winner thank year wave sausage worth useful legal winner thank yellow"
MINE = [
    Known("name", "Ayu Zuurmarker"),
    Known("email", "ayu@example.com"),
    Known("phone", "+62 812 555 0190"),
    Known("iban", "NL91ABNA0417164300"),
    Known("address", "12 Mill Lane, Leeds LS1 4AB"),
    Known("birth_date", "1990-05-17"),
]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("my card 4111 1111 1111 1111 was stolen", "my card [card •• 1111] was stolen"),
        ("card 4111-1111-1111-1111.", "card [card •• 1111]."),
        ("amex 378282246310005", "amex [card •• 0005]"),
        ("order 4111 1111 1111 1112", "order 4111 1111 1111 1112"),
        ("to DE89 3704 0044 0532 0130 00 please", "to [IBAN •• 3000] please"),
        ("SSN 123-45-6789", "SSN [social security number]"),
        ("social security number: 123456789", "social security number: [social security number]"),
        ("ring +49 170 555 12 34 now", "ring [phone ••• •• 34] now"),
        ("(555) 010-9999", "[phone ••• •• 99]"),
        ("my phone is 8125550190", "my phone is [phone ••• •• 90]"),
        ("https://bank.example/t/4111111111111111?x=1", "https://bank.example/t/[card •• 1111]?x=1"),
        (f"words: {SEED}", "words: [recovery phrase]"),
    ],
)
def test_values_of_anybody_are_masked(text: str, clean: str) -> None:
    assert Scrubber().scrubbed(text).text == clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("This is ayu  zuurmarker here", "This is Ayu Z. here"),
        ("Mrs Zuurmarker", "Mrs Z."),
        ("write to AYU@example.com", "write to a•••@e•••.com"),
        ("0812-555-0190 or 628125550190", "[phone ••• •• 90] or [phone ••• •• 90]"),
        ("I live at 12 Mill Lane", "I live at [address]"),
        ("born 17.5.1990, or May 17, 1990", "born [1990-••-••], or [1990-••-••]"),
        ("nl91 abna 0417 1643 00", "[IBAN •• 4300]"),
    ],
)
def test_what_is_known_of_the_customer_is_masked(text: str, clean: str) -> None:
    assert Scrubber(MINE).scrubbed(text).text == clean


@pytest.mark.parametrize(
    "text",
    [
        "I paid 1,250.00 EUR on 2026-03-02 at 14:05:33, reference TW-100042, order 1234567890.",
        "The app 10.15.7 shows error 503 since 2026-03-02T09:00:00Z at 192.168.10.20:8080.",
        "Transaction 550e8400-e29b-41d4-a716-446655440000 of 3 items in May and March.",
        "I may call again next year. Thanks, everybody.",
    ],
)
def test_what_is_no_value_stays(text: str) -> None:
    assert Scrubber([*MINE, Known("name", "Ann May")]).scrubbed(text).text == text


def test_it_tells_which_kinds_there_were() -> None:
    found = Scrubber(MINE).scrubbed("Zuurmarker, 4111 1111 1111 1111, +49 170 555 12 34")
    assert found.kinds == ("name", "card number", "phone number")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_no_known_value_survives_and_twice_is_once(before: str, after: str) -> None:
    scrubber = Scrubber(MINE)
    once = scrubber.scrubbed(f"{before} Zuurmarker 4111 1111 1111 1111 NL91ABNA0417164300 {after}").text
    assert "NL91ABNA0417164300" not in once
    assert " Zuurmarker " not in once
    assert scrubber.scrubbed(once).text == once


@pytest.mark.parametrize(
    "hostile", ["4 " * 50_000, "A1" * 50_000, "+1(" * 30_000, "abandon " * 20_000, "0 1-" * 30_000]
)
def test_a_hostile_text_costs_little(hostile: str) -> None:
    started = time.process_time()
    Scrubber(MINE).scrubbed(hostile)
    assert time.process_time() - started < 2.0
