"""Reads for the public help centre."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db.models import F, QuerySet, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

from holdfast.knowledge.models import Article

# PostgreSQL's stemmers by language of the article; `simple` for the others.
_STEMMERS = {"en": "english", "id": "indonesian", "pt": "portuguese", "de": "german", "es": "spanish", "fr": "french"}


@dataclass(frozen=True, slots=True)
class Topic:
    """A shelf of the help centre: its slug, and its articles in reading order."""

    slug: str
    articles: list[Article]


def topics(locale: str) -> list[Topic]:
    """Return the published articles of a language by topic, largest topic first."""
    shelves: dict[str, list[Article]] = {}
    for article in Article.objects.filter(published=True, locale=locale).order_by("title"):
        shelves.setdefault(article.topic, []).append(article)
    return [Topic(slug, found) for slug, found in sorted(shelves.items(), key=lambda item: (-len(item[1]), item[0]))]


def found(text: str, locale: str, *, limit: int = 12) -> list[Article]:
    """Return the articles of a language in which words of `text` stand, best first.

    All words first; when nothing holds them all, any of them. Titles weigh more than ways of asking, these more than
    the body.
    """
    words = [word for word in text.split() if any(c.isalnum() for c in word)][:20]
    if not words:
        return []
    config = _STEMMERS.get(locale.split("-")[0], "simple")
    vector = (
        SearchVector("title", weight="A", config=config)
        + SearchVector("summary", weight="B", config=config)
        + SearchVector(Cast("asks", TextField()), weight="B", config=config)
        + SearchVector("body", weight="D", config=config)
    )
    everything = SearchQuery(" ".join(words), config=config, search_type="plain")
    anything = SearchQuery(" or ".join(words), config=config, search_type="websearch")
    return list(_ranked(vector, everything, locale)[:limit]) or list(_ranked(vector, anything, locale)[:limit])


def _ranked(vector: Combinable, query: SearchQuery, locale: str) -> QuerySet[Article]:
    return (
        Article.objects.filter(published=True, locale=locale)
        .annotate(words=vector, rank=SearchRank(F("words"), query))
        .filter(words=query)
        .order_by("-rank", "title")
    )


def translations(article: Article) -> list[tuple[str, str]]:
    """Return `(locale, title)` of the same article in the other languages it is published in."""
    others = Article.objects.filter(slug=article.slug, published=True).exclude(locale=article.locale)
    return list(others.order_by("locale").values_list("locale", "title"))


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def rendered(article: Article) -> SafeString:
    """Return the body as HTML. Raw HTML in the Markdown is shown as text, never passed through."""
    # With html off, everything in the body that is not Markdown comes out escaped.
    return SafeString(_markdown().render(article.body))
