"""What to do about a message: an article's own words when the match is clear, a question back, an action, or a person.

Order of steps, each a function of its own: a person has it or is asked for; work under way; an action that waits for
its next word; an answer that did not help; the answer to a question back; normalise; language; search; the gate.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from django.db import connection

from holdfast.assistant import acting_words, intents
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
from holdfast.assistant.intents import ACTION, Wish, wishes
from holdfast.assistant.language import language_of
from holdfast.assistant.normalise import normalised, says_something
from holdfast.assistant.person_request import asks_for_person
from holdfast.assistant.quoting import answer, answer_from, quotable
from holdfast.assistant.tiers import Tier, tiers
from holdfast.kit.semantic.encoder import each_once
from holdfast.knowledge import retrieval, search
from holdfast.knowledge.passages import PassageFound
from holdfast.knowledge.retrieval import clearest
from holdfast.knowledge.search import Found, article_index

log = structlog.get_logger(__name__)

# Gate: measured by benchmarks/first_answer.py; see there for the precision and share each setting gives.
MIN_MARGIN = 0.40
MIN_SIMILARITY = 0.20
# Lead from which an article answers whose passage is a clear match besides (`retrieval.clearest`).
MIN_MARGIN_WITH_PASSAGE = 0.30
# Probability that it is one of the two nearest, for asking back. By words alone one in nine of BANKING77's training
# questions is asked back, and the right article is one of the two for 91 % of them (benchmarks/first_answer.py).
MIN_OF_TWO = 0.55
_AT_ONCE = 8  # texts whose meaning is looked at before the clock is
MAX_LETTERS = 700  # a long letter holds more than one matter
PEOPLE_TOPICS = frozenset({"care", "fraud"})  # never answered by a machine alone


@dataclass(frozen=True, slots=True)
class Near:
    """What is near a text: the nearest articles, an action it may ask for, and a passage where that decides."""

    articles: Sequence[Found] = ()
    wish: Wish | None = None
    passages: Sequence[PassageFound] = ()


NOTHING_NEAR = Near()


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
        outcome if outcome is not None else _gated(conversations[i], locales[i], near.get(i, NOTHING_NEAR))
        for i, outcome in enumerate(outcomes)
    ]


def _searched(texts: Sequence[str], locales: Sequence[str]) -> list[Near]:
    """Return what is near each text. Of no texts nothing is asked, not even an index: a request for a person depends on
    nothing that is learned or stored."""
    if not texts:
        return []
    found: list[Near] = []
    with tiers.at_most(Tier.MEANING, waiting=len(texts)) as place:
        while rest := len(texts) - len(found):
            # Who passes the tier's time falls to words: those that are left are looked up without it, all at once.
            deep = place.tier >= Tier.MEANING and not (found and place.late(rest))
            part = slice(len(found), len(found) + _AT_ONCE if deep else None)
            found += _looked(texts[part], locales[part], meaning=deep)
    return found


def _looked(texts: Sequence[str], locales: Sequence[str], *, meaning: bool) -> list[Near]:
    with each_once():  # articles, wishes and passages ask for the meaning of the same texts
        found = article_index().find(texts, locales=locales, limit=2, semantic=meaning)
        passages = [
            clearest(text, locale) if meaning and is_nearly_clear(articles) else []
            for text, locale, articles in zip(texts, locales, found, strict=True)
        ]
        return list(map(Near, found, wishes(texts, locales=locales, meaning=meaning), passages))


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


def _gated(asked: ForAssistant, locale: str | None, near: Near) -> Outcome:
    if locale is None:
        return HandOver(Reason.UNKNOWN_LANGUAGE, "Written in a language the articles do not cover.")
    if (action := _wished(asked, locale, near)) is not None:
        return action
    found = near.articles
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
    if near.passages and near.passages[0].article_id == best.article.id:
        return answer_from(near.passages, locale=locale, confidence=round(best.probability, 3))
    if (back := _question_back(asked, locale, found)) is not None:
        return back
    intent = f"“{title}”" if topic else ""
    return HandOver(Reason.NOT_SURE, f"Nearest article: “{title}”, not a clear match.", locale, topic, intent)


def _wished(asked: ForAssistant, locale: str, near: Near) -> Action | Clarify | None:
    """Begin an action they ask for, or chose; ask once where the nearest article is as likely to be meant."""
    option = chosen(asked.text, asked.held.options)
    if option is not None:
        return Action(option.names.removeprefix(ACTION), locale=locale) if option.names.startswith(ACTION) else None
    wish, speaks = near.wish, acting_words.language(locale)
    if wish is None or speaks is None:
        return None
    if wish.sure:
        return Action(wish.action, locale=locale)
    best = near.articles[0] if near.articles else None
    if asked.held.asked or best is None or best.similarity < MIN_SIMILARITY or is_clear(best):
        return None
    if best.article.topic in PEOPLE_TOPICS:
        return None
    now = acting_words.say(speaks, "done_now", title=acting_words.titled(speaks, wish.action))
    article = Option(best.article.title, f"article:{best.article.id}")
    return question(
        [Option(now, f"{ACTION}{wish.action}"), article],
        locale=locale,
        explained=[acting_words.explained(speaks, wish.action)],
    )


def is_clear(found: Found) -> bool:
    """Whether an article is so clear a match that it is quoted without a person."""
    return found.similarity >= MIN_SIMILARITY and found.margin >= MIN_MARGIN


def is_nearly_clear(found: Sequence[Found]) -> bool:
    """Whether a passage of the nearest article may still decide it: nearest by its own meaning as well."""
    best = found[0] if found else None
    if best is None or is_clear(best) or best.article.topic in PEOPLE_TOPICS:
        return False
    return best.similarity >= MIN_SIMILARITY and best.margin >= MIN_MARGIN_WITH_PASSAGE


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
    quoted = quotable(question, best.article)
    return answer(quoted, best.article, locale=locale, confidence=round(best.probability, 3))


def warm() -> None:
    """Build the article index now, so that the first customer does not wait for it. That over passages is built beside:
    until it is there nothing is answered from it."""
    search.warm()
    intents.warm()
    threading.Thread(target=_warm_passages, name="passages", daemon=True).start()


def _warm_passages() -> None:
    try:
        retrieval.warm()
    except Exception as error:  # passages then go by words, and decide nothing
        log.exception("passages_not_ready", error=type(error).__name__)
    finally:
        connection.close()
