"""The public help centre: languages, search, articles that cannot carry scripts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.robotparser import RobotFileParser

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from lxml import etree, html

from holdfast.knowledge import feedback, feeds, help_words, retrieval
from holdfast.knowledge.models import Article, ArticleFeedback

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def articles(db: None) -> None:
    retrieval.forget()
    cache.clear()
    Article.objects.create(
        slug="activate-card", locale="en", title="Activate your card", summary="Switch it on.", topic="cards",
        body="Open **Cards**.\n\n<script>alert(1)</script>", asks=["turn on the plastic"],
    )  # fmt: skip
    Article.objects.create(slug="activate-card", locale="id", title="Aktifkan kartu", topic="cards", body="Buka Kartu.")
    Article.objects.create(slug="hidden", locale="en", title="Hidden", topic="cards", body="Words.", published=False)


def test_the_start_page_follows_the_browsers_language(client: Client) -> None:
    assert client.get("/help/", headers={"accept-language": "id"}).headers["Location"] == "/help/id/"
    assert client.get("/help/", headers={"accept-language": "fr"}).headers["Location"] == "/help/en/"


def test_an_article_shows_its_words_and_never_raw_html(client: Client) -> None:
    page = client.get("/help/en/activate-card/").content.decode()
    assert "<strong>Cards</strong>" in page
    assert "<script>alert" not in page
    assert 'href="/help/id/activate-card/"' in page


def test_search_finds_other_ways_of_asking_and_says_when_there_is_nothing(client: Client) -> None:
    assert "Activate your card" in client.get("/help/en/", {"q": "turn on plastic"}).content.decode()
    assert "Nothing here for" in client.get("/help/en/", {"q": "zebra"}).content.decode()


def test_odd_searches_are_answered(client: Client) -> None:
    for text in ["'", "a" * 5000, "\0", "!!! & | :*", "<script>", "-- ; drop"]:
        assert client.get("/help/en/", {"q": text}).status_code == 200


def test_unpublished_and_unknown_articles_are_not_found(client: Client) -> None:
    assert client.get("/help/en/hidden/").status_code == 404
    assert client.get("/help/en/nothing/").status_code == 404
    assert client.get("/help/de/").status_code == 404


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1)) [b](JaVaScRiPt&#58;alert(1)) [c](data:text/html,x) [d](vbscript:x)",
    "<a href='java\tscript:alert(1)'>x</a>",
    "![x](https://evil.example/pixel.png)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<svg onload=alert(1)>\n\n```\n</code><script>x</script>\n```",
    "| a | b |\n|---|---|\n| <iframe src=x> | <style>*{}</style> |",
    "<https://bank.example/?<script>>",
    '[x](https://bank.example/ "onmouseover=alert(1)")',
]


@pytest.mark.parametrize("body", HOSTILE)
def test_an_article_with_script_in_it_does_nothing(client: Client, body: str) -> None:
    Article.objects.create(slug="hostile", locale="en", title="<script>t</script>", summary="<b onclick=x>", body=body)
    page = client.get("/help/en/hostile/").content.decode()
    _is_harmless(page, but=("/static/holdfast/theme.js",))


@trying(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from([*HOSTILE, "**b**", "\n\n", "- ", "`", "[", "](", ")", "<", ">", "&#x3c;", " "]), max_size=8
    )
)
def test_no_mixture_of_marks_makes_a_harmful_page(parts: list[str]) -> None:
    from holdfast.knowledge.queries import rendered

    _is_harmless(f"<html><body>{rendered(Article(title='t', body=''.join(parts)))}</body></html>")


def _is_harmless(page: str, *, but: Sequence[str] = ()) -> None:
    tree = html.fromstring(page)
    scripts = [each for each in tree.iter("script") if each.get("src") not in but or (each.text or "").strip()]
    assert scripts == []
    assert list(tree.iter("img", "iframe", "object", "embed", "style", "base")) == []
    for each in tree.iter(etree.Element):
        assert [name for name in each.attrib if name.startswith("on") or name == "style"] == []
        where = re.sub(r"[\x00-\x20]", "", each.get("href") or "").lower()
        assert not where.startswith(("javascript:", "data:", "vbscript:"))


def test_an_article_says_which_address_is_its_own_and_names_its_languages(client: Client) -> None:
    page = html.fromstring(client.get("/help/en/activate-card/?from=mail").content)
    links = {(each.get("rel"), each.get("hreflang")): each.get("href") for each in page.iter("link")}
    assert links["canonical", None] == f"{settings.PUBLIC_URL}/help/en/activate-card/"
    assert links["alternate", "id"] == f"{settings.PUBLIC_URL}/help/id/activate-card/"
    assert links["alternate", "en"] == links["canonical", None]
    searched = client.get("/help/en/", {"q": "card"}).content.decode()
    assert '<meta name="robots" content="noindex">' in searched


def test_the_sitemap_has_what_is_published_with_its_languages_and_nothing_else(client: Client) -> None:
    answer = client.get("/help/sitemap.xml")
    assert answer.headers["Content-Type"] == "application/xml"
    tree = etree.fromstring(answer.content)
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
    found = [each.text for each in tree.findall("s:url/s:loc", names)]
    assert found == [feeds.address(locale, "activate-card") for locale in ("en", "id")]
    assert {each.get("hreflang") for each in tree.findall("s:url/x:link", names)} == {"en", "id"}


@pytest.mark.parametrize("kind", ["atom", "rss"])
def test_a_feed_has_ids_that_outlive_words_versions_and_the_servers_name(
    client: Client, kind: str, settings: object
) -> None:
    def ids() -> list[str | None]:
        tree = etree.fromstring(client.get(f"/help/en/{kind}.xml").content)
        return [each.text for each in tree.iter("{*}id", "{*}guid") if each.getparent().tag.endswith(("entry", "item"))]

    before = ids()
    assert len(before) == 1
    Article.objects.filter(slug="activate-card", locale="en").update(title="Other", body="Other.", version=2)
    settings.PUBLIC_URL = "https://help.bank.example"  # type: ignore[attr-defined]
    assert ids() == before
    assert b"https://help.bank.example/help/en/activate-card/" in client.get(f"/help/en/{kind}.xml").content


def test_a_reader_says_whether_it_helped_and_no_cookie_is_set(client: Client) -> None:
    page = client.get("/help/en/activate-card/")
    note = html.fromstring(page.content).xpath("//input[@name='note']/@value")[0]
    said = {"note": note, "helped": "no", "line": "It never says where, call me on +353 20 910 0100\nplease"}
    answer = Client(enforce_csrf_checks=True).post("/help/en/activate-card/said/", said)
    assert answer.status_code == 200
    assert (len(page.cookies), len(answer.cookies)) == (0, 0)
    kept = ArticleFeedback.objects.get()
    assert (kept.version, kept.helped, kept.line) == (1, False, "It never says where, call me on [phone] please")


def test_feedback_is_counted_once_for_a_version_and_not_without_end(client: Client) -> None:
    article = Article.objects.get(slug="activate-card", locale="en")

    def say(address: str, note: str) -> int:
        return client.post(
            "/help/en/activate-card/said/", {"note": note, "helped": "yes"}, REMOTE_ADDR=address
        ).status_code

    note = feedback.read(article)
    assert [say("198.51.100.1", note) for _ in range(2)] == [200, 422]
    assert say("198.51.100.2", note) == 200
    assert say("198.51.100.3", "made-up") == say("198.51.100.3", "") == 422
    others = [Article.objects.create(slug=f"a{n}", locale="en", title="T", body="x", topic="other") for n in range(25)]
    answers = [say("198.51.100.4", feedback.read(each)) for each in others]
    assert answers.count(200) == 20
    hidden = Article.objects.get(slug="hidden")
    assert say("198.51.100.5", feedback.read(hidden)) == 422
    assert ArticleFeedback.objects.filter(article=article).count() == 2


@pytest.mark.parametrize(
    ("locale", "lang", "ask", "none", "missing"),
    [
        ("en", "en", "How can we help?", "Nothing here for “zebra”", "This article is not here"),
        ("id", "id", "Apa yang bisa kami bantu?", "Tidak ada apa-apa untuk “zebra”", "Artikel ini tidak ada di sini"),
        ("pt-br", "pt-br", "Como podemos ajudar?", "Nada aqui para “zebra”", "Este artigo não está aqui"),
    ],
)
def test_pages_speak_the_language_of_their_address_whatever_the_browser_asks_for(
    client: Client, locale: str, lang: str, ask: str, none: str, missing: str
) -> None:
    browser = {"accept-language": "id" if locale == "en" else "en"}
    home = client.get(f"/help/{locale}/", headers=browser)
    assert home.headers["Content-Language"] == lang
    assert html.fromstring(home.content).get("lang") == lang
    assert ask in home.content.decode()
    assert none in client.get(f"/help/{locale}/", {"q": "zebra"}, headers=browser).content.decode()
    gone = client.get(f"/help/{locale}/nothing/", headers=browser)
    assert (gone.status_code, missing in gone.content.decode()) == (404, True)


def test_a_page_that_is_missing_in_one_language_leads_to_the_others(client: Client) -> None:
    page = client.get("/help/pt-br/activate-card/").content.decode()
    assert "Ele está aqui em outro idioma" in page
    assert 'href="/help/id/activate-card/"' in page


def test_an_article_says_what_is_around_it_in_its_own_language(client: Client) -> None:
    Article.objects.filter(locale="id").update(reviewed_on="2026-10-12")
    page = client.get("/help/id/activate-card/").content.decode()
    for words in ("Pusat bantuan", "Kartu", "Versi 1", "diperiksa 12 Oktober 2026", "Apakah ini membantu?"):
        assert words in page
    assert not any(words in page for words in ("Help centre", "Version 1", "Did this help", "Skip to content"))
    refused = client.post("/help/id/activate-card/said/", {"note": "forged", "helped": "yes"})
    assert (refused.status_code, "Buka artikelnya sekali lagi" in refused.content.decode()) == (422, True)
    assert "Artikel bantuan" in client.get("/help/id/atom.xml").content.decode()


def test_every_language_of_the_help_centre_has_the_same_words_with_the_same_gaps() -> None:
    for words in help_words._DATA.values():
        assert set(words) == set(help_words._DATA["en"])
        assert set(words["topics"]) == set(help_words._DATA["en"]["topics"])
        for name, sentence in words.items():
            if name != "topics":
                assert re.findall(r"{(\w+)}", sentence) == re.findall(r"{(\w+)}", help_words._DATA["en"][name]), name


def test_crawlers_are_led_to_the_sitemap_and_kept_to_the_help_centre_and_the_status_page(client: Client) -> None:
    answer = client.get("/robots.txt")
    assert answer.headers["Content-Type"].startswith("text/plain")
    rules = RobotFileParser()
    rules.parse(answer.content.decode().splitlines())
    assert rules.site_maps() == [f"{settings.PUBLIC_URL}/help/sitemap.xml"]
    assert all(rules.can_fetch("any", path) for path in ("/help/en/", "/status", "/status/feed", "/static/a.css"))
    assert not any(
        rules.can_fetch("any", path) for path in ("/", "/desk/", "/chat/state", "/line/x", "/accounts/login/")
    )
