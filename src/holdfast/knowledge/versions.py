"""Every version of an article that customers could read: looked at, compared, quoted exactly, put back.

The database keeps them by itself (migration 0002), whoever publishes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from holdfast.knowledge import editing
from holdfast.knowledge.editing import EditRefused
from holdfast.knowledge.models import Article, ArticleFeedback, ArticleVersion


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One line of an article's history, with what its readers said. `by` is a name, empty for an import or a seed."""

    version: int
    title: str
    at: datetime
    by: str
    helped: int
    not_helped: int

    @property
    def answers(self) -> int:
        """How many readers answered in all."""
        return self.helped + self.not_helped


def of(article_id: int) -> list[VersionLine]:
    """Return an article's published versions, newest first."""
    said = Counter(ArticleFeedback.objects.filter(article_id=article_id).values_list("version", "helped"))
    kept = ArticleVersion.objects.filter(article_id=article_id).select_related("by").order_by("-version")
    return [
        VersionLine(
            version=each.version,
            title=each.title,
            at=each.at,
            by=each.by.name if each.by else "",
            helped=said[each.version, True],
            not_helped=said[each.version, False],
        )
        for each in kept
    ]


def kept(article_id: int, version: int) -> ArticleVersion | None:
    """Return one published version, or None when that one was a draft or never was."""
    return ArticleVersion.objects.filter(article_id=article_id, version=version).select_related("by").first()


def quoted(*, article_id: int, version: int, start: int, end: int) -> str | None:
    """Return the words a citation points at: `body[start:end]` of that version, or None when there is none such."""
    found = kept(article_id, version)
    if found is None or not 0 <= start < end <= len(found.body):
        return None
    return found.body[start:end]


@transaction.atomic
def put_back(*, article_id: int, version: int, seen_version: int, by: int) -> Article:
    """Let an article say what one of its versions said, as a new version. Raises `EditRefused`."""
    found = kept(article_id, version)
    if found is None:
        raise EditRefused("body", "This version was never published, so it is not kept.")
    current = editing.content_of(Article.objects.get(pk=article_id))
    words = replace(
        current, title=found.title, summary=found.summary, body=found.body, asks=tuple(found.asks), topic=found.topic
    )
    return editing.change(article_id=article_id, seen_version=seen_version, content=words, by=by)
