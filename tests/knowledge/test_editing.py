"""Leads write help articles; what is published is what customers, the search and the assistant have."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from holdfast.assistant.contract import Answer, ForAssistant
from holdfast.assistant.respond import respond
from holdfast.kit.ids import uuid7
from holdfast.knowledge import search
from holdfast.knowledge.models import Article
from holdfast.people.models import Agent, Role

TYPED = {
    "title": "Freeze a lost card",
    "slug": "freeze-a-lost-card",
    "locale": "en",
    "topic": "cards",
    "summary": "Freeze it yourself, day and night.",
    "body": "Open the app and choose **Freeze card**.\r\n\r\n## After that\r\n\r\n- Order a new one",
    "asks": "I lost my card\nMy card was stolen\n\nI lost my card\nHow do I freeze my card?",
    "reviewed_on": "2026-11-01",
}
OTHERS = {
    "Change your address": "Tell us where you live now: the new street and town, on the page of your profile.",
    "Fees for sending money abroad": "A transfer to another country costs a share of the amount, and never a fee.",
}
QUESTION = "I lost my card, how do I freeze my card?"


@pytest.fixture(autouse=True)
def _fresh_index() -> Iterator[None]:
    search.forget()
    yield
    search.forget()


def signed_in(role: Role) -> Client:
    client = Client()
    client.force_login(Agent.objects.create_user(f"{role}@desk.example", name="Lea Test", role=role))
    return client


@pytest.fixture
def lead(db: None) -> Client:
    return signed_in(Role.LEAD)


def write(client: Client, **changed: Any) -> Article:
    """Type an article, publish it, and return it."""
    done = client.post(reverse("articles:new"), TYPED | changed)
    assert done.status_code == 302, done.context["form"].errors
    article = Article.objects.latest("pk")
    client.post(reverse("articles:publication", args=[article.pk]))
    article.refresh_from_db()
    return article


def asked(question: str = QUESTION) -> Any:
    return respond(ForAssistant(uuid7(), question, locale="en"))


def test_an_article_is_a_draft_until_it_is_published(lead: Client) -> None:
    lead.post(reverse("articles:new"), TYPED)
    article = Article.objects.get()
    assert (article.published, article.version) == (False, 1)
    assert article.asks == ["I lost my card", "My card was stolen", "How do I freeze my card?"]
    assert Client().get("/help/en/freeze-a-lost-card/").status_code == 404
    lead.post(reverse("articles:publication", args=[article.pk]))
    page = Client().get("/help/en/freeze-a-lost-card/").content.decode()
    assert "<strong>Freeze card</strong>" in page
    assert "1 November 2026" in page
    lead.post(reverse("articles:publication", args=[article.pk]), {"undo": "1"})
    assert Client().get("/help/en/freeze-a-lost-card/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_running_search_and_the_assistant_see_a_change_and_an_article_taken_away() -> None:
    lead = signed_in(Role.LEAD)
    for number, (title, body) in enumerate(OTHERS.items()):
        write(lead, title=title, slug=f"other-{number}", body=body, asks=title, topic="other")
    search.article_index()
    assert not isinstance(asked(), Answer)

    article = write(lead)
    _index_notices()
    answer = asked()
    assert isinstance(answer, Answer)
    assert [(cited.slug, cited.version) for cited in answer.citations][:1] == [(article.slug, 1)]

    changed = TYPED | {"version": "1", "body": "Call us at any hour and we freeze it."}
    lead.post(reverse("articles:article", args=[article.pk]), changed)
    _index_notices()
    answer = asked()
    assert "Call us at any hour" in answer.text
    assert {cited.version for cited in answer.citations} == {2}

    lead.post(reverse("articles:publication", args=[article.pk]), {"undo": "1"})
    _index_notices()
    assert not isinstance(asked(), Answer)


def _index_notices() -> None:
    """Look for changes now, and wait for the thread that builds the new index beside the old one."""
    search.article_index(fresh_for=0)
    for thread in threading.enumerate():
        if thread.name == "article-index":
            thread.join(30)


def test_each_change_makes_a_version_and_saving_the_same_words_makes_none(lead: Client) -> None:
    article = write(lead)
    address = reverse("articles:article", args=[article.pk])
    lead.post(address, TYPED | {"version": "1"})
    article.refresh_from_db()
    assert article.version == 1
    lead.post(address, TYPED | {"version": "1", "title": "Freeze a stolen card", "slug": "elsewhere", "locale": "id"})
    article.refresh_from_db()
    assert (article.version, article.title) == (2, "Freeze a stolen card")
    assert (article.slug, article.locale) == ("freeze-a-lost-card", "en"), "addresses stay"


def test_who_saves_over_words_they_have_not_seen_is_told_so(lead: Client) -> None:
    article = write(lead)
    address = reverse("articles:article", args=[article.pk])
    lead.post(address, TYPED | {"version": "1", "body": "Theirs."})
    late = lead.post(address, TYPED | {"version": "1", "body": "Mine."})
    assert late.status_code == 422
    assert "Somebody saved this article" in late.content.decode()
    assert "Mine." in late.content.decode()
    article.refresh_from_db()
    assert article.body == "Theirs."


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": "…?!"}, "title"),
        ({"slug": "freeze-a-lost-card"}, "slug"),
        ({"slug": "no spaces"}, "slug"),
        ({"locale": "xx"}, "locale"),
        ({"body": " "}, "body"),
        ({"asks": "\n".join(f"way {n}" for n in range(101))}, "asks"),
        ({"reviewed_on": "yesterday"}, "reviewed_on"),
    ],
)
def test_an_article_that_cannot_be_is_refused_at_its_field(lead: Client, changed: dict[str, str], field: str) -> None:
    write(lead)
    refused = lead.post(reverse("articles:new"), TYPED | {"slug": "another"} | changed)
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {field}
    assert Article.objects.count() == 1


def test_the_same_short_name_in_another_language_is_a_translation(lead: Client) -> None:
    article = write(lead)
    page = lead.get(reverse("articles:article", args=[article.pk])).content.decode()
    assert "?slug=freeze-a-lost-card&amp;locale=id&amp;topic=cards" in page
    begun = lead.get(reverse("articles:new"), {"slug": article.slug, "locale": "id", "topic": "cards"})
    assert begun.context["form"]["locale"].value() == "id"
    other = write(lead, locale="id", title="Bekukan kartu yang hilang")
    assert (
        f"/settings/articles/{other.pk}/"
        in lead.get(begun.request["PATH_INFO"][:-4] + f"{article.pk}/").content.decode()
    )
    assert "Bekukan" in Client().get("/help/en/freeze-a-lost-card/").content.decode()


def test_the_preview_reads_as_in_the_help_centre_and_runs_nothing(lead: Client) -> None:
    typed = {
        "title": "T<i>",
        "summary": "S",
        "body": "## Head\n\n<script>x</script> [a](javascript:alert(1)) [b](https://bank.example/)",
    }
    shown = lead.post(reverse("articles:preview"), typed).content.decode()
    assert "<h2>Head</h2>" in shown
    assert "T&lt;i&gt;" in shown
    assert "<script>" not in shown
    assert 'href="javascript:' not in shown
    assert 'href="https://bank.example/"' in shown


def test_a_writer_is_told_what_keeps_the_assistant_from_quoting_it(lead: Client) -> None:
    typed = {"title": "Fees", "summary": "S", "body": "Fees are shown in the app.\n\nThis is your own fault!!"}
    shown = lead.post(reverse("articles:preview"), typed).content.decode()
    assert "will not quote this" in shown
    assert '<q lang="en">This is your own fault</q> This tells them that it is their doing.' in shown
    typed["body"] = "Fees are shown in the app."
    assert "will not quote this" not in lead.post(reverse("articles:preview"), typed).content.decode()
    typed["body"] = "Das ist Ihre Schuld."
    assert ">Ihre Schuld</q>" in lead.post(reverse("articles:preview") + "?locale=de", typed).content.decode()


def test_the_list_finds_by_words_language_and_state(lead: Client) -> None:
    article = write(lead)
    draft = Article.objects.create(slug="draft", locale="id", title="Kartu", body="x", published=False)
    address = reverse("articles:home")

    def found(**asked: str) -> list[Article]:
        return list(lead.get(address, asked).context["articles"])

    assert found() == [article, draft]
    assert found(q="lost freeze") == [article]
    assert found(locale="id") == [draft]
    assert found(state="draft") == [draft]
    assert found(state="published", locale="id") == []


@pytest.mark.parametrize("role", [Role.AGENT, Role.SECURITY])
@pytest.mark.django_db
def test_agents_and_security_write_nothing(role: Role) -> None:
    article = Article.objects.create(slug="a", locale="en", title="Words", body="x", published=False)
    client = signed_in(role)
    for name, arguments in [("new", []), ("preview", []), ("article", [article.pk]), ("publication", [article.pk])]:
        assert client.post(reverse(f"articles:{name}", args=arguments), TYPED).status_code == 403
    assert list(Article.objects.values_list("title", "published")) == [("Words", False)]
