"""What a model gets to see holds no value of anybody, however it is written."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.assistant.llm.fake_endpoint import FakeEndpoint
from tests.assistant.llm.turns import a_turn

from holdfast.assistant.llm.commands import propose
from holdfast.assistant.llm.contract import GivenPassage
from holdfast.assistant.llm.drafts import draft, summarise, translate
from holdfast.assistant.llm.scrub import PLACEHOLDER, Scrubber
from holdfast.guard.redaction import luhn_holds

SEED = "abandon ability able about above absent absorb abstract absurd abuse access accident"
SEED_24 = (
    "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner "
    "thank year wave sausage worth title"
)


def scrubbed(text: str, **known: str) -> str:
    return Scrubber(known=known).scrubbed(text)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("card 4111 1111 1111 1111 declined", "card [card 1] declined"),
        ("card 4111-1111-1111-1111, again 4111111111111111", "card [card 1], again [card 1]"),
        ("card ４１１１ １１１１ １１１１ １１１１", "card [card 1]"),
        ("card ٤١١١١١١١١١١١١١١١", "card [card 1]"),
        ("card 4111\u200b1111\u20601111\u00ad1111", "card [card 1]"),
        ("card 4111\n1111\n1111\n1111", "card [card 1]"),
        ("card 4_1_1_1_1_1_1_1_1_1_1_1_1_1_1_1", "card [secret 1]"),
        ("4111 1111 1111 1111 03/27 123", "[card 1] [number 1]"),
        ("card 4111 1111 1111 1112 with a slip", "card [number 1] with a slip"),
        ("to NL91 ABNA 0417 1643 00 please", "to [account 1] please"),
        ("to nl91abna0417164300", "to [account 1]"),
        ("to DE89370400440532013001 with a slip", "to [secret 1] with a slip"),
        ("call +62 812-3456-7890 or 0812 3456 7890", "call [phone 1] or [phone 2]"),
        ("mail ayu.lestari+x@mail.example.co.id now", "mail [email 1] now"),
        ("mail ayu (at) example (dot) com", "mail [email 1]"),
        ("mail ayu dot lestari at example dot com", "mail [email 1]"),
        ("I am @ayu_lestari there", "I am [handle 1] there"),
        ("my password is hunter2!", "my password is [secret 1]"),
        ("kata sandi: rahasia", "kata sandi: [secret 1]"),
        ("senha é segredo9", "senha é [secret 1]"),
        ("my password is not accepted", "my password is not accepted"),
        ("my code is not arriving", "my code is not arriving"),
        ("the code is 48a2", "the code is [secret 1]"),
        ("CVV 123 and PIN 9876", "CVV [secret 1] and PIN [secret 2]"),
        (f"here it is: {SEED}.", "here it is: [secret 1]."),
        (f"{SEED_24}", "[secret 1]"),
        (f"here it is: {SEED.replace('about', 'abuot').upper()}", "here it is: [secret 1]"),
        ("\n".join(f"{n}. {word}" for n, word in enumerate(SEED.split(), 1)), "1. [secret 1]"),
        ("born 1990-05-17 or 17/05/1990", "born [date 1] or [date 2]"),
        ("four one one one, one one", "[number 1]"),
        ("order TW-9F3K2 and passport C01X00T47", "order [reference 1] and passport [reference 2]"),
        ("see https://pay.example/r?token=abc and www.a.example/x", "see [link 1] and [link 2]"),
        ("0x52908400098527886E0F7030069857D2E4169EE7", "[secret 1]"),
        ("I live at 12 Main Street, Springfield", "I live at [address 1], Springfield"),
        ("alamat saya Jl. Sudirman No. 12", "alamat saya [address 1]"),
        ("moro na Rua das Flores, 123", "moro na [address 1]"),
        ("Musterstraße 12, Köln", "[address 1], Köln"),
        ("12 rue de la Paix", "[address 1]"),
        ("my name is ayu lestari and I wait", "my name is [name 1] and I wait"),
        ("Nama saya Ayu Lestari.", "Nama saya [name 1]."),
        ("I lost it.\nRegards,\nAyu Lestari", "I lost it.\nRegards,\n[name 1]"),
        ("my name is Ayu Lestari. Ayu, that is me", "my name is [name 1]. [name 1], that is me"),
        ("charged €12.50 twice, Rp 1.500.000 and 1500 euros", "charged €12.50 twice, Rp 1.500.000 and 1500 euros"),
        ("I waited 3 days and 24 hours", "I waited 3 days and 24 hours"),
        ("my own [card 1] and [Karte 2]", "my own (card 1) and (Karte 2)"),
    ],
)
def test_values_are_replaced_and_the_rest_stays(text: str, seen: str) -> None:
    assert scrubbed(text) == seen


def test_the_customer_s_masks_tell_what_to_look_for() -> None:
    known = {"name": "Ayu L.", "email": "a•••@e•••.com", "phone": "••• •• 90"}
    text = "Ayu Lestari here, AYU again; your page shows a•••@e•••.com and ••• •• 90"
    seen = scrubbed(text, **known)
    assert not any(word in seen for word in ("Ayu", "AYU", "Lestari", "•••"))


@pytest.mark.parametrize(
    "prose",
    [
        "I have not yet received the transfer that I made this morning and I want to know where it is today.",
        "When will you send the money that you said would come last week? My wife is also waiting for it, thank you.",
        "saya belum terima uang transfer dari teman saya sejak hari senin pagi dan saya sangat kecewa",
        "ich habe meine karte verloren und kann nicht mehr bezahlen, bitte sperren und eine neue senden",
        "eu fiz uma transferência ontem e o dinheiro ainda não chegou na conta do meu irmão",
    ],
)
def test_ordinary_sentences_stay_whole(prose: str) -> None:
    assert scrubbed(prose) == prose


def test_a_value_has_one_placeholder_in_all_texts_of_a_turn() -> None:
    scrubber = Scrubber()
    assert scrubber.scrubbed("card 4111 1111 1111 1111") == "card [card 1]"
    assert scrubber.scrubbed("5500 0000 0000 0004, then 4111111111111111") == "[card 2], then [card 1]"
    assert scrubber.restored("freeze [card 2]") == "freeze 5500 0000 0000 0004"
    assert scrubber.restored("freeze [card 3]") is None
    assert scrubber.restored("freeze [card 1]", kept=frozenset({"card"})) == "freeze [card 1]"


@settings(deadline=None)
@given(
    digits=st.from_regex(r"[2-6][0-9]{11,17}", fullmatch=True), between=st.sampled_from(["", " ", "-", ".", "\u2009"])
)
def test_no_card_number_stays(digits: str, between: str) -> None:
    number = next(digits + str(last) for last in range(10) if luhn_holds(digits + str(last)))
    written = between.join(number[at : at + 4] for at in range(0, len(number), 4))
    assert not any(each.isdigit() for each in PLACEHOLDER.sub("", scrubbed(f"my card {written} is lost")))


@settings(deadline=None)
@given(
    number=st.from_regex(r"[0-9]{4,40}", fullmatch=True),
    hidden=st.sampled_from(["\u200b", "\u2060", "\u00ad", "\ufeff", " "]),
)
def test_no_number_of_four_digits_or_more_stays(number: str, hidden: str) -> None:
    for written in (number, hidden.join(number)):
        assert not any(each.isdigit() for each in PLACEHOLDER.sub("", scrubbed(f"it is {written} now")))


@settings(deadline=None)
@given(
    local=st.from_regex(r"[a-z0-9._+-]{1,30}", fullmatch=True),
    host=st.from_regex(r"[a-z0-9-]{1,20}\.[a-z]{2,6}", fullmatch=True),
)
def test_no_address_stays(local: str, host: str) -> None:
    assert "@" not in scrubbed(f"x {local}@{host} y")


@settings(deadline=None)
@given(st.text(max_size=300))
def test_each_placeholder_is_ours_and_can_be_turned_back(text: str) -> None:
    scrubber = Scrubber()
    seen = scrubber.scrubbed(text)
    assert set(PLACEHOLDER.findall(seen)) == scrubber.placeholders
    restored = scrubber.restored(seen)
    assert restored is not None
    assert not PLACEHOLDER.search(restored)


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1 ",
        "a@",
        "NL91 ",
        "a.",
        "+(",
        "1-",
        "@a.",
        "abandon ",
        "my name is ",
        "Rua a ",
        "[card 1]",
        "is: ",
        "five ",
    ],
)
def test_hostile_texts_take_no_time(piece: str) -> None:
    started = time.perf_counter()
    scrubbed(piece * (20_000 // len(piece)))
    assert time.perf_counter() - started < 3


MARKERS = {
    "card": "4539 1488 0343 6467",
    "iban": "GB82 WEST 1234 5698 7654 32",
    "phone": "+62 812 9988 7766",
    "mail": "zuurmarker.ayu@mail.example",
    "name": "Ayu Zuurmarker",
    "address": "Jl. Markerrahasia No. 77",
    "birth": "1987-03-21",
    "password": "Xk!marker-77pw",
    "seed": SEED,
    "reference": "TWM-77X31",
    "link": "https://pay.example/r?session=zuur77token",
}


def marked() -> str:
    return (
        f"My name is {MARKERS['name']}, born {MARKERS['birth']}, {MARKERS['address']}. Card {MARKERS['card']}, account "
        f"{MARKERS['iban']}, call {MARKERS['phone']} or write {MARKERS['mail']}. My password is "
        f"{MARKERS['password']} and my recovery phrase is {MARKERS['seed']}. "
        f"It is about {MARKERS['reference']}, see {MARKERS['link']} please."
    )


def test_nothing_sealed_ever_reaches_the_endpoint(fake: FakeEndpoint) -> None:
    """Through every verb, in every field that carries words of customers or systems."""
    fake.says('{"command": "hand_over"}')
    known = {"name": "Ayu Z.", "email": "z•••@m•••.example", "phone": "••• •• 66"}
    passages = [GivenPassage("P1", "Cards are frozen in the app.")]
    propose(a_turn(marked(), known=known, results=(marked(), "Ayu Zuurmarker has card " + MARKERS["card"])))
    propose(a_turn("Ayu Zuurmarker again", known=known))
    draft(marked(), language="en", passages=passages, known=known)
    summarise([f"customer: {marked()}", f"agent: so {marked()}"], language="en", known=known)
    translate(marked(), to="de", known=known)
    assert len(fake.asked) == 5
    wire = fake.wire
    squeezed = "".join(filter(str.isalnum, wire)).lower()
    for kind, value in MARKERS.items():
        spellings = (value, value.upper(), value.lower(), base64.b64encode(value.encode()).decode().rstrip("="))
        assert not any(spelling in wire for spelling in spellings), kind
        assert "".join(filter(str.isalnum, value)).lower() not in squeezed, kind
    for part in ("zuurmarker", "markerrahasia", "marker77pw", "abandonability", "zuur77token", "z•••", "••66"):
        assert part not in wire.lower(), part
        assert part not in squeezed, part


@pytest.mark.parametrize("at", range(2_900, 3_100, 7))
def test_no_value_shows_in_part_where_a_long_letter_is_cut(fake: FakeEndpoint, at: int) -> None:
    fake.says('{"command": "hand_over"}')
    filling = "so it went on " * 1_500
    propose(a_turn(f"{filling[:at]} {SEED} {filling}"))
    draft(f"{filling[:at]} {SEED} {filling}", language="en", passages=[GivenPassage("P1", "x")])
    assert len(fake.asked) == 2
    assert not any(word in fake.wire for word in ("abandon", "absurd", "accident"))
