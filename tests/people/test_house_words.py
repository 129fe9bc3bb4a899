"""Words that everybody who knows the house would try first do not make a password long enough."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from holdfast.people import accounts, house_words


@pytest.fixture
def house(settings: Any) -> None:
    settings.COMPANY, settings.PASSWORD_WORDS = "North Pier Bank", ("Bristol", "Sand-Dollar")
    settings.MAIL_DOMAIN, settings.PUBLIC_URL = "support.northpier.example", "https://desk.tidepool.co.uk"


@pytest.mark.usefixtures("house")
def test_the_words_come_from_what_is_set_anyway_and_from_a_list() -> None:
    found = house_words.words_of_the_house()
    assert found[:2] == ["northpierbank", "sanddollar"], "the longest first"
    assert set(found[2:]) == {"northpier", "holdfast", "tidepool", "bristol", "bank", "north", "pier"}


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("NorthPierBank2026!", "northpierbank"),
        ("H0ldf4st-H0ldf4st", "holdfast"),
        ("br1$t0l-br1stol-99", "bristol"),
        ("sand_dollar_20261", "sanddollar"),
        ("t.i.d.e.p.o.o.l.2026", "tidepool"),
    ],
)
def test_such_a_word_is_named_however_it_is_spelled(password: str, word: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert any(f"“{word}” is a word of this house" in each for each in refused.value.messages)


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    "password", ["tern gannet bristol petrel", "my uncle sails to tidepool on mondays", "tern gannet petrel"]
)
def test_a_long_pass_phrase_may_have_one_in_it(password: str) -> None:
    validate_password(password)


@given(password=st.text(max_size=60))
def test_nothing_that_can_be_typed_breaks_it(password: str) -> None:
    house_words.NoWordsOfTheHouse().validate("x" * 12 + password)
    with suppress(ValidationError):
        house_words.NoWordsOfTheHouse().validate(password)


@pytest.mark.django_db
@pytest.mark.usefixtures("house")
def test_the_welcome_page_says_which_word_it_is(client: Client) -> None:
    path = (accounts.first_admin_link("http://testserver") or "").removeprefix("http://testserver")
    answer = client.post(path, {"name": "Ada", "email": "ada@desk.example", "password": "Bristol-Bristol-1"})
    assert answer.status_code == 422
    assert "“bristol” is a word of this house, so it is tried first." in answer.content.decode()
