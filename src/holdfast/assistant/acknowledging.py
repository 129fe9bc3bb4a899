"""The one word a customer gets when their conversation goes to a person: the place, the wait, times while offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from holdfast.assistant import line_words
from holdfast.conversations.answers import Line
from holdfast.conversations.callback_windows import Window
from holdfast.conversations.callbacks import offer_in
from holdfast.conversations.places import open_place, standing
from holdfast.conversations.told import tell
from holdfast.kit.clock import now
from holdfast.shield.friction import link
from holdfast.shield.times import time_link


@dataclass(frozen=True, slots=True, kw_only=True)
class ToTell:
    """Somebody who just joined the line of `queue_id`. `text` is a playbook's, under its `word`, if they get one first.

    `says_so`: they are told in writing as well that a person reads it, since they asked for one or the assistant had
    begun; in a chat everybody is. `times`: they are offered times in writing, which is done once.
    """

    conversation_id: UUID
    queue_id: int
    channel: str
    locale: str
    text: str = ""
    word: str = ""
    says_so: bool = False
    times: bool = False
    tried: tuple[str, ...] = ()


def acknowledgements(joined: Sequence[ToTell]) -> list[Line]:
    """Return a line for each of those who get one, in order. They stand in line by now, and are told once."""
    offers: dict[int, list[Window]] = {}
    return [line for each in joined if (line := _line(each, offers)) is not None]


def _line(to: ToTell, offers: dict[int, list[Window]]) -> Line | None:
    times: list[tuple[str, str]] = []
    tried = " ".join(to.tried)
    if to.channel == "chat":
        said = (
            line_words.deflected_in_chat(to.locale, to.text) if to.text else line_words.in_line(to.locale, tried=tried)
        )
        kind = "in_line"
    else:
        if to.times and to.queue_id not in offers:
            offers[to.queue_id] = offer_in(to.queue_id, at=now())
        times = (
            [(_spoken(w), time_link(to.conversation_id, w.starts_at)) for w in offers[to.queue_id]] if to.times else []
        )
        first = _first(to, tried) if to.says_so and not to.text else ""
        if not (to.text or first or times):
            return None  # most mails in calm: signing them a link would cost more than all the rest here
        own = link(to.conversation_id)
        said = line_words.in_writing(to.locale, text=to.text, first=first, times=times, link=own)
        kind = "callback_offer" if times else "acknowledgement"
    details: dict[str, object] = {"kind": "deflection", "word": to.word} if to.text else {"kind": kind}
    details |= {"times": len(times)} if times else {}
    return Line(conversation_id=to.conversation_id, author="system", text=said, details=details)


def _first(to: ToTell, tried: str) -> str:
    place, stands = open_place(to.conversation_id), standing(conversation_id=to.conversation_id)
    if place is None or stands is None:
        return ""
    wait = tell(place)
    minutes = (wait.low, wait.high) if wait else None
    return line_words.next_in_writing(to.locale, place=stands.place, wait=minutes, tried=tried)


def _spoken(window: Window) -> str:
    start, end = timezone.localtime(window.starts_at), timezone.localtime(window.ends_at)
    return f"{start:%d.%m. %H:%M}–{end:%H:%M}"
