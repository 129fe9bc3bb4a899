"""The help centre for machines: a feed per language (Atom and RSS), the sitemap with its languages, and robots.txt.

Sitemap: https://www.sitemaps.org/protocol.html, languages as https://developers.google.com/search/docs/specialty/
international/localized-versions describes. Atom: RFC 4287. An entry's id is made of short name and language alone, so
it stays when the address of the server, the words or the database change.
"""

from __future__ import annotations

from uuid import UUID, uuid5
from xml.sax.saxutils import escape, quoteattr

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from holdfast.knowledge import queries
from holdfast.knowledge.help_words import words_of
from holdfast.knowledge.models import Article

_IDS = UUID("6f1f8d0e-5d1e-5a53-9d0b-2c7b7f6f4f10")  # ours; only ever used to derive others
_FOR_CRAWLERS = ("/help/", "/status", "/static/")
_KINDS: dict[str, type[Atom1Feed] | type[Rss201rev2Feed]] = {"atom": Atom1Feed, "rss": Rss201rev2Feed}


def address(locale: str, slug: str) -> str:
    """Return the one address an article is known by."""
    return settings.PUBLIC_URL + reverse("help:article", args=[locale, slug])


def stable_id(locale: str, slug: str) -> str:
    """Return the id of an article in feeds."""
    return uuid5(_IDS, f"{locale}/{slug}").urn


@require_safe
@cache_control(public=True, max_age=300)
def feed(request: HttpRequest, locale: str, kind: str) -> HttpResponse:
    """The fifty articles of a language that changed last."""
    home = settings.PUBLIC_URL + reverse("help:home", args=[locale])
    made = _KINDS[kind](
        title=f"{settings.COMPANY}: {words_of(locale)['feed']}",
        link=home,
        description="",
        language=locale,
        feed_url=settings.PUBLIC_URL + request.path,
        feed_guid=stable_id(locale, ""),
    )
    for article in queries.newest(locale):
        made.add_item(
            title=article.title,
            link=address(locale, article.slug),
            description=article.summary,
            unique_id=stable_id(locale, article.slug),
            unique_id_is_permalink=False,
            updateddate=article.updated_at,
            pubdate=article.updated_at,
        )
    response = HttpResponse(content_type=made.content_type)
    made.write(response, "utf-8")
    return response


@require_safe
@cache_control(public=True, max_age=3600)
def robots(request: HttpRequest) -> HttpResponse:
    """Where crawlers may go (RFC 9309): the help centre, the status page and what their pages are made of."""
    lines = ["User-agent: *", *(f"Allow: {path}" for path in _FOR_CRAWLERS), "Disallow: /", ""]
    sitemap_at = settings.PUBLIC_URL + reverse("help:sitemap")
    return HttpResponse("\n".join([*lines, f"Sitemap: {sitemap_at}", ""]), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=300)
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every published article, each with its languages; at most the 50,000 addresses that a sitemap may have."""
    entries = [_entry(article, group) for group in queries.in_every_language() for article in group]
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        ' xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
    )
    return HttpResponse(head + "".join(entries[:50_000]) + "</urlset>\n", content_type="application/xml")


def _entry(article: Article, group: list[Article]) -> str:
    languages = "".join(
        f'<xhtml:link rel="alternate" hreflang={quoteattr(each.locale)}'
        f" href={quoteattr(address(each.locale, each.slug))}/>"
        for each in group
        if len(group) > 1
    )
    where = escape(address(article.locale, article.slug))
    return f"<url><loc>{where}</loc><lastmod>{article.updated_at.date().isoformat()}</lastmod>{languages}</url>\n"
