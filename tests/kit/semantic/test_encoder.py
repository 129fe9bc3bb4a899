"""The encoder: the published vectors, the same alone and among others; without its weights, or with others, none."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from holdfast.kit.semantic import carrier, encoder
from holdfast.kit.semantic.carrier import Unavailable

# First six numbers, computed once from the published weights by a plain BERT in double precision.
GOLDEN = {
    "Where is my card?": [-0.008341, 0.022403, -0.038022, 0.029813, 0.02761, -0.013328],
    "My transfer has not arrived, señor!": [-0.042506, -0.059821, 0.01996, -0.050372, 0.049805, -0.077939],
}


def installed() -> bool:
    try:
        return bool(carrier.folder())
    except Unavailable:
        return False


with_model = pytest.mark.skipif(not installed(), reason="the extra `semantic` is not installed")


@pytest.fixture(scope="module")
def model() -> encoder.Encoder:
    return encoder.load()


@with_model
def test_vectors_are_those_of_the_published_model(model: encoder.Encoder) -> None:
    found = model.encode(list(GOLDEN))
    assert np.allclose(found[:, :6], list(GOLDEN.values()), atol=2e-6)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


@with_model
def test_a_text_has_the_same_vector_alone_and_in_any_company(model: encoder.Encoder) -> None:
    texts = [
        "card",
        "",
        "Where is my card?",
        "word " * 400,
        "😀",
        "Where is my card?",
        *("x" * n for n in range(1, 60)),
    ]
    together = model.encode(texts)
    alone = np.concatenate([model.encode([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)
    assert np.isfinite(together).all()


@with_model
def test_near_in_meaning_is_near_in_angle(model: encoder.Encoder) -> None:
    a, b, c = model.encode(["I lost my card", "my debit card is gone", "the exchange rate of yesterday"])
    assert a @ b > 0.6 > 0.4 > a @ c


def test_nothing_is_nothing() -> None:
    class Never:
        def __call__(self, _: object) -> None:
            raise AssertionError("there was nothing to do")

    assert encoder.Encoder(Never(), Never()).encode([]).shape == (0, 384)  # type: ignore[arg-type]


def test_in_a_block_equal_texts_are_encoded_once_and_after_it_nothing_of_them_is_left() -> None:
    asked: list[int] = []

    def network(pieces: list[list[int]]) -> np.ndarray:
        asked.append(len(pieces))
        return np.array([[len(each)] * encoder.DIMENSIONS for each in pieces], dtype=np.float32)

    counting = encoder.Encoder(lambda text: [1] * len(text), network)  # type: ignore[arg-type]
    with encoder.each_once():
        assert counting.encode(["a", "bb", "a"])[:, 0].tolist() == [1, 2, 1]
        assert counting.encode(["bb"])[0, 0] == 2
        assert counting.encode([]).shape == (0, encoder.DIMENSIONS)
    assert sum(asked) == 2
    counting.encode(["bb"])
    assert sum(asked) == 3


@with_model
def test_weights_with_one_bit_changed_are_refused(tmp_path: Path) -> None:
    shutil.copytree(carrier.folder(), tmp_path / "model")
    with (tmp_path / "model/model.safetensors").open("r+b") as file:
        file.seek(50_000_000)
        bit = file.read(1)[0] ^ 1
        file.seek(50_000_000)
        file.write(bytes([bit]))
    with pytest.raises(Unavailable, match="is not the published file"):
        encoder.load(tmp_path / "model")


def test_without_the_files_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"vocab\.txt cannot be read: No such file"):
        encoder.load(tmp_path)


def test_without_the_extra_there_is_no_encoder_and_the_log_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier, "PACKAGE", "a_package_nobody_has")
    monkeypatch.setattr(encoder, "_looked", False)
    monkeypatch.setattr(encoder, "_encoder", None)
    with capture_logs() as logs:
        assert encoder.available() is None
        assert encoder.available() is None
    assert [entry["event"] for entry in logs] == ["semantic_unavailable"]
    assert "HOLDFAST_SEMANTIC" in logs[0]["why"]


@with_model
def test_the_carriers_own_code_is_never_run() -> None:
    import sys

    encoder.load()
    assert carrier.PACKAGE not in sys.modules
