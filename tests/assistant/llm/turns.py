"""A turn to ask about: two passages, an action that reads and one that writes, one question."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from holdfast.assistant.llm.contract import AllowedAction, GivenPassage, LlmTurn

PASSAGES = (
    GivenPassage(
        "P1", "Transfers within the country arrive within 2 working days. Transfers abroad take 5 working days."
    ),
    GivenPassage(
        "P2",
        "You cannot cancel a transfer after it was sent. Ask us within 24 hours and we try to call it back for €10. "
        "The form is at https://help.tidewater.example/recall and in the Tidewater app.",
    ),
)


class CardArguments(BaseModel):
    card: str = Field(description="The card's number or last four digits", max_length=40)


class TransferArguments(BaseModel):
    reference: str
    kind: Literal["domestic", "abroad"] = "domestic"
    weeks: int = Field(1, ge=1, le=8)


FREEZE = AllowedAction("freeze_card", "Freezes a card that is lost or stolen.", CardArguments)
TRANSFER = AllowedAction("transfer_status", "Tells where a transfer is.", TransferArguments)
QUESTIONS = ("Is it about a card or about a transfer?", "Was it a transfer abroad?")


def a_turn(text: str = "Where is my transfer TW-9F3K2?", **more: Any) -> LlmTurn:
    given: dict[str, Any] = {
        "language": "en",
        "passages": PASSAGES,
        "actions": (FREEZE, TRANSFER),
        "questions": QUESTIONS,
    }
    return LlmTurn(text=text, **(given | more))
