"""Does a customer ask for something to be done, and what? Learned from how people ask for actions and for articles.

A model per language, with a gate set on held-out examples of this deployment's own; built aside when articles change.
Without the company's systems nothing is looked for.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import connection

from holdfast.assistant import acting
from holdfast.assistant.understanding.examples import Examples
from holdfast.assistant.understanding.gate import Gate, fitted
from holdfast.assistant.understanding.model import Model, Understood
from holdfast.kit.semantic import encoder as semantic
from holdfast.knowledge.queries import topics
from holdfast.knowledge.search import ArticleIndex, article_index

log = structlog.get_logger(__name__)

ACTION = "action:"
LIKELY = 0.45
"""Probability from which an action is begun; below it what passes the gate is too often about an article."""
NEAR = 0.25
"""Probability from which an action is a thing that may be meant."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An action that a text may ask for. `sure`: the gate lets it pass. `rival`: the id of an article as likely."""

    action: str
    sure: bool
    rival: int | None = None


_lock = threading.Lock()
_building = threading.Lock()
_current: dict[str, tuple[Model, Gate]] = {}
_titles: dict[int, str] = {}
_of: ArticleIndex | None = None


def wishes(texts: Sequence[str], *, locales: Sequence[str], meaning: bool) -> list[Wish | None]:
    """Return what each text asks to have done, `None` for most, and nothing while a language is being learned."""
    found: list[Wish | None] = [None] * len(texts)
    if not settings.OPERATIONS_URL:
        return found
    models = _models()
    for locale, (model, gate) in models.items():
        chosen = [i for i, wanted in enumerate(locales) if wanted == locale and texts[i].strip()]
        understood = model.predict([texts[i] for i in chosen], semantic=meaning and locale in semantic.LANGUAGES)
        for i, each in zip(chosen, understood, strict=True):
            found[i] = _wish(each, gate)
    return found


def title_of(article_id: int | None) -> str:
    """Return the title of an article the models know; empty for none."""
    return _titles.get(article_id or 0, "")


def warm() -> None:
    """Build the models now, so that the first customer is understood."""
    if settings.OPERATIONS_URL:
        _rebuild(article_index())


def _wish(each: Understood, gate: Gate) -> Wish | None:
    if each.label.startswith(ACTION):
        near = each.second.startswith("article:") and each.second_probability >= NEAR
        rival = int(each.second.removeprefix("article:")) if near else None
        return Wish(
            each.label.removeprefix(ACTION), gate.passes(each) and each.probability >= LIKELY and rival is None, rival
        )
    if each.second.startswith(ACTION) and each.second_probability >= NEAR:
        return Wish(each.second.removeprefix(ACTION), False, int(each.label.removeprefix("article:")))
    return None


def _models() -> dict[str, tuple[Model, Gate]]:
    index = article_index()
    if index is not _of and not _building.locked():
        threading.Thread(target=_rebuild_aside, args=(index,), name="intents", daemon=True).start()
    return _current


def _rebuild_aside(index: ArticleIndex) -> None:
    try:
        _rebuild(index)
    except Exception as error:  # the earlier models stay in use
        log.exception("intents_not_built", error=type(error).__name__)
    finally:
        connection.close()


def _rebuild(index: ArticleIndex) -> None:
    global _current, _titles, _of
    with _building:
        if index is _of:
            return
        encoder = semantic.available()
        built, titles = {}, dict[int, str]()
        for locale in map(str, settings.SUPPORT_LANGUAGES):
            examples = _examples(locale, titles)
            if examples is not None:
                built[locale] = fitted(examples, encoder=encoder if locale in semantic.LANGUAGES else None)
        with _lock:
            _current, _titles, _of = built, titles, index


def _examples(locale: str, titles: dict[int, str]) -> Examples | None:
    """Return how people ask in a language, for actions and for articles; `None` where no action speaks it."""
    pairs = [(text, f"{ACTION}{name}") for name, texts in acting.examples(locale).items() for text in texts]
    if not pairs:
        return None
    for topic in topics(locale):
        titles |= {article.pk: article.title for article in topic.articles}
        pairs += [(text, f"article:{a.pk}") for a in topic.articles for text in (a.title, *a.asks)]
    return Examples(tuple(text for text, _ in pairs), tuple(label for _, label in pairs))
