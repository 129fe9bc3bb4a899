"""Pages that keep articles good: history, dates to look again, languages side by side, what was not found."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.knowledge.test_editing import TYPED, signed_in, write

from holdfast.knowledge import editing, unanswered
from holdfast.knowledge.models import Article, ArticleFeedback, Unanswered
from holdfast.people.models import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(db: None) -> Client:
    return signed_in(Role.LEAD)


def change(client: Client, article: Article, **changed: str) -> None:
    article.refresh_from_db()
    done = client.post(
        reverse("articles:article", args=[article.pk]), TYPED | {"version": str(article.version)} | changed
    )
    assert done.status_code == 302


def test_the_history_shows_what_changed_who_and_what_readers_said_of_each_version(lead: Client) -> None:
    article = write(lead)
    change(lead, article, body="Open the app and choose **Freeze card** within the hour.")
    ArticleFeedback.objects.create(article=article, version=1, helped=False, line="Which app?", at=timezone.now())
    page = lead.get(reverse("articles:history", args=[article.pk])).content.decode()
    assert "What it changed in version 1" in page
    assert "<ins> within the hour</ins>" in page
    assert "Which app?" in page
    assert "0 of 1" in page
    assert "Lea Test" in page
    assert "Put it back" not in page, "it is what is published now"
    address = reverse("articles:history", args=[article.pk])
    assert "Put it back" in lead.get(address, {"v": "1"}).content.decode()
    for odd in ["9", "x", "-1", "9" * 30]:
        assert lead.get(address, {"v": odd}).status_code == 404


def test_a_version_is_put_back_from_its_page(lead: Client) -> None:
    article = write(lead)
    change(lead, article, body="Worse words.")
    back = reverse("articles:putting-back", args=[article.pk, 1])
    late = lead.post(back, {"seen": "1"}, follow=True).content.decode()
    assert "Somebody saved this article in the meantime" in late
    lead.post(back, {"seen": "2"})
    article.refresh_from_db()
    assert (article.version, article.body) == (3, TYPED["body"].replace("\r\n", "\n"))


def test_articles_come_up_on_their_date_or_a_year_after_they_were_checked(lead: Client) -> None:
    today = timezone.localdate()
    for slug, checked, again, published in [
        ("fresh", today, None, True),
        ("old", today - timedelta(days=366), None, True),
        ("dated", today, today - timedelta(days=2), True),
        ("later", today - timedelta(days=900), today + timedelta(days=1), True),
        ("draft", today - timedelta(days=900), None, False),
        ("never", None, None, True),
    ]:
        Article.objects.create(
            slug=slug, locale="en", title=slug, body="x", reviewed_on=checked, review_by=again, published=published
        )
    Article.objects.filter(slug="never").update(updated_at=timezone.now() - timedelta(days=400))
    due = list(lead.get(reverse("articles:due")).context["articles"])
    assert [each.slug for each in due] == ["never", "dated", "old"]
    assert due[1].due_on == today - timedelta(days=2)
    lead.post(reverse("articles:checked", args=[due[2].pk]), {"next": "due"})
    assert [each.slug for each in editing.due(today)] == ["never", "dated"]
    assert Article.objects.get(slug="old").version == 1


def test_a_date_to_look_again_is_typed_and_kept(lead: Client) -> None:
    article = write(lead, review_by="2027-02-01")
    assert article.review_by == date(2027, 2, 1)


def test_languages_stand_side_by_side_with_what_came_to_the_original_since(lead: Client) -> None:
    article = write(lead)
    other = write(lead, locale="id", title="Bekukan kartu yang hilang")
    change(lead, article, body="Open the app and choose **Freeze card**.\r\n\r\nIt holds at once.")
    rows = lead.get(reverse("articles:languages")).content.decode()
    assert "1 version behind" in rows
    assert "Write it" in rows
    beside = lead.get(reverse("articles:beside", args=[other.pk])).content.decode()
    assert "What came to the original since version 1" in beside
    assert '<p class="new">' in beside
    assert '<p class="gone">' in beside
    assert lead.get(reverse("articles:beside", args=[article.pk])).status_code == 404, "it is the original"
    lead.post(reverse("articles:checked", args=[other.pk]))
    assert "In step" in lead.get(reverse("articles:languages")).content.decode()


def test_an_article_is_begun_from_what_was_not_found_and_settles_it(lead: Client) -> None:
    for text in ["insurance for my phone", "is my phone insured?"]:
        unanswered.note(text, "en", where="help")
    (group,) = unanswered.groups()
    page = lead.get(reverse("articles:not-found")).content.decode()
    assert "insurance for my phone" in page
    assert "2 times" in page
    form = lead.get(reverse("articles:new"), {"because": str(group.id)}).context["form"]
    begun = {name: form[name].value() for name in ("title", "slug", "locale", "asks", "because")}
    assert begun == {
        "title": "Insurance for my phone",
        "slug": "insurance-for-my-phone",
        "locale": "en",
        "asks": "insurance for my phone\nis my phone insured?",
        "because": group.id,
    }
    lead.post(reverse("articles:new"), TYPED | {"title": "Phone insurance", **{k: str(v) for k, v in begun.items()}})
    assert unanswered.groups() == []
    assert Unanswered.objects.get().article == Article.objects.get()
    for odd in ["x", "9" * 40, "-1", str(group.id)]:
        assert lead.get(reverse("articles:new"), {"because": odd}).status_code == 200


def test_what_needs_no_article_goes_off_the_list(lead: Client) -> None:
    unanswered.note("the weather in Lisbon", "en", where="help")
    (group,) = unanswered.groups()
    lead.post(reverse("articles:settled", args=[group.id]))
    assert "Everything was found" in lead.get(reverse("articles:not-found")).content.decode()


@pytest.mark.parametrize("role", [Role.AGENT, Role.SECURITY])
def test_agents_and_security_care_for_nothing_here(role: Role) -> None:
    article = Article.objects.create(slug="a", locale="en", title="Words", body="x")
    unanswered.note("phone insurance", "en", where="help")
    (group,) = unanswered.groups()
    client = signed_in(role)
    for name, arguments in [
        ("checked", [article.pk]), ("putting-back", [article.pk, 1]), ("settled", [group.id]),
    ]:  # fmt: skip
        assert client.post(reverse(f"articles:{name}", args=arguments)).status_code == 403
    for name, arguments in [
        ("history", [article.pk]), ("beside", [article.pk]), ("due", []), ("languages", []), ("not-found", []),
    ]:  # fmt: skip
        assert client.get(reverse(f"articles:{name}", args=arguments)).status_code == 403
    assert len(unanswered.groups()) == 1
