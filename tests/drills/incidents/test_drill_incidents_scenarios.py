"""Cases as files: all of ours load and say where they are from; a wrong one is refused with its place."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.drills.incidents.conftest import case, given, playbook, record

from holdfast.drills.crisis.scenario import ScenarioError
from holdfast.drills.incidents.loading import is_case, load, names, parse, scaled
from holdfast.drills.incidents.prepared import WORDS, filled, longest_sentence
from holdfast.drills.incidents.scenario import Playbook, Record
from holdfast.drills.incidents.world import make

OURS = ["aws-2025", "cloudflare-2025", "coinbase-2025", "crowdstrike-2024", "delta-2024", "southwest-2022"]


def test_the_six_cases_come_along() -> None:
    assert names() == OURS


@pytest.mark.parametrize("name", OURS)
def test_each_case_names_its_sources_and_has_the_record_beside_the_playbook(name: str) -> None:
    one = load(f"incident/{name}")
    assert one.contacts.synthetic is True
    assert all(fact.source and fact.mark for fact in one.facts)
    assert any(isinstance(team, Record) and not team.mended for team in one.teams)
    assert any(isinstance(team, Playbook) for team in one.teams)
    said = [each for team in one.teams if isinstance(team, Record) for each in team.says]
    assert any(each.text for each in said)
    assert all(each.source for each in said)


@pytest.mark.parametrize("name", OURS)
def test_whoever_asks_about_a_case_says_words_by_which_it_can_be_linked(name: str) -> None:
    one = load(f"incident/{name}")
    phrases = [phrase for topic in one.topics for phrase in topic.phrases]
    for topic in one.topics:
        for ask in topic.asks:
            assert any(phrase.casefold() in ask.casefold() for phrase in phrases) is topic.about, ask


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"minuets": 3}, "small: minuets"),
        ({"start": "2026-03-10T09:00:00"}, "small: start"),
        ({"broke": {"title": "x", "service": "x", "severity": 5}}, "small: broke.severity"),
        ({"broke": {"title": "x", "service": "x", "acknowledged": ["fees"]}}, "no topic about the incident is called"),
        ({"contacts": {"synthetic": False, "shape": [[0, 0], [9, 1]]}}, "small: contacts.synthetic"),
        ({"contacts": {"synthetic": True, "shape": [[9, 1], [0, 0]]}}, "the minutes of shape must go up"),
        ({"contacts": {"synthetic": True, "shape": [[0, 0], [9, 0]]}}, "above 0 somewhere"),
        ({"words": {"fist": "Sorry."}}, "words.fist: there is no prepared text"),
        ({"words": {"first": "Sorry. Next {nxt}."}}, "words.first: There is no variable {nxt}"),
        ({"facts": [{"name": "a", "at": 1, "text": "A.", "source": "", "mark": "memory"}]}, "small: facts.0.source"),
        ({"facts": [{"name": "a", "at": 1, "text": "A.", "source": "x", "mark": "true"}]}, "small: facts.0.mark"),
        ({"teams": [record(plays="chess")]}, "small: teams.0"),
        ({"teams": [record(says=[])]}, "teams.as_it_was: give either says"),
        ({"teams": [record(), record(name="again", says=[], like="nobody")]}, "teams.again.like: no team called"),
        ({"teams": [record(declares=40)]}, "teams.as_it_was.declares"),
        ({"teams": [record(), record()]}, "as_it_was is there 2 times"),
        ({"teams": [playbook(tells=[5])]}, "no list of the affected yet"),
        ({"teams": [playbook(cadence=[{"since": 50, "every": 30}])]}, "a cadence must count"),
        ({"teams": [playbook(away=[{"since": 9, "until": 9}])]}, "until must come after since"),
        ({"topics": [{"name": "a", "asks": ["x"], "share": 1}]}, "none has phrases"),
    ],
)
def test_a_wrong_case_is_refused_with_the_place_of_the_fault(changed: dict[str, Any], place: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        parse(given(**changed), name="small")
    assert place in str(refused.value)
    assert str(refused.value).startswith("small")


@pytest.mark.parametrize(
    ("says", "place"),
    [
        ({"at": 200}, "comes after the end"),
        ({"at": 30, "text": " "}, "leave text out where it is not known"),
        ({"at": 30, "answers": ["weather"]}, "no topic about the incident is called 'weather'"),
        ({"at": 25, "affected": "You."}, "no list of the affected yet"),
    ],
)
def test_a_wrong_word_of_a_record_is_refused_with_its_place(says: dict[str, Any], place: str) -> None:
    team = record(says=[{"source": "x", "mark": "memory", **says}])
    with pytest.raises(ScenarioError) as refused:
        parse(given(teams=[team]), name="small")
    assert place in str(refused.value)
    assert "says.0" in str(refused.value) or "teams.as_it_was" in str(refused.value)


def test_a_case_of_ones_own_is_a_file_anywhere_and_known_by_its_kind(tmp_path: Path) -> None:
    mine, other, broken = tmp_path / "mine.toml", tmp_path / "other.toml", tmp_path / "broken.toml"
    mine.write_text('kind = "incident"\n')
    other.write_text('kind = "flood"\n')
    broken.write_text("kind =")
    assert is_case(str(mine))
    assert is_case("incident/aws-2025")
    assert not is_case(str(other))
    assert not is_case(str(broken))
    assert not is_case("shield/flood-hard")
    with pytest.raises(ScenarioError, match="mine: title"):
        load(str(mine))
    with pytest.raises(ScenarioError, match="There is no case"):
        load("incident/nothing")


def test_the_case_in_the_guide_is_one() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "drills.md").read_text(encoding="utf-8")
    (example,) = [each for each in re.findall(r"```toml\n(.*?)```", guide, re.DOTALL) if 'kind = "incident"' in each]
    assert parse(tomllib.loads(example), name="guide").minutes == 150


def test_a_scale_changes_how_many_there_are_and_nothing_else() -> None:
    one = case()
    twice = scaled(one, by=2)
    assert (twice.contacts.number, twice.people.number) == (80, 120)
    assert twice.facts == one.facts
    with pytest.raises(ScenarioError):
        scaled(one, by=0)


def test_the_same_seed_draws_the_same_world_and_another_seed_another_one() -> None:
    first, again, other = make(case(), seed=1), make(case(), seed=1), make(case(), seed=2)
    assert first == again
    assert first.contacts != other.contacts
    assert first.newest_list(40) == again.newest_list(40)
    assert all(0 <= each.at < first.case.minutes for each in first.contacts)
    assert len(first.truth.affected) == 24


def test_a_list_misses_and_has_too_many_as_the_case_says() -> None:
    people = {"number": 4_000, "affected": 0.5, "lists": [{"at": 0, "missing": 0.2, "extra": 0.1}, {"at": 60}]}
    world = make(case(people=people), seed=3)
    early, late = set(world.newest_list(30)), set(world.newest_list(60))
    assert late == world.truth.affected
    assert 0.17 < len(world.truth.affected - early) / 2_000 < 0.23
    assert 0.08 < len(early - world.truth.affected) / 2_000 < 0.12


def test_a_night_that_is_planned_is_promised_and_one_that_is_not_is_no_part_of_the_promise() -> None:
    away = [{"since": 60, "until": 100, "planned": True}, {"since": 120, "until": 140}]
    team = case(teams=[playbook(away=away, cadence=[{"since": 0, "every": 30}, {"since": 110, "every": 20}])]).teams[0]
    assert isinstance(team, Playbook)
    assert team.every(20) == 30
    assert team.every(40) == 64, "until they are back, and have written"
    assert team.every(115) == 20, "nobody knew that nobody would be there"


def test_a_prepared_text_takes_each_fact_once_and_is_known_again_by_what_is_the_same_for_everybody() -> None:
    text = filled(WORDS["update-2"], values={"fact": ["One.", "Two."], "next": ["10:00"]})
    assert "What we know: One. Two." in text
    assert "{name}" in filled(WORDS["affected"], values={"fact": ["One."]})
    assert longest_sentence("{name}, hello there my friend.\nShort.\nThis is the same for everybody.") == (
        "This is the same for everybody."
    )
