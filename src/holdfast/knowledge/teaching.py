"""Ways of asking that articles are taught: tried on an index of their own first, then kept with the article."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from holdfast.knowledge import editing
from holdfast.knowledge.models import Article
from holdfast.knowledge.search import ArticleIndex


@dataclass(frozen=True, slots=True)
class Way:
    """One way of asking for an article."""

    article_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Title:
    """An article by its title."""

    id: int
    title: str
    locale: str


def ways_of_asking() -> Sequence[tuple[str, str]]:
    """Return every way of asking that published articles name, each with its language."""
    rows = Article.objects.filter(published=True).values_list("locale", "asks")
    return [(locale, ask) for locale, asks in rows for ask in asks]


def titles() -> Sequence[Title]:
    """Return the published articles by language and title."""
    rows = Article.objects.filter(published=True).order_by("locale", "title", "pk")
    return [Title(*row) for row in rows.values_list("pk", "title", "locale")]


def trial_indexes(ways: Sequence[Way]) -> tuple[ArticleIndex, ArticleIndex]:
    """Return the index over what is published, by words alone, and the same with `ways`. Nothing is stored."""
    articles = list(Article.objects.filter(published=True).order_by("pk"))
    before = ArticleIndex(articles)
    more = _by_article(ways)
    for article in articles:
        article.asks = [*article.asks, *more.get(article.pk, ())]
    return before, ArticleIndex(articles)


@transaction.atomic
def teach(ways: Sequence[Way], *, by: int) -> None:
    """Keep ways of asking with their articles, as changes of these. What an article knows already is left out."""
    for article_id, texts in _by_article(ways).items():
        _change(article_id, add=texts, by=by)


@transaction.atomic
def unteach(ways: Sequence[Way], *, by: int) -> None:
    """Take ways of asking away from their articles again."""
    for article_id, texts in _by_article(ways).items():
        _change(article_id, remove=texts, by=by)


def _change(article_id: int, *, by: int, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
    article = Article.objects.select_for_update().filter(pk=article_id).first()
    if article is None:  # deleted meanwhile: there is nothing to teach
        return
    content = editing.content_of(article)
    kept = [ask for ask in content.asks if ask not in remove]
    asks = (*kept, *(text for text in add if text not in kept))
    editing.change(article_id=article_id, seen_version=article.version, content=replace(content, asks=asks), by=by)


def _by_article(ways: Sequence[Way]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for way in ways:
        found[way.article_id].append(way.text)
    return found
