"""A question of our own to the language model, for whoever has just connected one."""

from __future__ import annotations

import time

from holdfast.assistant.llm import prompts
from holdfast.assistant.llm.client import endpoint
from holdfast.assistant.llm.contract import GivenPassage
from holdfast.assistant.llm.costs import NOTHING
from holdfast.assistant.llm.drafts import checked

_PASSAGE = GivenPassage("P1", "Seeds from our shop keep for 3 years. Keep them dry and dark.")
_REASONS = {
    "unreachable": "nobody answers at its address",
    "deadline": "no answer within HOLDFAST_LLM_DEADLINE",
    "cost": "the price of one call is above HOLDFAST_LLM_MAX_COST",
    "status_401": "it refused the key (401)",
    "status_403": "it refused the key (403)",
    "status_404": "it does not know the address or the model (404)",
    "status_400": "it refused the form of the question (400)",
    "status_429": "it wants fewer calls (429)",
    "unusable": "it answers, but not what it was asked for; another model may do better",
    "unreadable": "its answer is no chat completion",
    "not_json": "its answer is no JSON",
}


def tried() -> tuple[bool, str] | None:
    """Ask for a draft from a made-up passage. Return whether it held and a sentence, or `None` without a model."""
    model = endpoint()
    if model is None:
        return None
    prompt = prompts.word("How long do seeds keep?", language="en", passages=[_PASSAGE])
    began = time.monotonic()
    reply = model.ask(prompt, read=lambda said: checked(said, [_PASSAGE], "en"), so_far=NOTHING)
    if reply.value is None or not reply.value.sentences:
        return False, f"The language model is of no use: {_REASONS.get(reply.why or 'unusable', reply.why)}."
    took = time.monotonic() - began
    counts = f"{reply.spent.tokens_in} tokens read, {reply.spent.tokens_out} written"
    return True, f"The language model answered from a passage in {took:.1f} s; {counts}."
