"""Published words are kept as they were, by the database itself; they can be compared and put back."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.knowledge.test_editing import signed_in

from holdfast.knowledge import differences, editing, translations, versions
from holdfast.knowledge.editing import Content, EditRefused
from holdfast.knowledge.models import Article, ArticleVersion
from holdfast.people.models import Agent, Role

pytestmark = pytest.mark.django_db


def content(body: str, title: str = "Freeze a card") -> Content:
    return Content(title, "", body, ("freeze it",), "cards", None)


@pytest.fixture
def lead(db: None) -> Agent:
    signed_in(Role.LEAD)
    return Agent.objects.get()


@pytest.fixture
def article(lead: Agent) -> Article:
    written = editing.write(slug="freeze", locale="en", content=content("One."), by=lead.pk)
    return editing.publish(article_id=written.pk, by=lead.pk)


def test_every_published_version_is_kept_with_who_and_a_draft_is_not(article: Article, lead: Agent) -> None:
    editing.change(article_id=article.pk, seen_version=1, content=content("Two."), by=lead.pk)
    editing.unpublish(article_id=article.pk, by=lead.pk)
    editing.change(article_id=article.pk, seen_version=2, content=content("Three, a draft."), by=lead.pk)
    assert [(each.version, each.by) for each in versions.of(article.pk)] == [(2, "Lea Test"), (1, "Lea Test")]
    assert versions.kept(article.pk, 3) is None
    editing.publish(article_id=article.pk, by=lead.pk)
    kept = versions.kept(article.pk, 3)
    assert kept is not None
    assert (kept.body, kept.asks) == ("Three, a draft.", ["freeze it"])


def test_whatever_writes_the_row_its_version_is_kept(db: None) -> None:
    Article.objects.bulk_create(Article(slug=f"s{n}", locale="en", title="T", body=f"Words {n}") for n in range(3))
    assert set(ArticleVersion.objects.values_list("version", "body")) == {(1, f"Words {n}") for n in range(3)}


def test_the_database_refuses_other_words_under_a_version_that_is_out(article: Article) -> None:
    with pytest.raises(IntegrityError, match="need a new version"), transaction.atomic():
        Article.objects.filter(pk=article.pk).update(body="Quietly other words.")
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        ArticleVersion.objects.update(body="Other words.")
    with pytest.raises(IntegrityError, match="never removed"), transaction.atomic():
        ArticleVersion.objects.filter(article=article)._raw_delete("default")


def test_a_version_is_put_back_as_a_new_one_and_nothing_unseen_is_overwritten(article: Article, lead: Agent) -> None:
    editing.change(article_id=article.pk, seen_version=1, content=content("Two.", "Other title"), by=lead.pk)
    with pytest.raises(EditRefused, match="Somebody saved"):
        versions.put_back(article_id=article.pk, version=1, seen_version=1, by=lead.pk)
    again = versions.put_back(article_id=article.pk, version=1, seen_version=2, by=lead.pk)
    assert (again.version, again.body, again.title) == (3, "One.", "Freeze a card")
    with pytest.raises(EditRefused, match="never published"):
        versions.put_back(article_id=article.pk, version=9, seen_version=3, by=lead.pk)


def test_a_citation_out_of_place_quotes_nothing(article: Article) -> None:
    assert versions.quoted(article_id=article.pk, version=1, start=0, end=4) == "One."
    for version, start, end in [(1, 0, 5), (1, 2, 2), (1, -1, 2), (2, 0, 1)]:
        assert versions.quoted(article_id=article.pk, version=version, start=start, end=end) is None


def test_a_translation_is_behind_until_somebody_works_on_it_or_confirms_it(article: Article, lead: Agent) -> None:
    other = editing.write(slug="freeze", locale="id", content=content("Satu.", "Bekukan kartu"), by=lead.pk)
    assert _behind() == {"en": 0, "id": 0, "pt-br": None}
    for version, body in enumerate(["Two.", "Three."], 1):
        editing.change(article_id=article.pk, seen_version=version, content=content(body), by=lead.pk)
    assert _behind()["id"] == 2
    editing.confirm(article_id=other.pk, today=other.updated_at.date(), by=lead.pk)
    other.refresh_from_db()
    assert (_behind()["id"], other.version) == (0, 1)
    editing.change(article_id=article.pk, seen_version=3, content=content("Four."), by=lead.pk)
    editing.change(article_id=other.pk, seen_version=1, content=content("Dua.", "Bekukan"), by=lead.pk)
    assert _behind()["id"] == 0


def _behind() -> dict[str, int | None]:
    (row,) = translations.table()
    assert [cell.locale for cell in row.cells if cell.original] == ["en"]
    return {cell.locale: cell.behind if cell.pk else None for cell in row.cells}


def test_a_comparison_shows_the_words_that_changed_and_leaves_out_what_stayed() -> None:
    old = "\n".join(["same"] * 9 + ["Call us at 9."])
    compared = differences.lines(old, old.replace("at 9", "at 10") + "\nAlways.")
    assert [line.kind for line in compared] == ["skip", "same", "same", "gone", "new", "new"]
    assert [piece.text for piece in compared[3].pieces if piece.kind == "gone"] == ["9"]
    assert [piece.text for piece in compared[4].pieces if piece.kind == "new"] == ["10"]
    assert compared[0].pieces[0].text == "7 lines as before"
    assert differences.lines(old, old) == []


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_comparison_holds_every_word_of_both(old: str, new: str) -> None:
    compared = differences.lines(old, new)
    for kind, text in [("gone", old), ("new", new)]:
        lines = ["".join(piece.text for piece in line.pieces) for line in compared if line.kind == kind]
        assert all(line in text.splitlines() for line in lines)
    if not any(line.kind == "skip" for line in compared) and old != new:
        said = [line for line in compared if line.kind != "new"]
        kept = ["".join(piece.text for piece in line.pieces) for line in said]
        assert [line for line in kept if line] == [line for line in old.splitlines() if line]
