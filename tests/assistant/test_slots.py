"""What customers write is read for the values a form needs, in three languages; in doubt nothing is read."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.assistant import slots

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("Freeze the card ending in 4471", ["4471"]),
        ("4471", ["4471"]),
        ("it's 4471, please hurry!", ["4471"]),
        ("the card ****4471", ["4471"]),
        ("XXXX-4471 was stolen", ["4471"]),
        ("•••• 4471", ["4471"]),
        ("Blokir kartu berakhiran 0912", ["0912"]),
        ("Bloquear o cartão final 0912.", ["0912"]),
        ("my card number is 5355 1234 5678 4471", ["4471"]),
        ("5355123456784471", ["4471"]),
        ("5355-1234-5678-4471 or 0912", ["4471", "0912"]),
        ("４４７１", ["4471"]),
        ("٤٤٧١", ["4471"]),
        ("on 12 November 2026 with 4471", ["4471"]),
        ("am 12.11.2026", []),
        ("2026-11-12", []),
        ("paid 1234.50", []),
        ("€ 4471", []),
        ("TW-100042-T3", []),
        ("call +353 21 4471 22", ["4471"]),
        ("447", []),
        ("44711", []),
        ("user4471@post.example", []),
        ("", []),
    ],
)
def test_last_four_digits(text: str, digits: list[str]) -> None:
    assert list(slots.last4_of(text)) == digits


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("I paid €12.50", [1250]),
        ("12,50", [1250]),
        ("1.234,56 EUR", [123456]),
        ("EUR 1,234.56", [123456]),
        ("Rp 50.000", [5_000_000]),
        ("R$ 1.250,00 ontem", [125_000]),
        ("30 euros", [3000]),
        ("the one of €27.07", [2707]),
        ("27.07", [2707]),
        ("12.11.2026", []),
        ("$9", [900]),
        ("9 dollars and 5.25 dollars", [900, 525]),
        ("on 12/11 at 14:03", []),
        ("version 1.2.3", []),
        ("4471", []),
        ("0 euros", []),
    ],
)
def test_amounts_of_money_in_cents(text: str, amounts: list[int]) -> None:
    assert list(slots.amounts_of(text)) == amounts


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026-11-12", ["2026-11-12"]),
        ("12/11/2026", ["2026-11-12"]),
        ("12.11.26", ["2026-11-12"]),
        ("on 12/11", ["2026-11-12"]),
        ("25/12", ["2025-12-25"]),
        ("11/25", ["2026-11-25"]),
        ("12 November", ["2026-11-12"]),
        ("Nov 12th", ["2026-11-12"]),
        ("the 3rd of October", ["2026-10-03"]),
        ("3 de março", ["2026-03-03"]),
        ("17 Agustus", ["2026-08-17"]),
        ("yesterday", ["2026-11-27"]),
        ("kemarin", ["2026-11-27"]),
        ("ontem à noite", ["2026-11-27"]),
        ("hoje", ["2026-11-28"]),
        ("the one of €27.07", []),
        ("27.07", []),
        ("31/02/2026", []),
        ("2027-01-01", []),
        ("maybe 5 of them", []),
        ("may I ask", []),
    ],
)
def test_days_that_were(text: str, days: list[str]) -> None:
    assert [each.isoformat() for each in slots.days_of(text, today=TODAY)] == days


@pytest.mark.parametrize(
    "text",
    [
        *["yes", "Yes please!", "YES", "yeah", "ok", "OK, do it", "sure, thanks", "go ahead"],
        "Yes, the card ending 4471",
        *["ya", "Iya, tolong", "oke", "betul", "setuju, terima kasih", "boleh"],
        *["sim", "Sim, por favor", "pode", "claro", "confirmo", "isso mesmo", "yes, freeze it", "y"],
    ],
)  # fmt: skip
def test_a_plain_yes_is_a_yes(text: str) -> None:
    assert slots.yes_or_no(text, also=("4471", "freeze")) is True


@pytest.mark.parametrize(
    "text",
    [
        *["no", "No!", "no thanks", "don't", "please do not", "not now", "cancel", "wait", "stop it"],
        *["tidak", "jangan", "enggak", "batal", "bukan itu"],
        *["não", "nao", "não, obrigado", "cancela"],
    ],
)  # fmt: skip
def test_a_plain_no_is_a_no(text: str) -> None:
    assert slots.yes_or_no(text) is False


@pytest.mark.parametrize(
    "text",
    [
        *["yes but the other card", "yes no", "maybe", "what?", "4471", "👍", "", "   ", "don't do it"],
        *["yes and also where is my refund", "please do not go ahead yes"],
        *["I said yes to my friend yesterday", "ya tapi kartu lain", "sim mas outro cartão", "yes, unfreeze 0912"],
        "is that a yes or a no that you want me to write here now",
    ],
)  # fmt: skip
def test_anything_else_is_neither(text: str) -> None:
    assert slots.yes_or_no(text, also=("4471", "freeze")) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[
            (text, "123456")
            for text in ("123456", "123 456", "123-456", "code: 123456", "Kode 123456.", "１２３４５６")
        ],
        *[(text, None) for text in ("12345", "1234567", "123456 654321", "", "abc", "123456789", "12.123456")],
        ("I did not ask for this", None),
        ("No, that was not me: 123456", None),
        ("> Your code: 123 456\n> Enter it in the conversation you have with us, with nothing else.", None),
        ("kemarin saya tidak minta 123456", None),
    ],
)
def test_a_code_is_an_answer_of_its_own(text: str, code: str | None) -> None:
    assert slots.code_of(text) == code


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("TW-100042", "TW-100042"),
        ("my account is tw-100042, thanks", "TW-100042"),
        ("number 100042.", "100042"),
        ("AB1234", "AB1234"),
        ("100042 or 100043", None),
        ("123", None),
        ("me1234@post.example", None),
        ("I do not know", None),
    ],
)
def test_an_account_number(text: str, account: str | None) -> None:
    assert slots.account_of(text) == account


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("14 Harbour Row, Galway, H91 X2P4", "14 Harbour Row, Galway, H91 X2P4"),
        ("My new address is 14 Harbour Row,\n Galway,\nH91 X2P4.", "14 Harbour Row, Galway, H91 X2P4"),
        ("Alamat baru saya: Jl. Merdeka 12, Bandung 40111", "Jl. Merdeka 12, Bandung 40111"),
        ("Meu novo endereço é Rua das Flores 123, São Paulo, 01234-567", "Rua das Flores 123, São Paulo, 01234-567"),
        ("I moved", None),
        ("Galway, Ireland", None),
        ("12, 13, 14, 15, 16", None),
        ("what, 3 more questions here?", None),
        ("see https://example.com/12, now please", None),
        ("write to me@post.example, 12 people", None),
        ("x" * 300 + ", 12 road street", None),
        ("1 Road, \u202eTown Street", None),
    ],
)
def test_a_postal_address_has_words_a_number_and_a_comma(text: str, address: str | None) -> None:
    assert slots.address_of(text, asked=True) == address


def test_an_address_nobody_asked_for_needs_words_that_lead_to_it() -> None:
    assert slots.address_of("I sent 12 letters, and nothing came back") is None
    assert slots.address_of("Please change my address to 3 Elm Court, Cork") == "3 Elm Court, Cork"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("it is Maren@post.example.", "Maren@post.example"),
        ("a@b.example or c@d.example", None),
        ("maren at post", None),
    ],
)
def test_one_email_address(text: str, address: str | None) -> None:
    assert slots.email_of(text) == address


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("my number is +353 87 123 4567.", "+353 87 123 4567"),
        ("00353871234567", "00353871234567"),
        ("+62 (812) 555-0123", "+62 (812) 555-0123"),
        ("٠٠٣٥٣٨٧١٢٣٤٥٦٧", "00353871234567"),
        ("087 123 4567", None),
        ("TW-100042", None),
        ("+353 87 123 4567 or +353 87 123 4568", None),
        ("+1234", None),
    ],
)
def test_a_number_with_its_country_is_one_and_two_are_none(text: str, number: str | None) -> None:
    assert slots.phone_of(text) == number


def test_a_shop_is_told_by_a_word_of_its_name() -> None:
    assert slots.mentions("what about the café aurora thing", "Café Aurora, Cork")
    assert not slots.mentions("what about the thing", "The Corner Shop")


@given(st.text(max_size=400) | st.text(alphabet="0123456789/.,- €RpxX*•", max_size=400))
def test_whatever_is_written_reading_it_ends_well(text: str) -> None:
    hints = slots.hints_of(text, today=TODAY)
    assert all(len(each) == 4 and each.isascii() and each.isdigit() for each in hints.last4)
    assert all(amount > 0 for amount in hints.amounts)
    assert all(day <= TODAY for day in hints.days)
    slots.yes_or_no(text)
    code = slots.code_of(text)
    assert code is None or (len(code) == 6 and code.isascii() and code.isdigit())
    address = slots.address_of(text, asked=True)
    assert address is None or (10 <= len(address) <= 200 and address.isprintable())
