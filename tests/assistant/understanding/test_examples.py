"""Reading examples: what is right comes in whole, what is not is named in one sentence; draws are as their seeds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.assistant.understanding.examples import Examples, Unreadable, read_csv, read_scoped

PAIRS = [[f"text {n}", "ab"[n % 2]] for n in range(20)]


def test_a_csv_file_comes_in_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        '\ufefftext,category\n"one, ""two""\nthree\u2028four", card_arrival \nfive,rate\n', encoding="utf-8"
    )
    assert read_csv(path) == Examples(('one, "two"\nthree\u2028four', "five"), ("card_arrival", "rate"))
    path.write_text("intent,text\nrate,five\n")
    assert read_csv(path) == Examples(("five",), ("rate",))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no examples"),
        (b"text,category\n", "has no examples"),
        (b"a,b\n1,2\n", "needs the columns text and category"),
        (b"text,category\nhello,\n", "Example 1 of .* has no text or no category"),
        (b"text,category\nhello\n", "Example 1 of .* has no text or no category"),
        (b"text,category\nok,a\n  ,b\n", "Example 2 of"),
        (b'text,category\n"open,a\n', "is not a CSV file"),
        (b"text,category\n\xff\xfe,a\n", "is not UTF-8"),
    ],
)
def test_a_bad_csv_file_gets_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=said):
        read_csv(path)
    with pytest.raises(Unreadable, match="cannot be read: No such file"):
        read_csv(tmp_path / "none.csv")


def scoped(tmp_path: Path, **content: object) -> Path:
    (tmp_path / "clinc.json").write_text(json.dumps(content))
    return tmp_path / "clinc.json"


def test_four_lists_are_taken_as_they_are(tmp_path: Path) -> None:
    path = scoped(
        tmp_path, train=PAIRS, val=PAIRS[:4], test=PAIRS[4:6], oos_test=[["who am i", "oos"]], oos_val=[["x", "oos"]]
    )
    parts, about = read_scoped(path, seed=1)
    assert [len(part) for part in (parts.train, parts.val, parts.test, parts.oos_test)] == [20, 4, 2, 1]
    assert about == "Measured on test and oos_test."


def test_without_a_test_half_of_val_is_kept_apart_and_that_is_said(tmp_path: Path) -> None:
    path = scoped(
        tmp_path, train=PAIRS, val=[*PAIRS, ["mars", "oos"]], oos_train=[["y", "oos"]], oos_val=[["x", "oos"]]
    )
    parts, about = read_scoped(path, seed=1)
    assert sorted(parts.val.texts + parts.test.texts) == sorted(text for text, _ in PAIRS)
    assert len(parts.test) == 10
    assert parts.oos_test.texts == ("y", "x")
    assert "half of val (seed 1) is kept apart" in about
    assert read_scoped(path, seed=1)[0] == parts != read_scoped(path, seed=2)[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "needs to be a JSON object"),
        ("{}", "needs examples under train and under val"),
        ('{"train": 3}', "train in .* needs to be a list"),
        ('{"train": [["a"]]}', r"Example 1 under train in .* is not \[text, label\]"),
        ('{"train": [["a", "b"], [1, "b"]]}', "Example 2 under train"),
    ],
)
def test_a_bad_json_file_gets_a_sentence(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content)
    with pytest.raises(Unreadable, match=said):
        read_scoped(path, seed=1)


EXAMPLES = st.lists(st.sampled_from("abc"), min_size=1, max_size=30).map(
    lambda labels: Examples(tuple(f"t{n}" for n in range(len(labels))), tuple(labels))
)


@given(EXAMPLES, st.integers(1, 5), st.integers(0, 9))
def test_few_are_that_many_of_each_label_and_the_same_for_a_seed(examples: Examples, shots: int, seed: int) -> None:
    few = examples.few(shots, seed=seed)
    for label in set(examples.labels):
        assert few.labels.count(label) == min(shots, examples.labels.count(label))
    assert few == examples.few(shots, seed=seed)
    assert set(zip(few.texts, few.labels, strict=True)) <= set(zip(examples.texts, examples.labels, strict=True))


@given(EXAMPLES, st.floats(0, 1), st.integers(0, 9))
def test_parts_share_nothing_lose_nothing_and_leave_every_label_an_example(
    examples: Examples, share: float, seed: int
) -> None:
    rest, apart = examples.parted(share, seed=seed)
    assert sorted(rest.texts + apart.texts) == sorted(examples.texts)
    assert set(rest.labels) == set(examples.labels)
