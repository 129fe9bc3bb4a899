"""What a playbook says first to those who stand in line. In calm, nothing."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.assistant.person_request import asks_for_person
from holdfast.conversations import deflections
from holdfast.posture.current import current
from holdfast.triage.answering import FirstText, Matter


def deflect(found: Sequence[Matter]) -> None:
    """Choose the text that each matter gets first, if the posture has one for it. The assistant is then silent there.

    Never for somebody who asks for a person, once per conversation, and only for the first words of a matter.
    """
    known = [matter.conversation_id for matter in found if not matter.last.is_new]
    before = deflections.deflected(known) if known else set()
    for matter in found:
        matter.deflected_before = matter.conversation_id in before
    asking = [each for each in found if each.deflected_before and _asks_for_person(each)]
    deflections.person_asked([matter.conversation_id for matter in asking])
    texts = current().effects.deflections
    for matter in found if texts else ():
        if matter.may_be_answered and not _asks_for_person(matter):
            word = deflections.word_in(matter.text, texts)
            matter.deflection = FirstText(word, texts[word]) if word is not None else None


def record(joined: Sequence[Matter]) -> None:
    """Note who is told a playbook's text."""
    told = [deflections.Told(m.conversation_id, m.deflection.word) for m in joined if m.deflection]
    if told:
        deflections.record(told)


def _asks_for_person(matter: Matter) -> bool:
    return any(item.kind == "person_request" or asks_for_person(item.text) for item in matter.spoken)
