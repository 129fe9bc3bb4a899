"""Names of files without values of the customer in them, however their words are joined."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.guard.file_names import NameScrubber
from holdfast.guard.free_text import Known

ANNA = NameScrubber(
    [
        Known("name", "Anna Kovács"),
        Known("email", "kovacs.anna84@post.example"),
        Known("phone", "+36 30 555 1234"),
        Known("iban", "NL91ABNA0417164300"),
        Known("address", "12 Mill Lane, Leeds"),
        Known("birth_date", "1990-05-17"),
        Known("account", "TW-204-7715"),
    ]
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("anna-kovacs-passport.jpg", "Anna K. passport.jpg"),
        ("AnnaKovacs_passport.jpg", "Anna K. passport.jpg"),
        ("KOVÁCS Anna.pdf", "Anna K..pdf"),
        ("passport_kovacs2.pdf", "passport K. 2.pdf"),
        ("scan.kovacs", "scan K."),
        ("letter to kovacs.anna84@post.example.eml", "letter to k•••@p•••.•••.eml"),
        ("kovacs-anna84.csv", "k•••@p•••.•••.csv"),
        ("call_+36305551234_rec.mp3", "call [phone ••• •• 34] rec.mp3"),
        ("statement-NL91-ABNA-0417-1643-00.pdf", "statement [IBAN •• 4300].pdf"),
        ("12-mill-lane-bill.pdf", "[address] bill.pdf"),
        ("birth 1990-05-17.pdf", "birth [1990-••-••].pdf"),
        ("card-4111111111111111-front.png", "card [card •• 1111] front.png"),
        ("kovacs-4111111111111111.png", "K. [card •• 1111].png"),
        ("tw_204_7715.pdf", "[account].pdf"),
    ],
)
def test_values_are_masked_whatever_joins_their_words(name: str, shown: str) -> None:
    assert ANNA.scrubbed(name).text == shown
    assert ANNA.scrubbed(shown).text == shown, "twice changes nothing"


@pytest.mark.parametrize(
    "name",
    [
        "IMG_20240517_101112.jpg",
        "Screenshot_2024-05-17-10-11-12.png",
        "WhatsApp Image 2024-05-17 at 10.11.12.jpeg",
        "statement-2024.05.pdf",
        "archive.tar.gz",
        "invoice 0012345.pdf",
        "..",
        "",
        "résumé (2).docx",
        "anna.txt",
    ],
)
def test_a_name_without_values_stays_as_it_is(name: str) -> None:
    assert ANNA.scrubbed(name).text == name
    assert ANNA.scrubbed(name).kinds == ()


def test_of_a_stranger_only_numbers_are_known() -> None:
    assert NameScrubber().scrubbed("anna-kovacs-4111111111111111.pdf").text == "anna kovacs [card •• 1111].pdf"
    assert NameScrubber().scrubbed("anna-kovacs.pdf").text == "anna-kovacs.pdf"


@given(st.text(max_size=60), st.sampled_from(["Kovács", "kovacs", "KOVACS"]), st.text(max_size=60))
def test_the_family_name_is_never_left(before: str, family: str, after: str) -> None:
    shown = ANNA.scrubbed(f"{before}{family}{after}").text
    assert family not in shown
