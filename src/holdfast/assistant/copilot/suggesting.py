"""A reply to start from: passages of the article that is nearest, in its own words; or a model's words from the same.

Nearness is that of the assistant's own gate. What it would answer with is a close match; below that it may fit, and
where nothing is near there is nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache

from holdfast.assistant import spending
from holdfast.assistant.contract import Citation
from holdfast.assistant.copilot.reading import Case
from holdfast.assistant.llm.client import endpoint
from holdfast.assistant.llm.contract import MACHINE_WRITTEN, CitedSentence, Draft, GivenPassage
from holdfast.assistant.llm.drafts import draft
from holdfast.assistant.quoting import address, citation, quotable
from holdfast.assistant.reply_lint import lint
from holdfast.assistant.respond import MIN_SIMILARITY, is_clear
from holdfast.knowledge.passages import Passage
from holdfast.knowledge.search import ArticleIndex, Found, IndexedArticle

MAY_FIT = 0.10
"""Lead over the next article from which on one is shown at all. Small talk leads to no article in particular."""
OWN_WORDS = "The article’s own words, chosen by a machine. Check that they fit."
CLOSE, NEAR = "Close match", "May fit"
_KEPT_SECONDS = 3_600  # a draft is paid for once, however often its case is opened


@dataclass(frozen=True, slots=True)
class Source:
    """A cited passage: box number, the words of the article, and where they stand."""

    number: int
    text: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Words for the composer. `text` is plain; `findings` say what the reply check would ask about it."""

    text: str
    title: str
    nearness: str
    written_by: str
    sources: tuple[Source, ...]
    findings: tuple[str, ...]
    by_model: bool = False


def suggestion(case: Case, index: ArticleIndex) -> Suggestion | None:
    """Return a reply in an article's own words, or nothing when nothing is near."""
    found = _nearest(case, index)
    if found is None:
        return None
    passages = quotable(case.question, found.article)
    return _worded("\n\n".join(each.text for each in passages), case, found, passages) if passages else None


def drafted(case: Case, index: ArticleIndex) -> Suggestion | None:
    """Return a language model's reply from the same passages; nothing unless all of it holds.

    Takes as long as a call to the model may. A draft is kept for an hour, so that it is asked for once.
    """
    found = _nearest(case, index)
    if found is None or endpoint() is None:
        return None
    passages = quotable(case.question, found.article)
    written = _draft(case, found.article, passages)
    if written is None:
        return None
    used = {each for sentence in written.sentences for each in sentence.passages}
    cited = [passage for number, passage in enumerate(passages, 1) if f"P{number}" in used]
    worded = _worded(written.text, case, found, cited, by_model=True)
    return None if worded.findings else worded


def _nearest(case: Case, index: ArticleIndex) -> Found | None:
    if not case.question or not case.language:
        return None
    (ranked,) = index.find([case.question], locales=[case.language], limit=3, semantic=False)
    best = next((each for each in ranked if each.article.id not in case.quoted), None)
    near = best is not None and best.margin >= MAY_FIT and best.similarity >= MIN_SIMILARITY
    return best if near else None


def _draft(case: Case, article: IndexedArticle, passages: Sequence[Passage]) -> Draft | None:
    """Return a draft that may be sent, or nothing. What did not hold is not paid for again either."""
    key = f"copilot:{case.newest}:{article.id}:{article.version}"
    kept = cache.get(key)
    if kept is not None:
        return Draft(tuple(CitedSentence(text, tuple(ids)) for text, ids in kept)) if kept else None
    given = [GivenPassage(f"P{number}", passage.text) for number, passage in enumerate(passages, 1)]
    brought = draft(
        case.question,
        language=case.language,
        passages=given,
        known={"name": case.mask},
        so_far=spending.spent_on(case.id),
    )
    spending.add(case.id, brought.spent)
    written = brought.draft
    sendable = written if written is not None and written.may_be_sent else None
    cache.set(key, [(each.text, each.passages) for each in sendable.sentences] if sendable else [], _KEPT_SECONDS)
    return sendable


def _worded(text: str, case: Case, found: Found, passages: Sequence[Passage], *, by_model: bool = False) -> Suggestion:
    article = found.article
    sources = tuple(Source(number, each.text, citation(article, each)) for number, each in enumerate(passages, 1))
    findings = lint(text, locale=case.language, citations=sources)
    return Suggestion(
        text=text if by_model else f"{text}\n\n{article.title}: {address(article)}",
        title=article.title,
        nearness=CLOSE if is_clear(found) else NEAR,
        written_by=MACHINE_WRITTEN if by_model else OWN_WORDS,
        sources=sources,
        findings=tuple(dict.fromkeys(each.sentence for each in findings)),
        by_model=by_model,
    )
