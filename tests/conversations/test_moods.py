"""Words of worry and anger: one list, found in a text and found by the database."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from django.db import connection

from holdfast.conversations import moods
from holdfast.conversations.moods import mood_of, search_terms

LISTS = tomllib.loads(Path(moods.__file__).with_name("moods.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("text", "locale", "kind", "sentence"),
    [
        ("The rent is due. I cannot miss it again!", "en", "worry", "I cannot miss it again!"),
        ("Hello. This is UNACCEPTABLE. I am worried too.", "en", "anger", "This is UNACCEPTABLE."),
        ("Saya khawatir sekali", "id-ID", "worry", "Saya khawatir sekali"),
        ("É um absurdo, que vergonha", "pt-BR", "anger", "É um absurdo, que vergonha"),
        ("Ich bin verzweifelt.", "sv", "worry", "Ich bin verzweifelt."),
    ],
)
def test_worry_and_anger_are_quoted(text: str, locale: str, kind: str, sentence: str) -> None:
    mood = mood_of(text, locale=locale)
    assert mood is not None
    assert (mood.kind, mood.sentence) == (kind, sentence)


def test_calm_words_are_no_mood() -> None:
    assert mood_of("Where can I see my exchange rate for yesterday?", locale="en") is None


def test_there_are_words_in_the_languages_customers_write_in() -> None:
    assert {"en", "id", "pt", "de", "es", "fr"} <= set(LISTS)
    for about in LISTS.values():
        assert set(about) == {"worry", "anger", "plight"}
        every = [word for words in about.values() for word in words]
        assert len(every) == len(set(every))


@pytest.mark.django_db
@pytest.mark.parametrize("language", LISTS)
def test_every_word_of_worry_and_anger_is_found_in_a_text_and_by_the_database(language: str) -> None:
    for kind in ("worry", "anger"):
        for word in LISTS[language][kind]:
            text = f"Xyz {re.sub(r'[*]', '', word)} xyz."
            assert mood_of(text, locale=language) is not None, word
            assert _database_finds(text), word


@pytest.mark.django_db
def test_what_is_at_stake_is_quoted_as_worry_but_makes_nothing_a_hard_conversation() -> None:
    text = "Tolong, kartu saya dicuri"
    mood = mood_of(text, locale="id")
    assert mood is not None
    assert mood.kind == "worry"
    assert not _database_finds(text)
    assert not _database_finds("Where is the crypto boost of my card?")


def _database_finds(text: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_tsvector('simple', %s) @@ %s::tsquery", [text, search_terms()])
        return bool(cursor.fetchone()[0])
