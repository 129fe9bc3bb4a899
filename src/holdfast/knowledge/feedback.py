"""What readers say of an article: did it help, and one line if they like.

No cookie and no account: a form carries a signed note of the article and version that were read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.utils import timezone

from holdfast.knowledge import admission
from holdfast.knowledge.models import Article, ArticleFeedback
from holdfast.knowledge.scrubbing import scrubbed

LONGEST_LINE = 300
_SALT = "article-feedback"
_READ_WITHIN = 7 * 24 * 3600  # seconds
_MOST = 20  # answers of one address in an hour


class FeedbackRefused(Exception):
    """An answer is not counted. `why` is note, gone, counted or many; `help_words` says it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Said:
    """One answer, for those who write."""

    version: int
    helped: bool
    line: str
    at: datetime


def read(article: Article) -> str:
    """Return a note that somebody read this version of an article; a form hands it back."""
    return signing.dumps([article.pk, article.version], salt=_SALT)


def record(*, note: str, helped: bool, line: str, address: str) -> None:
    """Count an answer for the version that was read. Raises `FeedbackRefused`."""
    try:
        article_id, version = signing.loads(note, salt=_SALT, max_age=_READ_WITHIN)
    except signing.BadSignature as error:
        raise FeedbackRefused("note") from error
    if not Article.objects.filter(pk=article_id, published=True).exists():
        raise FeedbackRefused("gone")
    if not admission.first_time(f"read:{article_id}.{version}", address):
        raise FeedbackRefused("counted")
    if not admission.within("feedback", address, most=_MOST):
        raise FeedbackRefused("many")
    words = scrubbed(line, longest=LONGEST_LINE)
    ArticleFeedback.objects.create(article_id=article_id, version=version, helped=helped, line=words, at=timezone.now())


def of(article_id: int, *, limit: int = 50) -> Sequence[Said]:
    """Return what readers wrote about an article, newest first; answers without words are only counted."""
    found = ArticleFeedback.objects.filter(article_id=article_id).exclude(line="").order_by("-at", "-pk")[:limit]
    return [Said(each.version, each.helped, each.line, each.at) for each in found]
