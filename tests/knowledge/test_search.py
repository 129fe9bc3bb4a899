"""Articles by meaning: found where words fail, in the languages the encoder speaks, and never needed."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest
from django.conf import LazySettings

from holdfast.kit.semantic.network import Floats
from holdfast.kit.semantic.remembered import Remembered
from holdfast.knowledge import meaning, search
from holdfast.knowledge.models import Article
from holdfast.knowledge.search import ArticleIndex


class Meanings:
    """Stands in for the encoder: a text is what it is about. It notes what it was asked."""

    name = "meanings"
    about = ({"card", "plastic", "kartu"}, {"transfer", "money", "transfert"}, {"pin", "code"})

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Floats:
        self.asked += texts
        rows = [[0.01 + len(set(text.lower().split()) & words) for words in self.about] for text in texts]
        vectors = np.zeros((len(texts), 384), dtype=np.float32)
        vectors[:, :3] = np.array(rows, dtype=np.float32).reshape(len(texts), 3)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def article(number: int, locale: str, title: str, *asks: str) -> Article:
    return Article(
        pk=number, slug=title.replace(" ", "-"), locale=locale, title=title, summary="", body=title, asks=list(asks)
    )


ARTICLES = [
    article(1, "en", "your card", "where is my card", "my card has not come"),
    article(2, "en", "a transfer", "where is my transfer", "the transfer has not come"),
    article(3, "en", "your pin", "what is my pin", "the pin is wrong"),
    article(4, "id", "kartu Anda", "di mana kartu saya"),
    article(5, "id", "transfer", "di mana transfer saya"),
]


def found(index: ArticleIndex, text: str, locale: str = "en", *, semantic: bool = True) -> list[tuple[int, float]]:
    (hits,) = index.find([text], locales=[locale], semantic=semantic)
    return [(hit.article.id, hit.probability) for hit in hits]


def test_a_question_in_other_words_is_found_by_what_it_means() -> None:
    index = ArticleIndex(ARTICLES, encoder=Remembered(Meanings()))  # type: ignore[arg-type]
    best, likely = found(index, "the plastic has not come")[0]
    assert best == 1
    assert likely > found(index, "the plastic has not come", semantic=False)[0][1]


def test_by_words_alone_it_is_as_if_there_were_no_encoder() -> None:
    index = ArticleIndex(ARTICLES, encoder=Remembered(Meanings()))  # type: ignore[arg-type]
    for text in ("where is my card", "the plastic", "zzz"):
        assert found(index, text, semantic=False) == found(ArticleIndex(ARTICLES), text)


def test_a_language_the_encoder_does_not_speak_is_searched_by_words() -> None:
    encoder = Meanings()
    index = ArticleIndex(ARTICLES, encoder=Remembered(encoder))  # type: ignore[arg-type]
    assert found(index, "kartu", "id")[0][0] == 4
    assert not {"kartu Anda", "di mana kartu saya", "kartu"} & set(encoder.asked)
    assert meaning.speaks("en-GB")
    assert not meaning.speaks("pt-br")


def test_documents_are_encoded_once_and_questions_leave_no_trace() -> None:
    encoder = Meanings()
    remembered = Remembered(encoder)  # type: ignore[arg-type]
    ArticleIndex(ARTICLES, encoder=remembered)
    known = len(encoder.asked)
    assert known == len(set(encoder.asked)) == 9
    index = ArticleIndex([*ARTICLES, article(6, "en", "the code")], encoder=remembered)
    assert encoder.asked[known:] == ["the code"]
    before = len(remembered)
    found(index, "my secret code")
    assert len(remembered) == before


def test_a_full_memory_forgets_what_was_used_longest_ago() -> None:
    encoder = Meanings()
    remembered = Remembered(encoder, most=2)  # type: ignore[arg-type]
    remembered.encode(["card", "pin"])
    remembered.encode(["card", "money"])
    remembered.encode(["card", "money"])
    assert encoder.asked == ["card", "pin", "money"]
    assert remembered.encode(["pin", "pin", "card"]).shape == (3, 384)
    assert encoder.asked[3:] == ["pin"]


@pytest.mark.parametrize("count", [0, 1])
def test_with_no_article_or_one_there_is_nothing_to_choose(count: int) -> None:
    index = ArticleIndex(ARTICLES[:count], encoder=Remembered(Meanings()))  # type: ignore[arg-type]
    assert [number for number, _ in found(index, "my card")] == [1][:count]


def test_switched_off_there_is_no_encoder(settings: LazySettings) -> None:
    settings.SEMANTIC = False
    meaning.encoder.cache_clear()
    assert meaning.encoder() is None
    meaning.encoder.cache_clear()


@pytest.mark.django_db(transaction=True)
def test_a_worker_answers_by_words_until_the_meanings_are_learned_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in ARTICLES[:3]:
        Article.objects.create(
            slug=each.slug, locale="en", title=each.title, summary="", body=each.body, asks=each.asks, published=True
        )
    remembered = Remembered(Meanings())  # type: ignore[arg-type]
    monkeypatch.setattr(meaning, "encoder", lambda: remembered)
    monkeypatch.setattr(search, "_encoder", None)
    search.forget()
    try:
        by_words = search.article_index()
        search.warm()
        for thread in threading.enumerate():
            if thread.name == "article-index":
                thread.join(timeout=20)
        by_meaning = search.article_index(fresh_for=1e9)
        assert by_meaning is not by_words
        text = "the plastic has not come"
        assert found(by_meaning, text)[0][1] > found(by_words, text)[0][1]
    finally:
        search.forget()
