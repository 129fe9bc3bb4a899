"""What a playbook says first to those who stand in line, and the times they are offered. In calm, nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils import timezone

from holdfast.assistant.person_request import asks_for_person
from holdfast.conversations import deflections
from holdfast.conversations.answers import Line
from holdfast.conversations.callback_windows import Window
from holdfast.conversations.callbacks import offer_in
from holdfast.kit.clock import now
from holdfast.posture.current import current
from holdfast.shield.friction import link
from holdfast.shield.times import time_link
from holdfast.triage.answering import FirstText, Matter
from holdfast.triage.words import deflected_in_chat, in_line, in_writing


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


def first_lines(joined: Sequence[Matter], queues: Mapping[UUID, int], locales: Mapping[UUID, str]) -> list[Line]:
    """Return what the system says to those who just joined a line, and note who is told a playbook's text."""
    told = [deflections.Told(m.conversation_id, m.deflection.word) for m in joined if m.deflection]
    if told:
        deflections.record(told)
    offers: dict[int, list[Window]] = {}
    lines = []
    for matter in joined:
        locale, queue_id = locales[matter.conversation_id], queues[matter.conversation_id]
        first, times = matter.deflection, list[tuple[str, str]]()
        text = first.text if first else ""
        if matter.items[-1].channel == "chat":
            said, kind = deflected_in_chat(locale, text) if text else in_line(locale), "in_line"
        else:
            if matter.last.is_new and queue_id not in offers:
                offers[queue_id] = offer_in(queue_id, at=now())
            times = _times(matter.conversation_id, offers[queue_id]) if matter.last.is_new else []
            said, kind = in_writing(locale, text=text, times=times, link=link(matter.conversation_id)), "callback_offer"
        if said:
            details: dict[str, object] = {"kind": "deflection", "word": first.word} if first else {"kind": kind}
            details |= {"times": len(times)} if times else {}
            lines.append(Line(conversation_id=matter.conversation_id, author="system", text=said, details=details))
    return lines


def _times(conversation_id: UUID, windows: Sequence[Window]) -> list[tuple[str, str]]:
    return [(_spoken(window), time_link(conversation_id, window.starts_at)) for window in windows]


def _spoken(window: Window) -> str:
    start, end = timezone.localtime(window.starts_at), timezone.localtime(window.ends_at)
    return f"{start:%d.%m. %H:%M}–{end:%H:%M}"


def _asks_for_person(matter: Matter) -> bool:
    return any(item.kind == "person_request" or asks_for_person(item.text) for item in matter.spoken)
