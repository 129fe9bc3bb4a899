"""Which articles exist in which languages, and which translations are older than their original.

The original of a short name is its article in the first configured language, or else the one written first. A
translation remembers which version of its original was in force when somebody last worked on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from holdfast.knowledge.models import Article


@dataclass(frozen=True, slots=True)
class Cell:
    """An article in one language; `pk` None where it is not written yet."""

    locale: str
    pk: int | None = None
    published: bool = False
    original: bool = False
    behind: int = 0
    """Versions of the original that came since this translation was worked on."""


@dataclass(frozen=True, slots=True)
class Row:
    """One short name with its article in every language we write in."""

    slug: str
    title: str
    locale: str
    topic: str
    cells: tuple[Cell, ...]

    @property
    def lacks(self) -> bool:
        """Whether a language is missing or behind."""
        return any(cell.pk is None or cell.behind for cell in self.cells)


def table(*, text: str = "") -> list[Row]:
    """Return every article beside its translations, those that lack something first, then by title."""
    by_slug: dict[str, list[Article]] = {}
    for article in Article.objects.order_by("slug", "pk").defer("body", "asks"):
        by_slug.setdefault(article.slug, []).append(article)
    wanted = text.lower().split()
    rows = [_row(group) for group in by_slug.values()]
    kept = [row for row in rows if all(word in f"{row.title} {row.slug}".lower() for word in wanted)]
    return sorted(kept, key=lambda row: (not row.lacks, row.title.lower()))


def original_of(slug: str) -> Article | None:
    """Return the article that the others of this short name translate."""
    group = list(Article.objects.filter(slug=slug).order_by("pk"))
    return _original(group) if group else None


def behind(article: Article, original: Article) -> int:
    """Return how many versions of the original came since `article` was last worked on."""
    return 0 if article.pk == original.pk else max(0, original.version - (article.of_version or 1))


def _original(group: Sequence[Article]) -> Article:
    first = settings.SUPPORT_LANGUAGES[0]
    return next((each for each in group if each.locale == first), group[0])


def _row(group: Sequence[Article]) -> Row:
    original = _original(group)
    written = {each.locale: each for each in group}
    locales = dict.fromkeys([*settings.SUPPORT_LANGUAGES, *written])
    cells = [
        Cell(
            locale,
            found.pk,
            found.published,
            found.pk == original.pk,
            behind(found, original),
        )
        if (found := written.get(locale))
        else Cell(locale)
        for locale in locales
    ]
    return Row(original.slug, original.title, original.locale, original.topic, tuple(cells))
