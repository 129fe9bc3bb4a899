"""Which passages of the published articles speak of a question. Weak ones are not returned: none beats a poor one.

Words choose (`passage_index.py`), meaning orders where an encoder is at hand (`reranking.py`). Each passage names its
article's version and its offsets into that version's body; versions are kept (`versions.py`), so a citation is exact.
"""

from __future__ import annotations

from django.db.models import Count, Max, Sum

from holdfast.kit.semantic import encoder as semantic
from holdfast.knowledge import meaning, reranking
from holdfast.knowledge.kept import Kept
from holdfast.knowledge.models import Article
from holdfast.knowledge.passage_index import PassageIndex
from holdfast.knowledge.passages import PassageFound

# Share of a question's weight that a passage holds, for an answer and for a list to look through, and the cosine that
# is as good. benchmarks/retrieval.py tells what each setting keeps and lets through.
CLEAR, NEAR, CLEAR_MEANING = 0.5, 0.3, 0.6
LEAD = 0.10  # of the order's score over the next article's best; benchmarks/first_answer.py
RERANKED = 30


def together(passage: PassageFound) -> list[PassageFound]:
    """Return a passage with what belongs to it: a sentence that ends in a colon and what it announces."""
    return _index().together(passage)


def clearest(text: str, locale: str) -> list[PassageFound]:
    """Return the passage that is a clear match by its meaning, with what belongs to it; nothing where none is.

    Its article leads the next one by `LEAD`. Nothing in languages without an encoder.
    """
    found = find(text, locale, RERANKED, weak=True)
    if not found or found[0].similarity is None:
        return []
    best = found[0]
    rival = next((each.score for each in found if each.article_id != best.article_id), 0.0)
    return together(best) if best.score - rival >= LEAD else []


def find(text: str, locale: str, limit: int = 5, *, weak: bool = False) -> list[PassageFound]:
    """Return published passages of a language that speak of `text`, best first; none rather than weak ones.

    With `weak` also what is only near, for a list that a person looks through.
    """
    found = reranking.by_meaning(text, locale, _index().find(text, locale, max(limit, RERANKED)))
    least = NEAR if weak else CLEAR
    return [each for each in found if each.covered >= least or (each.similarity or 0.0) >= CLEAR_MEANING][:limit]


def warm() -> None:
    """Build the index now, and let MiniLM order what it finds where its weights are installed. For a worker.

    Takes a second or two, and with MiniLM some 5 ms per passage; it is used once it knows them all.
    """
    known, encoder = _index().everything(), meaning.encoder()
    reranking.use(encoder.fresh if encoder is not None else None, languages=semantic.LANGUAGES, known=known)


def _published_stamp() -> object:
    published = Article.objects.filter(published=True)
    return published.aggregate(Count("pk"), Sum("version"), Sum("pk"), Max("updated_at"))


def _built() -> PassageIndex:
    return PassageIndex(list(Article.objects.filter(published=True).order_by("pk")))


# A large one is built anew beside the old one, which answers meanwhile, so that nobody waits for it.
_kept = Kept(_built, stamp=_published_stamp, name="passage-index", fresh_for=5.0, at_once=0.2)


def forget() -> None:
    """Drop the index; the next call builds it anew. For tests, and after an import of articles."""
    _kept.forget()


def _index() -> PassageIndex:
    """Return the index over what is published."""
    return _kept.get()
