"""Reads for the public help centre, and an article as HTML that cannot do anything."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import nh3
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

from holdfast.knowledge import retrieval
from holdfast.knowledge.models import Article, ArticleVersion
from holdfast.knowledge.passages import PassageFound

_TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto", "tel"}


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


def found(text: str, locale: str, *, limit: int = 12) -> list[PassageFound]:
    """Return the best passage of each article that speaks of `text`, best first; none rather than weak ones."""
    best: dict[int, PassageFound] = {}
    for each in retrieval.find(text, locale, limit * 4, weak=True):
        best.setdefault(each.article_id, each)
    return list(best.values())[:limit]


def published_in(slug: str) -> dict[str, str]:
    """Return the languages an article is published in, with its title in each."""
    return dict(Article.objects.filter(slug=slug, published=True).order_by("locale").values_list("locale", "title"))


def newest(locale: str, *, limit: int = 50) -> list[Article]:
    """Return the published articles of a language, what changed last first."""
    return list(Article.objects.filter(published=True, locale=locale).order_by("-updated_at", "pk")[:limit])


def in_every_language() -> list[list[Article]]:
    """Return every published article beside its published translations, by short name. For the sitemap."""
    groups: dict[str, list[Article]] = {}
    for article in Article.objects.filter(published=True).order_by("slug", "locale").defer("body", "asks"):
        groups.setdefault(article.slug, []).append(article)
    return list(groups.values())


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def rendered(article: Article | ArticleVersion) -> SafeString:
    """Return the body as HTML. Raw HTML in it is shown as text, never passed through; pictures are left out."""
    # Twice: with html off, what is not Markdown comes out escaped, and of that only the tags of a text may pass.
    return SafeString(
        nh3.clean(_markdown().render(article.body), tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES)
    )
