"""The command line: one JSON object, calm tables, one sentence when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from holdfast.staffing.command import main


def asked(capsys: pytest.CaptureFixture[str], line: str) -> Any:
    assert main([*line.split(), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_erlang_answers_with_units_in_its_keys(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, "erlang --calls 100 --per 30 --aht 180 --agents 14")
    assert found["waiting_share"] == pytest.approx(0.1741, abs=5e-5)
    assert found["service_level_share"] == pytest.approx(0.8884, abs=5e-5)
    assert found["asa_seconds"] == pytest.approx(7.84, abs=5e-3)
    assert found["offered_erlangs"] == 10


def test_the_same_question_asked_in_other_units_has_the_same_answer(capsys: pytest.CaptureFixture[str]) -> None:
    one = asked(capsys, "erlang --calls 100 --per 30 --aht 180 --agents 14 --patience 120 --target 20")
    other = asked(capsys, "erlang --calls 200 --per 1h --aht 3m --agents 14 --patience 2m --within 20s")
    assert one == other


def test_an_endless_queue_is_null_in_json_and_words_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, "erlang --calls 100 --per 30 --aht 180 --agents 5")["asa_seconds"] is None
    assert main(["erlang", "--calls", "100", "--per", "30", "--aht", "180", "--agents", "5"]) == 0
    assert "grows without end" in capsys.readouterr().out


def test_required_finds_the_least_number(capsys: pytest.CaptureFixture[str]) -> None:
    line = "required --calls 10 --per 1 --aht 6m"
    assert asked(capsys, f"{line} --service-level 80% --within 20")["agents"] == 67
    assert asked(capsys, f"{line} --max-abandon 5% --patience 12m")["agents"] == 60


def test_a_simulation_repeats_with_its_seed(capsys: pytest.CaptureFixture[str]) -> None:
    line = "simulate --calls 60 --aht 3m --agents 5 --patience 2m --lasts 4h --days 2 --seed 7"
    one, other = (asked(capsys, line) for _ in range(2))
    assert one["days"] == other["days"]
    assert one["mean"]["abandoned_share"] == pytest.approx(one["formula"]["abandoned_share"], abs=0.1)


def test_what_if_tells_before_and_after(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, "what-if --calls 600 --aht 360 --agents 60 --deflect 30% --callbacks 0.1 --add 2")
    assert found["after"]["service_level_share"] > found["before"]["service_level_share"]
    assert found["after"]["agents"] == 62
    assert found["callback_work_erlangs"] == 6


def test_surge_says_when_staffing_cannot_solve_it(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, "surge --usual 10 --times 30 --aht 6m --agents 72 --callable 40 --lasts 2h")
    assert not found["solvable"]
    assert found["required_agents"] == 1819
    assert main(["surge", "--usual", "10", "--times", "30", "--aht", "6m", "--agents", "72"]) == 0
    assert "Staffing cannot solve this" in capsys.readouterr().out


def test_a_forecast_goes_straight_into_a_plan(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    history = tmp_path / "history.csv"
    rows = [
        f"2026-03-{2 + number // 48:02d}T{number % 48 // 2:02d}:{30 * (number % 2):02d},{100}" for number in range(96)
    ]
    history.write_text("\n".join(["start,calls", *rows]))
    storm = "--storm 2026-03-04T10:00 2026-03-04T11:00 4"
    found = asked(capsys, f"forecast {history} --next 48 {storm} --zone Europe/Berlin --holiday 2026-04-03")
    assert found["minutes"] == 30
    assert found["intervals"][0]["start"] == "2026-03-04T00:00:00+00:00"
    assert found["intervals"][20]["contacts"] == pytest.approx(4 * found["intervals"][0]["contacts"], rel=0.1)
    ahead = tmp_path / "ahead.json"
    ahead.write_text(json.dumps(found))
    planned = asked(capsys, f"plan {ahead} --aht 180")
    assert planned["intervals"][0]["required_agents"] == 14
    assert planned["most_missing_agents"] is None
    assert main(["plan", str(ahead), "--aht", "180"]) == 0
    assert "2026-03-04 10:00" in capsys.readouterr().out


def test_a_plan_with_people_shows_the_gap(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("start,contacts,agents\n2026-03-02T08:00+01:00,100,10\n2026-03-02T08:30+01:00,100,15\n")
    planned = asked(capsys, f"plan {table} --aht 3m --service-level 0.8")
    assert [row["gap_agents"] for row in planned["intervals"]] == [4, -1]
    assert planned["most_missing_agents"] == 4


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "required: COMMAND"),
        ("bogus", "invalid choice"),
        ("erlang --calls 3 --aht 5", "required: --agents"),
        ("erlang --calls -3 --aht 5 --agents 2", "--calls"),
        ("erlang --calls nan --aht 5 --agents 2", "'nan' is not a number"),
        ("erlang --calls 3 --aht soon --agents 2", "'soon' is not a duration"),
        ("erlang --calls 3 --aht 0 --agents 2", "handling time"),
        ("erlang --calls 3 --aht 5 --agents 2.5", "not a whole number"),
        ("erlang --calls 3 --aht 5 --agents 999999999", "number of agents"),
        ("erlang --calls 3 --per 0 --aht 5 --agents 2", "--per must be longer"),
        ("required --calls 3 --aht 5 --service-level 120", "'120' is not a share"),
        ("required --calls 3 --aht 5 --service-level 1", "between 0 and 1"),
        ("required --calls 3 --aht 5 --max-abandon 5%", "patience"),
        ("required --calls 1e12 --aht 5", "not be enough"),
        ("simulate --calls 1e9 --aht 5 --agents 2", "play a shorter time"),
        ("what-if --calls 3 --aht 5 --agents 2 --deflect 70% --callbacks 70%", "together at most"),
        ("surge --usual 10 --times 0.5 --aht 5 --agents 2", "at least once the usual"),
    ],
)
def test_wrong_arguments_are_one_sentence_and_exit_2(capsys: pytest.CaptureFixture[str], line: str, says: str) -> None:
    assert main(line.split()) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no intervals"),
        ("start,contacts\n2026-03-02T08:00,1\n", "one interval only"),
        ("start,contacts\nmonday,1\ntuesday,1\n", "Row 1: 'monday' is not a time"),
        ("contacts\n1\n2\n", "Row 1 has no start"),
        ("start\n2026-03-02T08:00\n2026-03-02T08:30\n", "neither contacts nor calls"),
        ("start,calls\n2026-03-02T08:00,1\n2026-03-02T08:30,many\n", "Row 2: calls is 'many'"),
        ("start,calls\n2026-03-02T08:00,1\n2026-03-02T08:30,-1\n", "Row 2: calls is '-1'"),
        ("start,calls\n2026-03-02T08:00,1\n2026-03-02T08:30,1\n2026-03-02T08:40,1\n", "Row 3"),
        ("start,calls,agents\n2026-03-02T08:00,1,4\n2026-03-02T08:30,1,\n", "Row 2"),
        ("start,calls\n2026-03-02T08:00,1\n2026-03-09T08:00,1\n", "a minute to a day apart"),
        ("[1, 2]", "no list of intervals"),
        ("{", "is not JSON"),
    ],
)
def test_a_wrong_file_is_one_sentence_and_exit_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "table"
    path.write_text(text)
    assert main(["plan", str(path), "--aht", "180"]) == 1
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_a_file_that_is_no_text_or_not_there(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "table"
    if content is not None:
        path.write_bytes(content)
    assert main(["plan", str(path), "--aht", "180"]) == 1
    assert str(path) in capsys.readouterr().err
