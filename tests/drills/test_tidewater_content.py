"""The written texts of the demo bank: complete, in one voice, and consistent with each other."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from holdfast.desk.canned import VARIABLES
from holdfast.drills.tidewater import bank, persons
from holdfast.drills.tidewater.content import (
    HERE,
    LOCALES,
    Article,
    articles,
    organisation,
    read_article,
    replies,
    scripts,
)

QUEUES = {queue["slug"] for queue in organisation().queues}
# UI.md section 6, and words that promise nothing.
UNWANTED = re.compile(r"!|\bunfortunately\b|\bas I said\b|\binconvenience\b|\bshortly\b|\bplease hold\b", re.IGNORECASE)


def named(article: Article) -> str:
    return f"{article.locale}/{article.slug}"


def test_there_are_enough_articles_in_each_language() -> None:
    count = Counter(article.locale for article in articles())
    assert count["en"] >= 48
    assert count["id"] >= count["en"] / 3
    assert count["pt-br"] >= count["en"] / 3


def test_translations_exist_in_english_and_in_both_languages() -> None:
    slugs = {locale: {a.slug for a in articles() if a.locale == locale} for locale in LOCALES}
    assert slugs["id"] == slugs["pt-br"] <= slugs["en"]


@pytest.mark.parametrize("article", articles(), ids=named)
def test_an_article_is_complete(article: Article) -> None:
    assert article.queue in QUEUES
    assert article.tags
    assert 8 <= len(article.title) <= 160
    assert 20 <= len(article.summary) <= 300
    assert article.summary.endswith(".")
    assert len(article.asks) >= 10
    assert len({ask.lower() for ask in article.asks}) == len(article.asks)
    assert 110 <= len(article.body.split()) <= 320
    assert not UNWANTED.search(f"{article.title} {article.summary} {article.body}")
    assert (HERE / "articles" / article.locale / f"{article.slug}.md").exists(), "the file is named by its slug"


def test_no_question_is_claimed_by_two_articles_of_one_language() -> None:
    owners: dict[tuple[str, str], str] = {}
    for article in articles():
        for ask in article.asks:
            key = article.locale, " ".join(re.findall(r"\w+", ask.lower()))
            assert owners.setdefault(key, article.slug) == article.slug, ask


def test_a_translation_keeps_numbers_and_addresses_of_the_original() -> None:
    """Fees, limits, hours and telephone numbers must not change on the way into another language."""
    english = {article.slug: article for article in articles() if article.locale == "en"}
    for article in articles():
        if article.locale == "en":
            continue
        original = english[article.slug]
        for pattern in (r"€[\d,]+", r"\+353[\d ]+\d", r"\d\d:\d\d", r"\S+@\S+\.example", r"\w+\.tidewater\.example"):
            theirs = set(re.findall(pattern, original.body))
            ours = set(re.findall(pattern, article.body))
            assert ours <= theirs, f"{named(article)}: {ours - theirs}"


def test_front_matter_that_is_broken_names_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "en"
    folder.mkdir()
    for text in ("no front matter", "+++\nslug = 'a'\n+++\nbody", "+++\nslug = \n+++\nbody"):
        (folder / "broken.md").write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match="broken"):
            read_article(folder / "broken.md")


def test_canned_replies_use_only_variables_the_desk_knows() -> None:
    assert len(replies()) >= 15
    assert len({reply.shortcut for reply in replies()}) == len(replies())
    for reply in replies():
        assert set(re.findall(r"\{\{ ([a-z_.]+) \}\}", reply.body)) <= set(VARIABLES)
        assert reply.body.count("{{") == len(re.findall(r"\{\{ [a-z_.]+ \}\}", reply.body))
        assert not UNWANTED.search(reply.body)
        assert reply.queue in QUEUES | {""}
        assert reply.locale in LOCALES


def test_scripts_are_many_and_of_every_kind() -> None:
    assert len(scripts()) >= 40
    assert 250 <= sum(script.times for script in scripts()) <= 350
    assert {script.channel for script in scripts()} == {"chat", "email", "phone", "api"}
    assert {script.state for script in scripts()} == {"waiting", "open", "answered", "snoozed", "closed"}
    assert {script.locale for script in scripts()} == set(LOCALES)
    assert len({script.key for script in scripts()}) == len(scripts())


def test_scripts_fit_the_bank() -> None:
    slugs = {article.slug for article in articles()}
    cast = {known["name"] for known in bank.cast()}
    agents = {name for vendor in organisation().vendors for team in vendor["team"] for name in team["agents"]}
    slots = {"given", "agent", "city", "merchant", "amount", "amount2", "employer", "payee", "last4", "hour"}
    for script in scripts():
        assert script.queue in QUEUES
        assert script.intent in slugs, script.key
        assert script.person in cast | {""}
        assert script.agent in agents | {""}
        assert script.story in {*bank.STORIES, ""}
        assert script.messages[0].author == "customer"
        for line in script.messages:
            assert line.author in {"customer", "assistant", "agent", "system", "note"}
            assert line.cites in slugs | {""}
            assert set(re.findall(r"\{(\w+)\}", line.text)) <= slots, script.key
            if line.author != "customer":
                assert not UNWANTED.search(line.text), script.key


def test_script_states_agree_with_who_spoke() -> None:
    for script in scripts():
        authors = [line.author for line in script.messages if line.author not in {"note", "system"}]
        answered = "agent" in authors
        if script.state == "waiting":
            assert not answered, script.key
        elif script.state == "open":
            assert answered, script.key
        elif script.state == "answered":
            assert authors[-1] == "agent", script.key


def test_the_organisation_is_complete() -> None:
    teams = [team for vendor in organisation().vendors for team in vendor["team"]]
    names = [name for team in teams for name in team["agents"]]
    assert len(organisation().vendors) == 3
    assert sum(vendor["internal"] for vendor in organisation().vendors) == 1
    assert len(names) == len(set(names)) == 60
    assert {slug for team in teams for slug in team["queues"]} == QUEUES - {"saltmarsh"}
    for queue in organisation().queues:
        if not queue.get("parking"):
            assert {"en", "id", "pt"} == set(queue["keywords"])
            for words in queue["keywords"].values():
                assert words == [word.lower() for word in words]


def test_people_have_only_reserved_values_that_never_repeat() -> None:
    people = [persons.person(7, index) for index in range(3_000)]
    for who in people:
        assert re.fullmatch(r"[a-z0-9.\-]+@(example\.(com|org|net)|(mail|post)\.example)", who.email), who.email
        assert who.phone == "" or re.fullmatch(r"\+3532091\d{5}|\+447700900\d{3}", who.phone), who.phone
        assert who.birth_date.year <= 2008
    for value in ("email", "iban", "ref"):
        assert len({getattr(who, value) for who in people}) == len(people)
    phones = [who.phone for who in people if who.phone]
    assert len(set(phones)) == len(phones)
    assert {who.locale for who in people} == set(LOCALES)


def test_ibans_have_right_check_digits_and_a_bank_code_of_no_bank() -> None:
    for index in (0, 1, 77, 19_999, 123_456):
        iban = persons.iban(index)
        assert re.fullmatch(r"IE\d\dZZTW\d{14}", iban)
        moved = iban[4:] + iban[:4]
        assert int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def test_every_story_of_the_cast_and_the_shares_is_known() -> None:
    assert sum(bank.STORIES.values()) == 100
    assert {known["story"] for known in bank.cast()} <= set(bank.STORIES)
    assert all(tomllib.loads((HERE / name).read_text(encoding="utf-8")) for name in ("cast.toml", "names.toml"))
