"""What a case is about, for whoever opens it: in the customer's words and from what was done; or in a model's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.assistant import spending
from holdfast.assistant.copilot.reading import Case, Said
from holdfast.assistant.llm.client import endpoint
from holdfast.assistant.llm.contract import MACHINE_WRITTEN
from holdfast.assistant.llm.drafts import summarise
from holdfast.assistant.llm.support import sentences
from holdfast.assistant.normalise import normalised, says_something
from holdfast.assistant.story import Line, tried_for_agent, tried_in
from holdfast.operations.queries import acts_of

_LONGEST = 240  # characters of one sentence
_GREETING = 14  # "Good afternoon"


@dataclass(frozen=True, slots=True)
class Summary:
    """Either `lines` of what stands in the case, or `text` by a machine."""

    lines: tuple[Line, ...] = ()
    text: str = ""
    written_by: str = ""


def summary(case: Case) -> Summary:
    """Return the summary. With a model it takes as long as one call; without, or when that fails, two queries."""
    if endpoint() is not None:
        told = [f"{each.by}: {each.text}" for each in case.said]
        so_far = spending.spent_on(case.id)
        written = summarise(told, language=case.reads, known={"name": case.mask}, so_far=so_far)
        spending.add(case.id, written.spent)
        if written.text:
            return Summary(text=written.text, written_by=MACHINE_WRITTEN)
    return Summary(lines=tuple(_lines(case)))


def _lines(case: Case) -> Iterator[Line]:
    asked = [each for each in case.said if each.by == "customer"]
    first = _first_sentence(asked)
    yield Line("Wants", f"“{first}”" if first else "They wrote nothing that can be read.")
    tried = [
        *tried_for_agent(tried_in([case.id]).get(case.id, ())),
        *(f"{act.title}: {act.sentence}" for act in acts_of(case.id)),
    ]
    yield Line("Tried", " ".join(tried) or "Nothing yet.")
    answered = _first_sentence([each for each in case.said if each.by == "agent"][-1:])
    if answered:
        yield Line("We said last", f"“{answered}”")
    open_ = [each for each in asked if each.at >= case.waiting_since]
    now = _first_sentence(open_[-1:])
    yield Line("Open", f"“{now}”" if now and now != first else "What they want.")


def _first_sentence(said: list[Said]) -> str:
    """Return the first sentence that is more than a greeting; where there is none, the first that says something."""
    found = [" ".join(one.split()) for each in said for one in sentences(normalised(each.text)) if says_something(one)]
    words = next((one for one in found if len(one) > _GREETING), found[0] if found else "")
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1].rstrip()}…"
