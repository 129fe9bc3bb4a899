"""The other language, where a model is connected: what the customer wrote for the agent, the agent's draft for them."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.assistant import spending
from holdfast.assistant.copilot.reading import Case
from holdfast.assistant.llm.client import endpoint
from holdfast.assistant.llm.contract import MACHINE_WRITTEN
from holdfast.assistant.llm.drafts import translate
from holdfast.kit.locales import base_language


@dataclass(frozen=True, slots=True)
class Translation:
    text: str
    written_by: str = MACHINE_WRITTEN


def of_use(case: Case) -> bool:
    """Tell whether there is a model, and another language than the agent's."""
    return endpoint() is not None and bool(case.question) and base_language(case.language) != base_language(case.reads)


def back_of_use(case: Case) -> bool:
    """The same for the agent's own words: it must be known into which language."""
    return bool(case.language) and of_use(case)


def for_the_agent(case: Case) -> Translation | None:
    """Return what the customer said since the last answer, in the agent's language."""
    return _translated(case, case.question, case.reads)


def for_the_customer(case: Case, text: str) -> Translation | None:
    """Return the agent's draft in the customer's language."""
    return _translated(case, text, case.language)


def _translated(case: Case, text: str, to: str) -> Translation | None:
    if not of_use(case) or not text.strip():
        return None
    written = translate(text, to=to, known={"name": case.mask}, so_far=spending.spent_on(case.id))
    spending.add(case.id, written.spent)
    return Translation(written.text) if written.text else None
