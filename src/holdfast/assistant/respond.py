"""The first answer: an article's own words when the match is clear, in the customer's language; otherwise a person.

Order of steps: a person has it, or is asked for → hand over; language; search; the gate; the words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings

from holdfast.assistant.contract import Answer, Citation, ForAssistant, HandOver, Outcome, Reason
from holdfast.assistant.language import language_of
from holdfast.assistant.person_request import asks_for_person
from holdfast.knowledge.passages import Passage
from holdfast.knowledge.search import Found, IndexedArticle, article_index

# Gate: measured by benchmarks/first_answer.py; see there for the precision and share each setting gives.
MIN_MARGIN = 0.40
MIN_SIMILARITY = 0.20
MAX_LETTERS = 700  # a long letter holds more than one matter
PEOPLE_TOPICS = frozenset({"care", "fraud"})  # never answered by a machine alone

_TEXTS = {
    "en": (
        "This is from our help article “{title}”:",
        "The whole article: {url}",
        "If this does not answer it, write back and a person reads it.",
    ),
    "id": (
        "Ini dari artikel bantuan kami “{title}”:",
        "Artikel lengkap: {url}",
        "Jika ini belum menjawab, balas pesan ini dan petugas kami akan membacanya.",
    ),
    "pt": (
        "Isto está no nosso artigo de ajuda “{title}”:",
        "O artigo completo: {url}",
        "Se isto não responder, escreva de volta e uma pessoa vai ler.",
    ),
}
_WORDS = re.compile(r"\w{3,}")


def respond(conversation: ForAssistant) -> Outcome:
    """Return what to do about one conversation."""
    return respond_many([conversation])[0]


def respond_many(conversations: Sequence[ForAssistant]) -> list[Outcome]:
    """Return what to do about each conversation, in order; one search for the whole batch."""
    outcomes: list[Outcome | None] = [_without_search(each) for each in conversations]
    open_ = [i for i, outcome in enumerate(outcomes) if outcome is None]
    locales = {i: language_of(conversations[i].text, hint=conversations[i].locale) for i in open_}
    searched = [i for i in open_ if locales[i] is not None]
    found = article_index().find(
        [conversations[i].text for i in searched], locales=[locales[i] or "" for i in searched], limit=2
    )
    by_position = dict(zip(searched, found, strict=True))
    return [
        outcome if outcome is not None else _gated(conversations[i], locales[i], by_position.get(i, []))
        for i, outcome in enumerate(outcomes)
    ]


def _without_search(conversation: ForAssistant) -> HandOver | None:
    if conversation.assigned:
        return HandOver(Reason.WITH_A_PERSON)
    if conversation.person_asked or asks_for_person(conversation.text):
        return HandOver(Reason.PERSON_ASKED, "Asked for a person.")
    if conversation.held.answered:
        return HandOver(Reason.CAME_BACK, "Came back after the assistant's answer.")
    if len(conversation.text) > MAX_LETTERS:
        return HandOver(Reason.NEEDS_A_PERSON, "Long message, not answered by the assistant.")
    return None


def _gated(conversation: ForAssistant, locale: str | None, found: Sequence[Found]) -> Outcome:
    if locale is None:
        return HandOver(Reason.UNKNOWN_LANGUAGE, "Written in a language the articles do not cover.")
    if not found:
        return HandOver(Reason.NO_ARTICLE, "No article is near this question.", locale)
    best = found[0]
    topic = best.article.topic if best.similarity >= MIN_SIMILARITY else ""
    if best.article.topic in PEOPLE_TOPICS and topic:
        return HandOver(Reason.NEEDS_A_PERSON, f"Near “{best.article.title}”: always for a person.", locale, topic)
    if best.similarity < MIN_SIMILARITY or best.margin < MIN_MARGIN:
        return HandOver(Reason.NOT_SURE, f"Nearest article: “{best.article.title}”, not a clear match.", locale, topic)
    return _answer(conversation.text, locale, best)


def _answer(question: str, locale: str, best: Found) -> Answer:
    article = best.article
    quoted = _quotable(question, article)
    url = f"{settings.PUBLIC_URL}/help/{article.locale}/{article.slug}/"
    opening, whole, otherwise = _TEXTS[locale.split("-")[0]] if locale.split("-")[0] in _TEXTS else _TEXTS["en"]
    words = "\n\n".join(p.text for p in quoted)
    text = "\n\n".join([opening.format(title=article.title), words, whole.format(url=url), otherwise])
    citations = tuple(
        Citation(article.id, article.version, article.slug, article.locale, article.title, url, p.start, p.end)
        for p in quoted
    )
    return Answer(text, citations, locale, round(best.probability, 3))


def _quotable(question: str, article: IndexedArticle, *, room: int = 900) -> list[Passage]:
    """Return the article's opening and what shares most words with the question, within `room` characters.

    A passage that ends in a colon announces what follows it, so the two are quoted together or not at all.
    """
    blocks = _blocks(article.passages)
    if not blocks:
        return []
    asked = _words(question)
    shared = [(len(asked & words), block) for words, block in blocks[1:]]
    # Where nothing shares a word with the question, what follows the opening says what to do.
    nearest = [block for count, block in sorted(shared, key=lambda each: -each[0]) if count]
    nearest = nearest or [block for _, block in blocks[1:2]]
    chosen = list(blocks[0][1])
    for block in nearest[:2]:
        if sum(len(p.text) for p in chosen) + sum(len(p.text) for p in block) <= room:
            chosen += block
    return sorted(chosen, key=lambda p: p.start)


@lru_cache(maxsize=1024)
def _blocks(passages: tuple[Passage, ...]) -> list[tuple[frozenset[str], tuple[Passage, ...]]]:
    """Return what is quoted together, each with its words. Kept: the same articles are quoted over and over."""
    blocks: list[list[Passage]] = []
    for passage in passages:
        if blocks and blocks[-1][-1].text.rstrip().endswith(":"):
            blocks[-1].append(passage)
        else:
            blocks.append([passage])
    return [(_words(" ".join(passage.text for passage in block)), tuple(block)) for block in blocks]


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORDS.findall(text))


def warm() -> None:
    """Build the article index now, so that the first customer does not wait for it."""
    article_index()
