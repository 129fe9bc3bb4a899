"""`holdfast drill` as a person uses it."""

import json
from pathlib import Path

import pytest

from holdfast.drills import command
from holdfast.drills.crisis import scenario
from holdfast.drills.crisis.texts import Speaker, phrases
from holdfast.drills.incidents import loading


def test_the_list_names_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    crises = {f"shield/{name}" for name in scenario.names()}
    cases = {f"incident/{name}" for name in loading.names()}
    assert {one["name"] for one in listed} == crises | cases | {"guard/taskus-2025"}
    assert command.main(["list"]) == 0
    said = capsys.readouterr().out
    assert "shield/flood-medium" in said
    assert "incident/aws-2025" in said


def test_a_run_in_memory_prints_one_line_of_json_with_every_policy(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["run", "shield/normal-weekday", "--in-memory", "--scale", "0.05", "--seed", "3", "--json"]
    assert command.main(asked) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert told["synthetic"] is True
    assert (told["drill"], told["seed"], told["scale"]) == ("shield/normal-weekday", 3, 0.05)
    assert len(told["policies"]) == 6
    for row in told["policies"]:
        account = row["account"]
        assert account["lost"] == 0
        assert account["received"] == sum(account[name] for name in ("answered", "waiting", "left", "merged"))


def test_a_run_says_what_happened_in_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('title = "A short day"\nabout = "Nothing happens."\nkind = "calm"\nminutes = 60\n')
    assert command.main(["run", str(file), "--in-memory", "--scale", "0.2"]) == 0
    said = capsys.readouterr().out
    assert "A short day" in said
    assert "made-up people" in said
    assert "oracle (true labels)" in said


@pytest.mark.parametrize(
    ("asked", "said"),
    [(["incident/nothing"], "There is no case"), (["incident/aws-2025", "--in-memory"], "through the real house")],
)
def test_an_incident_that_cannot_be_played_is_a_sentence(
    asked: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["run", *asked]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", ["shield/nothing", "nowhere.toml"])
def test_a_scenario_that_is_not_there_is_a_sentence_and_an_exit_code(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["run", name, "--in-memory"]) == 2
    assert "There is no scenario" in capsys.readouterr().err


def test_texts_that_cannot_be_read_are_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["run", "shield/holiday", "--in-memory", "--texts", str(tmp_path)]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_without_real_texts_people_say_phrases_of_ours_with_every_slot_filled() -> None:
    speaker = Speaker(said=phrases(None), seed=1)
    for kind in scenario.kinds():
        given = {"kind": "calm", "title": "x", "about": "x", "everyday": {"kind": kind, "genuine": True}}
        people = scenario.parse(given, name="x").everyday
        said = {speaker.say(people) for _ in range(60)}
        assert len(said) > 1
        assert not any("{" in text or "}" in text for text in said)


def test_real_texts_are_used_where_they_lie(tmp_path: Path) -> None:
    (tmp_path / "banking77").mkdir()
    (tmp_path / "banking77" / "train.csv").write_text("text,category\nwhere on earth is my card,card_arrival\n")
    found = phrases(tmp_path)
    assert found.real
    assert found.matters == {"card_arrival": ["where on earth is my card"]}
    assert found.topics["cards"] == ("card_arrival",)
    customers = scenario.parse({"kind": "calm", "title": "x", "about": "x"}, name="x").everyday
    speaker = Speaker(said=found, seed=2)
    assert sum("card" in speaker.say(customers).lower() for _ in range(50)) > 40
