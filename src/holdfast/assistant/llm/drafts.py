"""Words by a model: drafts from given passages, each sentence checked; summaries and translations for colleagues.

A draft may go to a customer when all of it held (`Draft.may_be_sent`). Summaries and translations never do by
themselves: a person reads them, marked as written by a machine, and edits them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from holdfast.assistant.language import clearly_another
from holdfast.assistant.llm import prompts
from holdfast.assistant.llm.client import Prompt, endpoint
from holdfast.assistant.llm.commands import only_json, without_thought
from holdfast.assistant.llm.contract import CitedSentence, Draft, Drafted, GivenPassage, Written
from holdfast.assistant.llm.costs import NOTHING, Spent
from holdfast.assistant.llm.scrub import PLACEHOLDER, Scrubber, cleaned, readable
from holdfast.assistant.llm.support import digits, links, sentences, supported

log = structlog.get_logger(__name__)

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,4})?", re.IGNORECASE)
_TRANSCRIPT, _TO_TRANSLATE = 12_000, 6_000  # characters
_NEVER_IN_SUMMARIES = frozenset({"card", "secret", "account"})


class _Sentence(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    text: str = Field(min_length=1, max_length=2_000)
    passages: list[str] = Field(min_length=1, max_length=4)


class _Draft(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    sentences: list[_Sentence] = Field(max_length=12)


def draft(
    question: str,
    *,
    language: str,
    passages: Sequence[GivenPassage],
    known: Mapping[str, str] | None = None,
    so_far: Spent = NOTHING,
    within: float = math.inf,
) -> Drafted:
    """Return an answer worded from `passages`, or no draft: then quote them. Never raises. `within`: seconds left.

    A sentence stays when each passage it cites was given and together they support it (`support.supported`).
    """
    model = endpoint()
    if model is None or not passages or not question.strip() or not _LANGUAGE.fullmatch(language):
        return Drafted(None)

    def read(answer: str) -> Draft | None:
        return checked(answer, passages, language)

    try:
        prompt = prompts.word(
            Scrubber(known=known).scrubbed(prompts.ends(question)), language=language, passages=passages
        )
        reply = model.ask(prompt, read=read, so_far=so_far, within=within)
    except Exception as error:  # the house's own fault must not cost the customer an answer
        log.warning("language_model_failed", why=type(error).__name__)
        return Drafted(None)
    return Drafted(reply.value if reply.value and reply.value.sentences else None, reply.spent)


def summarise(
    lines: Sequence[str], *, language: str, known: Mapping[str, str] | None = None, so_far: Spent = NOTHING
) -> Written:
    """Return what a conversation is about, for the colleague who takes over. `lines`: "customer: …", oldest first.

    Never raises. Cards, accounts and secrets stay placeholders. A long conversation is summed up from its newer part.
    """
    newer: list[str] = []
    for line in reversed(lines):  # whole lines, so that no value is cut in two
        if sum(map(len, newer)) + len(line) > _TRANSCRIPT:
            break
        newer.insert(0, line)
    return _written("\n".join(newer), prompts.sum_up, language, known, so_far, kept=_NEVER_IN_SUMMARIES)


def translate(text: str, *, to: str, known: Mapping[str, str] | None = None, so_far: Spent = NOTHING) -> Written:
    """Return `text` in the language with the code `to`, for a colleague. Never raises.

    A text too long for one call is not translated, rather than in part.
    """
    if len(text) > _TO_TRANSLATE:
        return Written(None)
    return _written(text, prompts.translate, to, known, so_far, kept=frozenset())


def checked(answer: str, passages: Sequence[GivenPassage], language: str) -> Draft | None:
    """Return what holds of a model's answer; `None` when it is no draft, or nothing of it holds."""
    try:
        written = _Draft.model_validate_json(only_json(answer))
    except ValidationError:
        return None
    given = {passage.id: readable(passage.text) for passage in passages}
    held: list[CitedSentence] = []
    dropped = 0
    for entry in written.sentences:
        cited = tuple(dict.fromkeys(entry.passages))
        texts = [given[each] for each in cited if each in given]
        for sentence in sentences(cleaned(entry.text)):
            if len(texts) == len(cited) and supported(sentence, texts, language=language):
                held.append(CitedSentence(sentence, cited))
            else:
                dropped += 1
    return None if dropped and not held else Draft(tuple(held), dropped)


def _written(
    text: str,
    prompt_of: Callable[..., Prompt],
    language: str,
    known: Mapping[str, str] | None,
    so_far: Spent,
    *,
    kept: frozenset[str],
) -> Written:
    model = endpoint()
    if model is None or not text.strip() or not _LANGUAGE.fullmatch(language):
        return Written(None)
    try:
        scrubber = Scrubber(known=known)
        given = scrubber.scrubbed(text)

        def read(answer: str) -> str | None:
            return _faithful(cleaned(without_thought(answer)), given, language)

        reply = model.ask(prompt_of(given, language=language), read=read, so_far=so_far)
        return Written(scrubber.restored(reply.value, kept=kept) if reply.value else None, reply.spent)
    except Exception as error:
        log.warning("language_model_failed", why=type(error).__name__)
        return Written(None)


def _faithful(answer: str, given: str, language: str) -> str | None:
    """Return `answer` if it names no number, link or placeholder that `given` has not, and is in that language."""
    if not answer or len(answer) > 3 * len(given) + 400:
        return None
    if not set(PLACEHOLDER.findall(answer)) <= set(PLACEHOLDER.findall(given)):
        return None
    if not digits(PLACEHOLDER.sub("", answer)) <= digits(PLACEHOLDER.sub("", given)) or not links(answer) <= links(
        given
    ):
        return None
    if any(mark in answer for mark in ("](", "![", "<")) and not any(mark in given for mark in ("](", "![", "<")):
        return None
    return None if clearly_another(answer, language) else answer
