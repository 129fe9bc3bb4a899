"""Scenario files: all of ours load, and a wrong one is refused with its place."""

from pathlib import Path

import pytest

from holdfast.drills.crisis import scenario
from holdfast.drills.crisis.scenario import ScenarioError, load, names, parse, scaled


@pytest.mark.parametrize("name", names())
def test_each_scenario_that_comes_along_loads(name: str) -> None:
    one = load(f"shield/{name}")
    assert one.name == name
    assert one.title
    assert one.about
    assert not set(one.tuned_on) & set(one.held_out)


def test_there_are_at_least_twenty_families_of_all_kinds() -> None:
    assert len(names()) >= 20
    assert {load(name).kind for name in names()} == {"calm", "outage", "flood", "both"}


def test_a_scenario_of_ones_own_is_a_file_anywhere(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('title = "Mine"\nabout = "A small day."\nkind = "calm"\nminutes = 30\n')
    assert load(str(file)).minutes == 30


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"kind": "calm", "title": "x", "about": "x", "minuets": 3}, "minuets"),
        ({"kind": "calm", "title": "x", "about": "x", "centre": {"agents": 0}}, "centre.agents"),
        ({"kind": "calm", "title": "x", "about": "x", "everyday": {"verification": [0.5, 0.4, 0.4]}}, "everyday"),
        ({"kind": "flood", "title": "x", "about": "x"}, "kind is flood"),
        (
            {"kind": "flood", "title": "x", "about": "x", "crowds": [{"name": "p", "people": "nobody", "times": 2}]},
            "crowds.0.people",
        ),
        ({"kind": "calm", "title": "x", "about": "x", "crowds": "many"}, "crowds must be tables"),
        ({"kind": "calm", "title": "x", "about": "x", "everyday": 7}, "everyday must be"),
    ],
)
def test_a_wrong_scenario_is_refused_with_the_place_of_the_fault(given: dict[str, object], place: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        parse(given, name="mine")
    assert place in str(refused.value)
    assert str(refused.value).startswith("mine")


def test_a_file_that_is_no_toml_and_one_that_is_not_there_are_refused_in_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("title = ")
    with pytest.raises(ScenarioError, match=r"broken\.toml cannot be read"):
        load(str(broken))
    with pytest.raises(ScenarioError, match="There is no scenario shield/nothing"):
        load("shield/nothing")


def test_scaling_keeps_the_ratio_of_contacts_to_agents() -> None:
    whole = load("flood-medium")
    tenth = scaled(whole, by=0.5)
    assert tenth.centre.agents / tenth.centre.per_minute == whole.centre.agents / whole.centre.per_minute
    assert tenth.crowds == whole.crowds
    with pytest.raises(ScenarioError):
        scaled(whole, by=0)


def test_every_kind_of_people_names_only_known_keys() -> None:
    for kind in scenario.kinds():
        parse({"kind": "calm", "title": kind, "about": "x", "everyday": {"kind": kind, "genuine": True}}, name=kind)
