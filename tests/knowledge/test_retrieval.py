"""Passages found for a question: exact places in kept versions, many languages, and none rather than weak ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from holdfast.knowledge import editing, reranking, retrieval, versions
from holdfast.knowledge.kept import Kept
from holdfast.knowledge.models import Article
from holdfast.knowledge.passage_index import PassageIndex
from holdfast.knowledge.stems import STEMMERS, stems_of, words

pytestmark = pytest.mark.django_db

CARD = (
    "A card that is lost can be frozen.\n\n## How\n\n1. Open **Cards**.\n2. Choose **Freeze**.\n\n"
    "## After that\nA new card takes [five days](https://bank.example/post) to arrive."
)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    retrieval.forget()
    reranking.use(None)
    yield
    retrieval.forget()
    reranking.use(None)


@pytest.fixture
def articles() -> dict[str, Article]:
    written = [
        ("lost-card", "en", "Freeze a lost card", CARD, ["my card was stolen"]),
        ("address", "en", "Change your address", "Tell us the new street on the page of your profile.", []),
        ("fees", "en", "What a transfer costs", "Transfers in euro are free of charge.\n\nOthers cost 0.4 %.", []),
        ("kartu", "id", "Bekukan kartu yang hilang", "Buka aplikasi lalu pilih Bekukan.", []),
        ("fees", "id", "Biaya transfer", "Pengiriman uang dalam euro tidak dikenai biaya.", []),
    ]
    return {
        f"{slug}/{locale}": Article.objects.create(slug=slug, locale=locale, title=title, body=body, asks=asks)
        for slug, locale, title, body, asks in written
    }


def test_a_passage_is_the_exact_words_of_its_version_even_after_the_article_changed(
    articles: dict[str, Article],
) -> None:
    (first, *_) = retrieval.find("how long does a new card take to arrive after I lost mine", "en")
    assert (first.slug, first.version) == ("lost-card", 1)
    assert first.text == "A new card takes five days to arrive."
    changed = editing.Content("Freeze a lost card", "", "Call us.", (), "", None)
    editing.change(article_id=first.article_id, seen_version=1, content=changed, by=None)
    quoted = versions.quoted(article_id=first.article_id, version=1, start=first.start, end=first.end)
    assert quoted == "A new card takes [five days](https://bank.example/post) to arrive."


def test_what_is_weak_is_no_answer_and_a_list_may_hold_more(articles: dict[str, Article]) -> None:
    assert retrieval.find("will it rain in Lisbon tomorrow", "en") == []
    assert retrieval.find("card for my zebra insurance in winter", "en") == []
    assert retrieval.find("new zebra street", "en", weak=True)[0].slug == "address"
    assert retrieval.find("", "en") == retrieval.find("?!", "en") == retrieval.find("lost card", "xx") == []


def test_words_are_found_by_their_stem_in_the_language_of_the_article(articles: dict[str, Article]) -> None:
    assert retrieval.find("freezing cards", "en")[0].slug == "lost-card"
    assert retrieval.find("membekukan kartu", "id")[0].slug == "kartu"
    assert retrieval.find("kirim uang euro", "id")[0].slug == "fees"


def test_a_change_and_an_article_taken_away_are_seen(
    articles: dict[str, Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = Kept(retrieval._built, stamp=retrieval._published_stamp, name="test", fresh_for=0, at_once=60)
    monkeypatch.setattr(retrieval, "_kept", at_once)
    assert retrieval.find("lost card", "en")
    editing.unpublish(article_id=articles["lost-card/en"].pk, by=None)
    assert retrieval.find("lost card", "en") == []
    editing.publish(article_id=articles["lost-card/en"].pk, by=None)
    assert retrieval.find("lost card", "en")


class Backwards:
    """An encoder for which only passages about fees mean anything."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[1, 0] if "cost" in text or "dear" in text else [0, 1] for text in texts], dtype=np.float32)


def test_an_encoder_orders_by_meaning_in_its_languages_and_is_not_needed(articles: dict[str, Article]) -> None:
    question = "is it dear: transfer, lost card"
    assert retrieval.find(question, "en")[0].slug == "lost-card"
    reranking.use(Backwards(), known=retrieval._index().everything())
    (first, *_) = retrieval.find(question, "en")
    assert (first.slug, first.similarity) == ("fees", 1.0)
    assert retrieval.find("kartu hilang", "id")[0].similarity is None


def test_a_passage_is_clear_when_its_article_leads_by_meaning(articles: dict[str, Article]) -> None:
    question = "is it dear: transfer, lost card"
    assert retrieval.clearest(question, "en") == [], "nothing looks at meaning"
    reranking.use(Backwards(), known=retrieval._index().everything())
    assert [each.slug for each in retrieval.clearest(question, "en")] == ["fees"]
    assert retrieval.clearest("kartu hilang", "id") == []
    fees = articles["fees/en"]
    Article.objects.create(slug="fees-again", locale="en", title=fees.title, body=fees.body)
    retrieval.forget()
    assert retrieval.clearest(question, "en") == [], "two articles mean the same"


def test_what_a_colon_announces_belongs_to_it(articles: dict[str, Article]) -> None:
    body = "It depends:\n\n- euro: free\n- else: 0.4 %\n\nMore about zebras."
    Article.objects.filter(slug="fees", locale="en").update(body=body, version=2)
    retrieval.forget()
    (found, *_) = [each for each in retrieval.find("free euro transfer", "en") if each.text.startswith("- euro")]
    together = retrieval.together(found)
    assert [each.text for each in together] == ["It depends:", "- euro: free\n- else: 0.4 %"]
    assert together[1] == found
    assert all(body[each.start : each.end] == each.text for each in together)


WORDS = {
    "da": ("kortene", "kortet"), "de": ("Überweisungen", "Überweisung"),
    "el": ("κάρτες", "κάρτα"), "en": ("payments", "payment"), "es": ("tarjetas", "tarjeta"), "fi": ("kortit", "kortin"),
    "fr": ("paiements", "paiement"), "hi": ("भुगतानों", "भुगतान"), "hu": ("kártyák", "kártyát"),
    "id": ("pembayaran", "bayar"), "it": ("pagamenti", "pagamento"), "nl": ("betalingen", "betaling"),
    "no": ("kortene", "kortet"), "pt-br": ("devoluções", "devolução"), "ro": ("carduri", "cardurile"),
    "ru": ("карты", "карта"), "sv": ("betalningar", "betalning"), "tr": ("kartlar", "kart"),
    "lt": ("korteles", "kortele"), "ca": ("pagaments", "pagament"),
}  # fmt: skip


@pytest.mark.parametrize("locale", WORDS)
def test_forms_of_a_word_meet_in_twenty_languages(locale: str) -> None:
    one, other = (set(stems_of(words(word), locale)[word.lower()]) for word in WORDS[locale])
    assert one & other, (one, other)


def test_every_stemmer_named_is_one_the_database_has() -> None:
    for locale in STEMMERS:
        assert stems_of(["support"], locale)["support"], locale


def test_accents_may_be_left_out_and_scripts_without_spaces_are_searched() -> None:
    index = PassageIndex(
        [
            Article(pk=1, slug="a", locale="pt-br", title="Devolução", body="Pedir a devolução de um valor."),
            Article(pk=2, slug="b", locale="zh", title="卡片丢失", body="如果您的银行卡丢失,请立即冻结。"),
            Article(
                pk=3,
                slug="c",
                locale="ja",
                title="カードの紛失",
                body="カードを紛失した場合は、すぐに停止してください。",
            ),
            Article(pk=4, slug="d", locale="th", title="บัตรหาย", body="หากบัตรของคุณหาย ให้ระงับบัตรทันที"),
            Article(pk=5, slug="e", locale="ko", title="카드 분실", body="카드를 분실하면 즉시 정지하세요."),
        ]
    )
    for asked, locale, slug in [
        ("quero a devolucao", "pt-br", "a"),
        ("银行卡丢了怎么办", "zh", "b"),
        ("カードをなくした", "ja", "c"),
        ("บัตรหายทำอย่างไร", "th", "d"),
        ("카드 정지", "ko", "e"),
    ]:
        assert [each.slug for each in index.find(asked, locale, 1)] == [slug], locale


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bodies=st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=80), max_size=4),
    asked=st.text(max_size=80),
    locale=st.sampled_from(["en", "pt-br", "ja", "xx"]),
)
def test_any_articles_and_any_question_give_exact_places(bodies: list[str], asked: str, locale: str) -> None:
    written = [
        Article(pk=n, slug=str(n), locale=locale, title="T", body=body, asks=[body]) for n, body in enumerate(bodies, 1)
    ]
    for found in PassageIndex(written).find(asked, locale, 5):
        assert 0 <= found.start < found.end <= len(bodies[found.article_id - 1])
        assert 0 < found.covered <= 1.000001
        assert found.score > 0


def test_a_hundred_thousand_characters_are_a_question_like_any_other(articles: dict[str, Article]) -> None:
    assert retrieval.find("lost card " * 10_000, "en")[0].slug == "lost-card"
    assert retrieval.find("x" * 100_000, "en") == []
