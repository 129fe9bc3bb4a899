"""The model: it learns, it keeps its answers on disk, and without the encoder it goes on from words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.assistant.understanding import keeping
from holdfast.assistant.understanding.heads import named
from holdfast.assistant.understanding.model import Model
from holdfast.kit.semantic.network import Floats

EXAMPLES = {
    "card_arrival": [
        "where is my card",
        "my card has not come yet",
        "when will the card arrive",
        "card still not here",
    ],
    "lost_card": ["I lost my card", "my card was stolen", "card is gone, block it", "I cannot find my debit card"],
    "exchange_rate": ["what is the exchange rate", "how many euros for a pound", "is the rate good", "currency rates"],
}
TEXTS = [text for texts in EXAMPLES.values() for text in texts]
LABELS = [label for label, texts in EXAMPLES.items() for _ in texts]


class Meanings:
    """Stands in for the encoder: a text is what it is about, so that the test knows what should come out."""

    name = "meanings"
    about = (
        {"where", "come", "arrive", "arrival", "here", "when"},
        {"lost", "stolen", "gone", "find"},
        {"rate", "euros", "exchange", "rates"},
    )

    def encode(self, texts: Sequence[str]) -> Floats:
        rows = [[0.05 + len(set(text.lower().split()) & words) for words in self.about] for text in texts]
        vectors = np.array(rows, dtype=np.float32).reshape(len(texts), 3)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.fit(TEXTS, LABELS, encoder=Meanings())


def test_it_says_what_a_text_is_about_and_what_comes_second(model: Model) -> None:
    (found,) = model.predict(["has somebody stolen the card"])
    assert found.label == "lost_card"
    assert found.tier == "sentences"
    assert found.probability > found.second_probability > 0
    assert found.second in EXAMPLES


def test_a_text_about_nothing_it_knows_scores_lower_than_any_it_learned_from(model: Model) -> None:
    for semantic in (True, False):
        known = min(each.score for each in model.predict(TEXTS, semantic=semantic))
        (strange,) = model.predict(["zzz qqq 123"], semantic=semantic)
        assert strange.score < known


def test_it_answers_alike_alone_and_among_others(model: Model) -> None:
    for semantic in (True, False):
        together = model.predict(TEXTS, semantic=semantic)
        alone = [model.predict([text], semantic=semantic)[0] for text in TEXTS]
        assert [each.label for each in together] == [each.label for each in alone]
        assert np.allclose([each.score for each in together], [each.score for each in alone], atol=1e-4)


def test_under_load_or_without_an_encoder_it_answers_from_words_alike(model: Model) -> None:
    words = Model.fit(TEXTS, LABELS)
    assert words.tiers == ("words",)
    assert words.predict(TEXTS) == model.predict(TEXTS, semantic=False)
    assert {each.tier for each in words.predict(TEXTS)} == {"words"}
    assert [each.label for each in words.predict(TEXTS)] == LABELS


def test_a_label_in_words_is_an_example_too() -> None:
    said = Model.fit(["one", "two"], ["a1", "b2"], encoder=Meanings(), names={"a1": "lost", "b2": "rate"})
    assert said.predict(["my card was stolen"])[0].label == "a1"
    assert said.predict(["how many euros"])[0].label == "b2"
    assert named("Refund_not_showing_up") == "refund not showing up"
    assert named("cardArrival") == "card arrival"
    assert named("17") == named("q4") == ""


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_labels_are_enough(count: int) -> None:
    chosen = [(t, label) for t, label in zip(TEXTS, LABELS, strict=True) if label in list(EXAMPLES)[:count]]
    texts, labels = [t for t, _ in chosen], [label for _, label in chosen]
    for encoder in (None, Meanings()):
        found = Model.fit(texts, labels, encoder=encoder).predict(texts)
        assert [each.label for each in found] == labels
        assert all(each.second for each in found) == (count > 1)


def test_without_examples_there_is_nothing_to_learn() -> None:
    with pytest.raises(ValueError, match="nothing to learn from"):
        Model.fit([], [])
    assert Model.fit(["a card"], ["a"]).predict([]) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=4))
def test_any_text_gets_an_answer_with_finite_numbers(model: Model, texts: list[str]) -> None:
    for semantic in (True, False):
        for each in model.predict(texts, semantic=semantic):
            assert each.label in EXAMPLES
            assert np.isfinite(each.score)
            assert 0 <= each.second_probability <= each.probability <= 1


def test_what_is_kept_answers_as_before(model: Model, tmp_path: Path) -> None:
    sha256 = model.dump(tmp_path / "kept")
    again = Model.load(tmp_path / "kept", encoder=Meanings(), sha256=sha256)
    for semantic in (True, False):
        before, after = model.predict(TEXTS, semantic=semantic), again.predict(TEXTS, semantic=semantic)
        assert [each.label for each in before] == [each.label for each in after]
        assert np.allclose([each.score for each in before], [each.score for each in after], atol=0.02)
    assert Model.load(tmp_path / "kept").tiers == ("words",)


def test_another_encoder_than_it_learned_with_is_not_asked(model: Model, tmp_path: Path) -> None:
    class Other(Meanings):
        name = "other"

    model.dump(tmp_path)
    assert Model.load(tmp_path, encoder=Other()).tiers == ("words",)


@pytest.mark.parametrize("name", ["arrays.npz", "words.json"])
def test_a_changed_file_is_refused(model: Model, tmp_path: Path, name: str) -> None:
    model.dump(tmp_path)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(keeping.Refused, match="has been changed since it was written"):
        Model.load(tmp_path)


def test_a_whole_other_model_is_refused_where_one_was_approved(model: Model, tmp_path: Path) -> None:
    approved = model.dump(tmp_path)
    Model.fit(["a card"], ["a"]).dump(tmp_path)
    with pytest.raises(keeping.Refused, match="has been changed"):
        Model.load(tmp_path, sha256=approved)


@pytest.mark.parametrize("head", ["", "[]", "{}", '{"format": 1}', '{"format": 9, "facts": {}, "sha256": {}}'])
def test_what_is_no_model_is_refused_in_a_sentence(tmp_path: Path, head: str) -> None:
    (tmp_path / "model.json").write_text(head)
    with pytest.raises(keeping.Refused, match=r"\.$"):
        Model.load(tmp_path)
    with pytest.raises(keeping.Refused, match="cannot be read: No such file"):
        Model.load(tmp_path / "nowhere")


def test_a_pickle_among_the_arrays_is_not_opened(tmp_path: Path) -> None:
    import hashlib

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "exploded",)  # type: ignore[return-value]

    np.savez(tmp_path / "arrays.npz", word_idf=np.array([Bomb()], dtype=object), allow_pickle=True)
    (tmp_path / "words.json").write_text("{}")
    hashes = {n: hashlib.sha256((tmp_path / n).read_bytes()).hexdigest() for n in ("arrays.npz", "words.json")}
    (tmp_path / "model.json").write_text(json.dumps({"format": 1, "facts": {}, "sha256": hashes}))
    with pytest.raises(keeping.Refused, match="cannot be read; fit it anew"):
        Model.load(tmp_path)
    assert not (tmp_path / "exploded").exists()
