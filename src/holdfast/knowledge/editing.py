"""Writing help articles. What is published is read by customers, by the search and by the first assistant at once.

Each saved change raises `version`: citations name it, and the search index notices it. What is published is kept as it
was (`versions.py`). `by` is an agent's id, None where a command writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

import structlog
from django.db import transaction
from django.db.models import DateField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import LessThanOrEqual

from holdfast.knowledge import translations
from holdfast.knowledge.models import Article

CHECK_AFTER = timedelta(days=365)  # where no date says when to look again
_WORD = re.compile(r"\w\w")

log = structlog.get_logger(__name__)


class EditRefused(Exception):  # noqa: N818 - carries the sentence for the person
    """An article cannot be kept this way. `field` names the input it is about."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Content:
    """What an article says. `body` is Markdown; `asks` are other ways people ask it; `topic` is a queue's slug."""

    title: str
    summary: str
    body: str
    asks: tuple[str, ...]
    topic: str
    reviewed_on: date | None
    review_by: date | None = None


def listed(*, text: str = "", locale: str = "", unpublished: bool | None = None) -> QuerySet[Article]:
    """Return articles for those who write them: with `text` in title, summary or slug, of a language, by state.

    Each with `due_on`: when somebody should look at it again.
    """
    rows = _with_due_dates().order_by("title", "locale", "pk")
    for word in text.split()[:8]:
        rows = rows.filter(Q(title__icontains=word) | Q(summary__icontains=word) | Q(slug__icontains=word))
    if locale:
        rows = rows.filter(locale=locale)
    return rows if unpublished is None else rows.filter(published=not unpublished)


def due(today: date) -> QuerySet[Article]:
    """Return the published articles that somebody should look at again by `today`, the longest overdue first."""
    rows = _with_due_dates().filter(published=True).order_by(F("due_on"), "title", "pk")
    return rows.filter(LessThanOrEqual(F("due_on"), Value(today)))


def _with_due_dates() -> QuerySet[Article]:
    # What nobody ever checked counts from when its words were last saved.
    last = Coalesce("reviewed_on", Cast("updated_at", DateField()))
    after_a_while = ExpressionWrapper(last + Value(CHECK_AFTER), output_field=DateField())
    return Article.objects.annotate(due_on=Coalesce("review_by", Cast(after_a_while, DateField())))


def in_other_languages(slug: str, *, but: str) -> dict[str, int]:
    """Return the ids of an article's translations by language, published or not."""
    return dict(Article.objects.filter(slug=slug).exclude(locale=but).values_list("locale", "pk"))


def topics_in_use() -> list[str]:
    """Return every topic that articles name, by name."""
    return list(Article.objects.exclude(topic="").order_by("topic").values_list("topic", flat=True).distinct())


@transaction.atomic
def write(*, slug: str, locale: str, content: Content, by: int | None) -> Article:
    """Keep a new article, not published yet. Raises `EditRefused`."""
    if Article.objects.filter(slug=slug, locale=locale).exists():
        raise EditRefused("slug", "There is already an article with this short name in this language.")
    article = Article(slug=slug, locale=locale, published=False)
    _keep(article, content, by)
    log.info("knowledge.written", article=article.pk, by=by)
    return article


@transaction.atomic
def change(*, article_id: int, seen_version: int, content: Content, by: int | None) -> Article:
    """Change an article whose version the writer saw. Saving the same words changes nothing. Raises `EditRefused`."""
    article = Article.objects.select_for_update().get(pk=article_id)
    if article.version != seen_version:
        raise EditRefused("body", "Somebody saved this article in the meantime. Open it again to see theirs.")
    if content != content_of(article):
        article.version += 1
        _keep(article, content, by)
        log.info("knowledge.changed", article=article.pk, version=article.version, by=by)
    return article


@transaction.atomic
def confirm(*, article_id: int, today: date, by: int) -> Article:
    """Note that somebody read an article and that it is true as it stands. Its version stays."""
    article = Article.objects.select_for_update().get(pk=article_id)
    article.reviewed_on, article.review_by = today, None
    _in_step(article)
    article.save(update_fields=["reviewed_on", "review_by", "of_version"])
    log.info("knowledge.confirmed", article=article.pk, by=by)
    return article


@transaction.atomic
def publish(*, article_id: int, by: int | None) -> Article:
    """Let customers and the assistant have an article."""
    return _show(article_id, published=True, by=by)


@transaction.atomic
def unpublish(*, article_id: int, by: int | None) -> Article:
    """Take an article away from customers and the assistant. Its words are kept."""
    return _show(article_id, published=False, by=by)


def content_of(article: Article) -> Content:
    """Return what an article says now."""
    return Content(
        title=article.title,
        summary=article.summary,
        body=article.body,
        asks=tuple(article.asks),
        topic=article.topic,
        reviewed_on=article.reviewed_on,
        review_by=article.review_by,
    )


def _keep(article: Article, content: Content, by: int | None) -> None:
    # The search index learns from words of two letters or more and cannot learn from none.
    if not _WORD.search(content.title):
        raise EditRefused("title", "A title needs a word.")
    article.title, article.summary, article.body = content.title, content.summary, content.body
    article.asks, article.topic = list(content.asks), content.topic
    article.reviewed_on, article.review_by = content.reviewed_on, content.review_by
    article.changed_by_id = by
    _in_step(article)
    article.save()


def _in_step(article: Article) -> None:
    """Whoever works on a translation has its original before them, as it is now."""
    original = translations.original_of(article.slug)
    same = original is None or original.locale == article.locale
    article.of_version = None if original is None or same else original.version


def _show(article_id: int, *, published: bool, by: int | None) -> Article:
    article = Article.objects.select_for_update().get(pk=article_id)
    if article.published != published:
        article.published, article.changed_by_id = published, by
        article.save(update_fields=["published", "changed_by", "updated_at"])
        log.info("knowledge.published" if published else "knowledge.unpublished", article=article.pk, by=by)
    return article
