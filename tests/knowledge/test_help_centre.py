"""The public help centre: languages, search, articles that cannot carry scripts."""

from __future__ import annotations

import pytest
from django.test import Client

from holdfast.knowledge.models import Article

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def articles(db: None) -> None:
    Article.objects.create(
        slug="activate-card", locale="en", title="Activate your card", summary="Switch it on.", topic="cards",
        body="Open **Cards**.\n\n<script>alert(1)</script>", asks=["turn on the plastic"],
    )  # fmt: skip
    Article.objects.create(slug="activate-card", locale="id", title="Aktifkan kartu", topic="cards", body="Buka Kartu.")
    Article.objects.create(slug="hidden", locale="en", title="Hidden", topic="cards", body="Words.", published=False)


def test_the_start_page_follows_the_browsers_language(client: Client) -> None:
    assert client.get("/help/", headers={"accept-language": "id"}).headers["Location"] == "/help/id/"
    assert client.get("/help/", headers={"accept-language": "fr"}).headers["Location"] == "/help/en/"


def test_an_article_shows_its_words_and_never_raw_html(client: Client) -> None:
    page = client.get("/help/en/activate-card/").content.decode()
    assert "<strong>Cards</strong>" in page
    assert "<script>alert" not in page
    assert 'href="/help/id/activate-card/"' in page


def test_search_finds_other_ways_of_asking_and_says_when_there_is_nothing(client: Client) -> None:
    assert "Activate your card" in client.get("/help/en/", {"q": "turn on plastic"}).content.decode()
    assert "Nothing here for" in client.get("/help/en/", {"q": "zebra"}).content.decode()


def test_odd_searches_are_answered(client: Client) -> None:
    for text in ["'", "a" * 5000, "\0", "!!! & | :*", "<script>", "-- ; drop"]:
        assert client.get("/help/en/", {"q": text}).status_code == 200


def test_unpublished_and_unknown_articles_are_not_found(client: Client) -> None:
    assert client.get("/help/en/hidden/").status_code == 404
    assert client.get("/help/en/nothing/").status_code == 404
    assert client.get("/help/de/").status_code == 404
