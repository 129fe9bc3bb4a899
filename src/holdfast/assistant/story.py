"""What goes along when a person takes over, so that nobody explains twice: five lines, the customer's words first.

What was tried is said twice: to the agent in English, to the customer in their language (`tried_for_customer`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from holdfast.assistant import acting_words
from holdfast.assistant.contract import HandOver, Reason
from holdfast.assistant.matter import matter_of
from holdfast.conversations.machine import said_by_assistant
from holdfast.conversations.moods import mood_of

WANTS, WE_KNOW, TRIED, WORRY, NOT_CHECKED = "Wants", "We know", "Tried", "Worry", "Not checked"
_LONGEST = 240  # characters of the customer's own words
_LANGUAGES = {
    "en": "English", "id": "Indonesian", "pt": "Portuguese", "es": "Spanish", "de": "German", "fr": "French",
    "it": "Italian", "nl": "Dutch", "pl": "Polish", "tr": "Turkish", "ru": "Russian", "uk": "Ukrainian",
    "ar": "Arabic", "hi": "Hindi", "ja": "Japanese", "zh": "Chinese",
}  # fmt: skip
_PROOF = ("Nobody has checked who is writing.", "Who is writing matches what we hold; not proven.", "Identity proven.")
_NOT_CHECKED = {
    Reason.PERSON_ASKED: "What it is about: they asked for a person, so nothing was looked up.",
    Reason.WITH_A_PERSON: "Nothing: a person had it.",
    Reason.CAME_BACK: "Why the answer did not help.",
    Reason.NEEDS_A_PERSON: "Anything: such matters are always for a person.",
    Reason.NOT_SURE: "The company's systems: it was not clear what to look up.",
    Reason.NO_ARTICLE: "The company's systems: nothing we have written is near this.",
    Reason.UNKNOWN_LANGUAGE: "What it says: it is in a language the assistant does not answer in.",
    Reason.STILL_UNCLEAR: "Which of the two they meant.",
    Reason.TOO_MANY_TURNS: "Whether it is solved: it took too many turns.",
    Reason.GAVE_UP: "What the company's systems say beyond that.",
    Reason.TOO_LATE: "What the company's systems say: no answer came in time.",
    Reason.INTERRUPTED: "Whatever was being looked up when the conversation changed.",
    Reason.FAULT: "Anything: the assistant failed on this one.",
}


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    text: str


def story(
    outcome: HandOver, *, said: Sequence[str], level: int, tried: Sequence[str] = (), tags: Sequence[str] = ()
) -> tuple[Line, ...]:
    """Return the five lines. `said` is what the customer wrote since it began; `tried` what the assistant did, said."""
    return (
        Line(WANTS, _wants(said) or "They wrote nothing that can be read."),
        Line(WE_KNOW, " ".join(filter(None, [_language(outcome.locale), _about(outcome), _proof(level), *tags]))),
        Line(TRIED, " ".join([*tried, outcome.summary]) if tried else outcome.summary or "Nothing yet."),
        Line(WORRY, _worry("\n".join(said), locale=outcome.locale)),
        Line(NOT_CHECKED, _NOT_CHECKED[outcome.reason]),
    )


def tried_in(conversation_ids: Sequence[UUID]) -> dict[UUID, list[Mapping[str, Any]]]:
    """Return the details of what the assistant did in each conversation since it last began anew. One query."""
    found: dict[UUID, list[Mapping[str, Any]]] = {}
    for conversation_id, details in said_by_assistant(conversation_ids):
        found.setdefault(conversation_id, []).append(details)
    return found


def tried_for_agent(done: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say in English what the assistant did, a sentence each."""
    return [sentence for details in done if (sentence := _did(details))]


def tried_for_customer(done: Sequence[Mapping[str, Any]], *, locale: str) -> list[str]:
    """Say it in the customer's language, with the names that actions have for customers; in English without words."""
    speaks = acting_words.language(locale) or "en"
    return [sentence for details in done if (sentence := _did_in(speaks, details))]


def as_details(lines: Sequence[Line]) -> list[dict[str, str]]:
    """Return the lines as the message keeps them; the desk shows them from there."""
    return [{"label": line.label, "text": line.text} for line in lines]


def _did(details: Mapping[str, Any]) -> str:
    titles = list(dict.fromkeys(str(each.get("title", "")) for each in details.get("citations") or ()))
    if titles:
        return f"Quoted {' and '.join(f'“{title}”' for title in titles)}."
    if done := details.get("did"):
        return str(done)
    if labels := details.get("options"):
        return f"Asked which is meant: {' or '.join(f'“{label}”' for label in labels)}."
    return ""


def _did_in(speaks: str, details: Mapping[str, Any]) -> str:
    titles = list(dict.fromkeys(str(each.get("title", "")) for each in details.get("citations") or ()))
    if titles:
        named = acting_words.listed(speaks, [f"“{title}”" for title in titles], last="and")
        return acting_words.say(speaks, "tried_quoted", titles=named)
    if act := details.get("act"):
        title = acting_words.titled(speaks, str(act["action"]))
        return acting_words.say(speaks, "tried_did", title=title, time=str(act["at"]))
    if details.get("code_sent"):
        return acting_words.say(speaks, "tried_code")
    if labels := details.get("options"):
        named = acting_words.listed(speaks, [f"“{label}”" for label in labels])
        return acting_words.say(speaks, "tried_asked", options=named)
    return ""


def _wants(said: Sequence[str]) -> str:
    """Quote the matter, and what was added to it since."""
    first, *others = [_quoted(each) for each in matter_of(said)] or [""]
    return f"{first} Then: {' '.join(others)}" if others else first


def _quoted(text: str) -> str:
    words = " ".join(text.split())
    return f"“{words}”" if 0 < len(words) <= _LONGEST else words and f"“{words[: _LONGEST - 1].rstrip()}…”"


def _language(locale: str) -> str:
    base = locale.split("-")[0].lower()
    return f"Writes {_LANGUAGES.get(base, locale)}." if locale else ""


def _about(outcome: HandOver) -> str:
    about = outcome.intent or outcome.topic
    return f"It seems to be about {about}." if about else ""


def _proof(level: int) -> str:
    return _PROOF[level] if 0 <= level < len(_PROOF) else ""


def _worry(text: str, *, locale: str) -> str:
    mood = mood_of(text, locale=locale)
    if mood is None:
        return "No word of worry or anger in it. Read it all the same: this goes by words alone."
    return f"“{mood.sentence}” A word of {mood.kind} (“{mood.word}”); found by words, not judged."
