"""What to do about a message: an article's own words when the match is clear, a question back, an action, or a person.

Order of steps, each a function of its own: a person has it or is asked for; work under way; an action that waits for
its next word; an answer that did not help; the answer to a question back; normalise; language; search; the gate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from holdfast.assistant import intents
from holdfast.assistant.acting import speaks
from holdfast.assistant.clarifying import chosen, question
from holdfast.assistant.contract import (
    Action,
    Answer,
    Clarify,
    ForAssistant,
    HandOver,
    Later,
    Option,
    Outcome,
    Reason,
    Word,
    Work,
)
from holdfast.assistant.holding import MOST_TURNS
from holdfast.assistant.intents import ACTION, Wish, title_of, wishes
from holdfast.assistant.language import language_of
from holdfast.assistant.normalise import normalised, says_something
from holdfast.assistant.person_request import asks_for_person
from holdfast.assistant.quoting import address, citation, quotable
from holdfast.assistant.tiers import Tier, tiers
from holdfast.knowledge import search
from holdfast.knowledge.search import Found, article_index
from holdfast.operations.registry import action_named

# Gate: measured by benchmarks/first_answer.py; see there for the precision and share each setting gives.
MIN_MARGIN = 0.40
MIN_SIMILARITY = 0.20
# Probability that it is one of the two nearest, for asking back. By words alone one in nine of BANKING77's training
# questions is asked back, and the right article is one of the two for 91 % of them (benchmarks/first_answer.py).
MIN_OF_TWO = 0.55
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


def respond(conversation: ForAssistant) -> Outcome:
    """Return what to do about one conversation."""
    return respond_many([conversation])[0]


def respond_many(conversations: Sequence[ForAssistant]) -> list[Outcome]:
    """Return what to do about each conversation, in order; one search for the whole batch."""
    outcomes: list[Outcome | None] = [_without_search(each) for each in conversations]
    open_ = [i for i, outcome in enumerate(outcomes) if outcome is None]
    texts = {i: _looked_up(conversations[i]) for i in open_}
    locales = {i: _language(conversations[i], texts[i]) for i in open_}
    searched = [i for i in open_ if locales[i] is not None]
    found = _searched([texts[i] for i in searched], [locales[i] or "" for i in searched])
    near = dict(zip(searched, found, strict=True))
    return [
        outcome if outcome is not None else _gated(conversations[i], locales[i], *near.get(i, ([], None)))
        for i, outcome in enumerate(outcomes)
    ]


def _searched(texts: Sequence[str], locales: Sequence[str]) -> list[tuple[list[Found], Wish | None]]:
    """Return the articles near each text, and what it wishes to have done. Of no texts nothing is asked, not even an
    index: a request for a person depends on nothing that is learned or stored."""
    if not texts:
        return []
    with tiers.at_most(Tier.MEANING, waiting=len(texts)) as tier:
        meaning = tier >= Tier.MEANING
        found = article_index().find(texts, locales=locales, limit=2, semantic=meaning)
        return list(zip(found, wishes(texts, locales=locales, meaning=meaning), strict=True))


def with_a_person(asked: ForAssistant) -> HandOver | None:
    """A person has it: the assistant is silent."""
    silent = asked.assigned or asked.held.word is not Word.ASSISTANT
    return HandOver(Reason.WITH_A_PERSON) if silent else None


def person_asked(asked: ForAssistant) -> HandOver | None:
    """The customer wants a person: one step, also in the middle of anything else, and before any model."""
    if asked.person_asked or asks_for_person(asked.text):
        return HandOver(Reason.PERSON_ASKED, "They asked for a person.", asked.held.language)
    return None


def under_way(asked: ForAssistant) -> Later | None:
    """Work on an earlier message is under way, and reads this one when it is done."""
    return Later(None) if asked.held.busy else None


def pending(asked: ForAssistant) -> Later | None:
    """An action waits for the customer's next word."""
    return Later(Work.GO_ON, locale=asked.held.language) if asked.held.pending is not None else None


def enough(asked: ForAssistant) -> HandOver | None:
    """The assistant has had its turns: an answer that did not help, or too many of them."""
    if asked.held.answered:
        return HandOver(Reason.CAME_BACK, "They came back after the assistant's answer.", asked.held.language)
    if asked.held.turns >= MOST_TURNS:
        return HandOver(Reason.TOO_MANY_TURNS, "The assistant spoke often enough here.", asked.held.language)
    return None


def still_unclear(asked: ForAssistant) -> HandOver | None:
    """They were asked which of two is meant, and the answer names neither."""
    options = asked.held.options
    if not options or chosen(asked.text, options) is not None:
        return None
    named = " and ".join(f"“{option.label}”" for option in options)
    return HandOver(Reason.STILL_UNCLEAR, f"Asked back between {named}; the answer names neither.", asked.held.language)


def unreadable(asked: ForAssistant) -> HandOver | None:
    """Too long for one matter, or nothing that can be read."""
    if len(asked.text) > MAX_LETTERS:
        return HandOver(Reason.NEEDS_A_PERSON, "Long message, not answered by the assistant.", asked.held.language)
    if not says_something(asked.text):
        return HandOver(Reason.NOT_SURE, "There are no words in it.", asked.held.language)
    return None


_BEFORE_SEARCH: tuple[Callable[[ForAssistant], Outcome | None], ...] = (
    with_a_person,
    person_asked,
    under_way,
    pending,
    enough,
    still_unclear,
    unreadable,
)


def _without_search(asked: ForAssistant) -> Outcome | None:
    return next((outcome for step in _BEFORE_SEARCH if (outcome := step(asked)) is not None), None)


def _looked_up(asked: ForAssistant) -> str:
    """What is searched for: the customer's words, or the option they chose."""
    option = chosen(asked.text, asked.held.options) if asked.held.options else None
    return option.label if option is not None else normalised(asked.text)


def _language(asked: ForAssistant, text: str) -> str | None:
    return asked.held.language or language_of(text, hint=asked.locale)


def _gated(asked: ForAssistant, locale: str | None, found: Sequence[Found], wish: Wish | None) -> Outcome:
    if locale is None:
        return HandOver(Reason.UNKNOWN_LANGUAGE, "Written in a language the articles do not cover.")
    if (action := _wished(asked, locale, wish)) is not None:
        return action
    if not found:
        return HandOver(Reason.NO_ARTICLE, "No article is near this question.", locale)
    best, title = found[0], found[0].article.title
    topic = best.article.topic if best.similarity >= MIN_SIMILARITY else ""
    if best.article.topic in PEOPLE_TOPICS and topic:
        return HandOver(Reason.NEEDS_A_PERSON, f"Near “{title}”: always for a person.", locale, topic, f"“{title}”")
    if (option := chosen(asked.text, asked.held.options)) is not None:
        best = next((each for each in found if option.names == f"article:{each.article.id}"), best)
        return _answer(asked.text, locale, best)
    if is_clear(best):
        return _answer(asked.text, locale, best)
    if (back := _question_back(asked, locale, found)) is not None:
        return back
    intent = f"“{title}”" if topic else ""
    return HandOver(Reason.NOT_SURE, f"Nearest article: “{title}”, not a clear match.", locale, topic, intent)


def _wished(asked: ForAssistant, locale: str, wish: Wish | None) -> Action | Clarify | None:
    """Begin an action they ask for, or chose; ask once where an article is as likely to be meant."""
    option = chosen(asked.text, asked.held.options)
    if option is not None:
        return Action(option.names.removeprefix(ACTION), locale=locale) if option.names.startswith(ACTION) else None
    if wish is None or not speaks(locale):
        return None
    if wish.sure:
        return Action(wish.action, locale=locale)
    action, title = action_named(wish.action), title_of(wish.rival)
    if asked.held.asked or action is None or not title or not locale.startswith("en"):  # actions are named in English
        return None
    return question(
        [Option(f"{action.title}, done for you now", f"{ACTION}{wish.action}"), Option(title, f"article:{wish.rival}")],
        locale=locale,
    )


def is_clear(found: Found) -> bool:
    """Whether an article is so clear a match that it is quoted without a person."""
    return found.similarity >= MIN_SIMILARITY and found.margin >= MIN_MARGIN


def _question_back(asked: ForAssistant, locale: str, found: Sequence[Found]) -> Clarify | None:
    """Ask once which of the two nearest is meant, where it is very likely one of them."""
    if asked.held.asked or len(found) < 2:
        return None
    first, second = found[:2]
    near = min(first.similarity, second.similarity) >= MIN_SIMILARITY
    if not near or first.probability + second.probability < MIN_OF_TWO or second.article.topic in PEOPLE_TOPICS:
        return None
    return question(
        [Option(each.article.title, f"article:{each.article.id}") for each in (first, second)], locale=locale
    )


def _answer(question: str, locale: str, best: Found) -> Answer:
    article = best.article
    quoted = quotable(question, article)
    opening, whole, otherwise = _TEXTS[locale.split("-")[0]] if locale.split("-")[0] in _TEXTS else _TEXTS["en"]
    words = "\n\n".join(p.text for p in quoted)
    text = "\n\n".join([opening.format(title=article.title), words, whole.format(url=address(article)), otherwise])
    citations = tuple(citation(article, passage) for passage in quoted)
    return Answer(text, citations, locale, round(best.probability, 3))


def warm() -> None:
    """Build the article index now, so that the first customer does not wait for it."""
    search.warm()
    intents.warm()
