"""Recorded streams, whole and broken: what is wrong with a line is said, and the rest is judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.shield import command
from holdfast.shield.recorded import LONGEST_LINE
from holdfast.shield.replay import lines_of, replay, to_json

LINE = {
    "id": "c1",
    "at": "2026-03-10T09:00:00Z",
    "channel": "chat",
    "text": "my card was declined",
    "account": "a1",
    "verification": 1,
    "operator": None,
    "source": "cable",
    "region": "north",
    "tenure_days": 300,
    "open_case": False,
    "need": True,
    "challenge": None,
}


def line(**changed: Any) -> bytes:
    return json.dumps({**LINE, **changed}).encode() + b"\n"


def said(*lines: bytes | None) -> list[dict[str, Any]]:
    return [json.loads(to_json(out)) for out in replay(lines)]


def faults(out: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in out if "error" in one]


def judged(out: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in out if "band" in one]


def test_one_line_comes_out_per_contact_and_one_per_closed_minute_in_order() -> None:
    out = said(line(), line(id="c2", at="2026-03-10T09:00:30Z"), line(id="c3", at="2026-03-10T09:02:10Z"))
    assert [one.get("id", one.get("minute")) for one in out] == [
        "c1",
        "c2",
        "2026-03-10T09:00:00+00:00",
        "2026-03-10T09:01:00+00:00",
        "c3",
        "2026-03-10T09:02:00+00:00",
    ]
    assert set(out[0]) == {"id", "band", "score", "friction", "reasons"}
    assert set(out[2]) == {"minute", "rate", "expected", "surge", "flood_share", "reasons"}
    assert [out[2]["rate"], out[3]["rate"]] == [2, 0]


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("verification", 7, "0, 1 or 2"),
        ("verification", "high", "0, 1 or 2"),
        ("verification", True, "0, 1 or 2"),
        ("challenge", "maybe", "pass, fail or null"),
        ("challenge", ["pass"], "pass, fail or null"),
        ("need", "yes", "true, false or null"),
        ("open_case", 1, "true, false or null"),
        ("tenure_days", -3, "number of days"),
        ("tenure_days", "old", "number of days"),
        ("account", {"a": 1}, "string"),
        ("source", "x" * 1000, "string"),
        ("channel", 1.5, "string"),
    ],
)
def test_a_wrong_value_is_told_and_taken_as_unknown(field: str, value: object, word: str) -> None:
    out = said(line(**{field: value}))
    [fault] = faults(out)
    assert (fault["line"], fault["field"], fault["id"]) == (1, field, "c1")
    assert word in fault["error"]
    assert judged(out) == ["c1"]


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"{not json}\n", "not JSON"),
        (b"[1, 2]\n", "object"),
        (b"null\n", "object"),
        (b'"text"\n', "object"),
        (b'{"id": "\xff\xfe"}\n', "UTF-8"),
        (b"\x00\x00\x00\n", "not JSON"),
        (b"[" * 100_000 + b"\n", "not JSON"),
        (None, "longer than"),
        (line(id=None), "id"),
        (line(id=""), "id"),
        (line(text=None), "text"),
        (line(text=5), "text"),
        (line(at=None), "time"),
        (line(at="yesterday"), "no time"),
        (line(at=1e300), "no time"),
        (line(at=float("nan")), "time"),
        (line(at="0001-01-01T00:00:00Z"), "1990"),
        (line(declared_topics=[{"id": "x"}]), "words"),
        (line(declared_topics=5), "declared"),
    ],
)
def test_a_line_that_is_no_contact_is_told_and_the_rest_is_judged(raw: bytes | None, word: str) -> None:
    out = said(line(id="before"), raw, line(id="after"))
    [fault] = faults(out)
    assert fault["line"] == 2
    assert word in fault["error"]
    assert judged(out) == ["before", "after"]


def test_blank_lines_unknown_keys_and_the_order_of_keys_do_not_matter() -> None:
    backwards = json.dumps(dict(reversed({**LINE, "id": "c2", "mood": "fine"}.items()))).encode()
    out = said(b"\xef\xbb\xbf" + line(), b"\n", b"   \n", backwards)
    assert faults(out) == []
    assert judged(out) == ["c1", "c2"]


def test_only_id_time_and_text_are_needed() -> None:
    out = said(b'{"id": 5, "at": 1773133200, "text": ""}\n')
    assert faults(out) == []
    assert judged(out) == ["5"]


def test_an_id_that_came_before_is_told_and_not_judged_twice() -> None:
    out = said(line(), line(), line(id="c2"))
    [fault] = faults(out)
    assert (fault["line"], fault["id"], fault["field"]) == (2, "c1", "id")
    assert judged(out) == ["c1", "c2"]


def test_a_little_disorder_is_nothing_and_a_late_clock_is_told_and_judged_now() -> None:
    out = said(
        line(id="a", at="2026-03-10T09:05:00Z"),
        line(id="b", at="2026-03-10T09:04:10Z"),
        line(id="c", at="2026-03-10T08:00:00Z"),
    )
    assert judged(out) == ["a", "b", "c"]
    [fault] = faults(out)
    assert (fault["id"], fault["field"]) == ("c", "at")


def test_a_clock_far_in_the_future_neither_closes_thousands_of_minutes_nor_makes_others_late() -> None:
    out = said(line(id="a"), line(id="b", at="2150-01-01T00:00:00Z"), line(id="c", at="2026-03-10T09:01:00Z"))
    assert judged(out) == ["a", "b", "c"]
    assert [fault["id"] for fault in faults(out)] == ["b"]
    assert sum("minute" in one for one in out) == 2


def test_a_first_clock_that_is_wrong_does_not_freeze_the_stream() -> None:
    rest = [line(id=f"n{number}", at=f"2026-03-10T09:{number:02}:00Z") for number in range(10)]
    out = said(line(at="2190-01-01T00:00:00Z"), *rest)
    assert len(judged(out)) == 11
    assert len(faults(out)) == 2
    assert sum("minute" in one for one in out) == 11


def test_all_clocks_may_jump_and_the_stream_goes_on() -> None:
    rest = [line(id=f"n{number}", at=f"2026-05-01T09:{number:02}:00Z") for number in range(10)]
    out = said(line(), *rest)
    assert len(judged(out)) == 11
    assert sum("minute" in one for one in out) < 20


def test_declared_topics_come_as_a_line_or_beside_a_contact() -> None:
    topic = {"id": "outage", "words": ["card"], "accounts": ["a1"], "since": "2026-03-10T08:00:00Z"}
    out = said(json.dumps({"declared_topics": [topic]}).encode(), line(), line(id="c2", declared_topics=["login"]))
    assert faults(out) == []
    assert judged(out) == ["c1", "c2"]


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_whatever_the_bytes_the_contact_after_them_is_judged(garbage: list[bytes]) -> None:
    out = said(*garbage, line(id="the last one"))
    assert "the last one" in judged(out)


def test_a_line_that_never_ends_is_not_read_into_memory(tmp_path: Path) -> None:
    file = tmp_path / "long.jsonl"
    with file.open("wb") as stream:
        stream.write(b'{"id": "')
        for _ in range(20):
            stream.write(b"x" * 1_000_000)
        stream.write(b'"}\n' + line())
    tracemalloc.start()
    with file.open("rb") as stream:
        out = [json.loads(to_json(one)) for one in replay(lines_of(stream))]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 12 * LONGEST_LINE
    assert [len(faults(out)), judged(out)] == [1, ["c1"]]


def test_memory_does_not_grow_with_the_file() -> None:
    held: list[int] = []

    def stream() -> Iterator[bytes]:
        for number in range(3_001):
            if number % 1_500 == 0:
                held.append(tracemalloc.get_traced_memory()[0])
            text = f"my card {number % 97} was declined {number % 89} times at shop {number % 83}"
            yield line(id=f"id-{number}", at=1773133200 + number, account=f"a{number}", text=text)

    tracemalloc.start()
    for _ in replay(stream()):
        pass
    tracemalloc.stop()
    # The window and the sample of ordinary contacts have filled by half way; ids are remembered for a while.
    first, second = held[1] - held[0], held[2] - held[1]
    assert second < 0.25 * first


def test_half_a_character_is_written_as_it_came(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON may escape half of a surrogate pair. UTF-8 cannot carry it, and the stream must not end there."""
    (tmp_path / "odd.jsonl").write_bytes(line(id="\ud800x", text="\udfff", account="\ud83d") + line(id="c2"))
    assert command.main(["replay", str(tmp_path / "odd.jsonl"), "--json"]) == 0
    out = capsys.readouterr().out
    assert out.encode("utf-8")
    assert [json.loads(one)["id"] for one in out.splitlines()[:2]] == ["\ud800x", "c2"]


def test_whoever_has_read_enough_of_the_output_may_go(tmp_path: Path) -> None:
    (tmp_path / "many.jsonl").write_bytes(b"".join(line(id=f"c{number}") for number in range(5_000)))
    running = subprocess.Popen(
        [sys.executable, "-m", "holdfast", "shield", "replay", str(tmp_path / "many.jsonl"), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert json.loads(running.stdout.readline())["id"] == "c0"
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0


def test_a_missing_file_is_one_sentence_and_exit_code_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["replay", "there/is/none.jsonl", "--json"]) == 1
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err == "there/is/none.jsonl cannot be read: No such file or directory.\n"


def test_an_empty_file_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.jsonl").touch()
    assert command.main(["replay", str(tmp_path / "empty.jsonl"), "--json"]) == 0
    assert capsys.readouterr().out == ""
    assert command.main(["replay", str(tmp_path / "empty.jsonl")]) == 0
    assert "0 contacts" in capsys.readouterr().out


def test_the_report_for_people_names_counts_and_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "some.jsonl").write_bytes(line() + b"[oops\n" + line(id="c2"))
    assert command.main(["replay", str(tmp_path / "some.jsonl")]) == 0
    out = capsys.readouterr().out
    assert "2 contacts, 1 minute, 1 fault." in out
    assert "Nothing out of the ordinary" in out
    assert "line 2: This line is not JSON" in out


def test_replay_runs_from_the_command_line_on_standard_input_without_a_database() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "holdfast", "shield", "replay", "-", "--json"],
        input=line(),
        capture_output=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[0])["id"] == "c1"
