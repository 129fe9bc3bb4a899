"""What is kept of the assistant's words beside them: the passages they stand on."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from holdfast.assistant.contract import Answer, Citation, Clarify

_CITED = tuple(each.name for each in fields(Citation))


def answer_details(answer: Answer | Clarify) -> dict[str, Any]:
    """Return what is kept of an answer, or of a question back, beside its words."""
    if isinstance(answer, Clarify):
        return {"options": [option.label for option in answer.options], "locale": answer.locale}
    return {
        "citations": [{name: getattr(citation, name) for name in _CITED} for citation in answer.citations],
        "confidence": answer.confidence,
        "locale": answer.locale,
    }
