"""Bringing articles in from a folder, again and again: only what changed in the files changes here.

An article remembers the file it came from and the version that file became. When somebody has changed it here since, a
newer file is refused rather than put over their words; `replace` says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.db import transaction

from holdfast.knowledge import editing, folders
from holdfast.knowledge.editing import EditRefused
from holdfast.knowledge.folders import FileArticle, Unreadable
from holdfast.knowledge.models import Article

Became = Literal["made", "changed", "unchanged", "refused"]


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one file. `why` is a sentence for what was refused; `warnings` are what was left out of it."""

    path: Path
    became: Became
    address: str = ""
    why: str = ""
    warnings: tuple[str, ...] = ()
    published: bool = False


def bring_in(folder: Path, *, locale: str, publish: bool = False, replace: bool = False) -> Iterator[Line]:
    """Bring in every file of a folder, each in a transaction of its own, and tell what became of it."""
    taken: dict[tuple[str, str], Path] = {}
    for path in folders.files(folder):
        inner = path.relative_to(folder)
        try:
            found = folders.read(path, locale=locale, known=settings.SUPPORT_LANGUAGES)
            first = taken.setdefault((found.slug, found.locale), inner)
            if first != inner:
                raise Unreadable(f"It has the short name and language of {first}.")
            yield _one(found, inner, publish=publish and not found.draft, replace=replace)
        except (Unreadable, EditRefused) as refused:
            yield Line(inner, "refused", why=str(refused))
        except OSError as error:
            yield Line(inner, "refused", why=f"It cannot be read: {error.strerror}.")


@transaction.atomic
def _one(found: FileArticle, inner: Path, *, publish: bool, replace: bool) -> Line:
    article = Article.objects.select_for_update().filter(slug=found.slug, locale=found.locale).first()
    became: Became
    if article is None:
        article = editing.write(slug=found.slug, locale=found.locale, content=found.content, by=None)
        became = "made"
    elif article.imported_digest == found.digest or editing.content_of(article) == found.content:
        became = "unchanged"
    elif article.imported_version != article.version and not replace:
        raise Unreadable("The article was changed here since. Export it first, or import with --replace.")
    else:
        article = editing.change(article_id=article.pk, seen_version=article.version, content=found.content, by=None)
        became = "changed"
    if became != "unchanged" or not article.imported_digest:
        Article.objects.filter(pk=article.pk).update(imported_digest=found.digest, imported_version=article.version)
    # What a person took away stays away; what never was out may go out now.
    if publish and not article.published and (became == "made" or not article.versions.exists()):
        article = editing.publish(article_id=article.pk, by=None)
    return Line(inner, became, f"{found.locale}/{found.slug}", warnings=found.warnings, published=article.published)


def take_out(folder: Path, *, locales: Sequence[str] = ()) -> list[Path]:
    """Write every article, drafts too, as a Markdown file below `folder`; returns the files."""
    rows = Article.objects.order_by("locale", "slug")
    if locales:
        rows = rows.filter(locale__in=locales)
    return [
        folders.write(
            folder,
            FileArticle(
                path=folder,
                slug=each.slug,
                locale=each.locale,
                content=editing.content_of(each),
                draft=not each.published,
                digest="",
            ),
        )
        for each in rows
    ]
