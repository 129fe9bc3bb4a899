"""The kept look-ups give the vectors that scikit-learn's own transform gives."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from holdfast.knowledge.features import Features

DOCUMENTS = [
    "Where is my card?",
    "A new card takes ten days.",
    "Cartão não chegou à minha casa",
    "kartu saya hilang, a b",
]
WORDS = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, strip_accents="unicode").fit(DOCUMENTS)
RUNS = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, strip_accents="unicode").fit(
    DOCUMENTS
)
FEATURES, VECTORS = Features.learned_from(DOCUMENTS)

TEXTS = st.text(max_size=60) | st.lists(
    st.sampled_from([*" ".join(DOCUMENTS).split(), "CARD", "c", "\t", "x" * 40, "card" * 20]), max_size=12
).map(" ".join)


@example(["𝑺"])  # small letters come before the style is taken off, so an S stays
@settings(max_examples=150, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_a_text_has_the_vector_scikit_learn_gives_it(texts: list[str]) -> None:
    expected = hstack([WORDS.transform(texts), RUNS.transform(texts)]).toarray()
    assert np.allclose(FEATURES.of(texts).toarray(), expected, atol=1e-12)


def test_the_documents_have_the_vectors_of_their_texts() -> None:
    assert np.allclose(FEATURES.of(DOCUMENTS).toarray(), VECTORS.toarray())
