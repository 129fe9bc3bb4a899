"""Which state may follow which, and what an update must carry to get there. Pure.

The names are Statuspage's. An incident may step back, for a first suspicion is often wrong; one that was resolved may
come back; a published word never changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from holdfast.incidents.contract import ENDED_STATES, Problem

_OPEN: Final = ("investigating", "identified", "monitoring", "resolved")
FOLLOWS: Final[Mapping[str, Sequence[str]]] = {
    "investigating": _OPEN,
    "identified": _OPEN,
    "monitoring": _OPEN,
    "resolved": ("postmortem", "investigating", "identified", "monitoring"),
    "postmortem": ("postmortem",),
    "scheduled": ("scheduled", "in_progress", "completed"),
    "in_progress": ("in_progress", "verifying", "completed"),
    "verifying": ("verifying", "in_progress", "completed"),
    "completed": (),
}
SOONEST: Final = timedelta(minutes=5)
LATEST: Final = timedelta(hours=24)
"""How far ahead the next word on an open incident may be promised; the shortest cadence in use for slow incidents is a
word a day."""
_WORDS: Final = {"in_progress": "in progress"}


def step_problems(before: str, after: str) -> list[Problem]:
    """Return why `after` cannot follow `before`; nothing when it can."""
    if after in FOLLOWS.get(before, ()):
        return []
    allowed = FOLLOWS.get(before, ())
    choices = ", ".join(_WORDS.get(each, each) for each in allowed) or "nothing"
    sentence = f"After {_WORDS.get(before, before)} comes {choices}."
    return [Problem(rule="state", sentence=sentence, where="status")]


def next_word_problems(status: str, due: datetime | None, *, at: datetime) -> list[Problem]:
    """Return what is wrong with the time that an update names for the next word."""
    if status in ENDED_STATES:
        said = "Nothing more is promised once it is over: leave the next update empty."
        return [Problem(rule="next", sentence=said, where="next")] if due is not None else []
    if due is None:
        return [
            Problem(rule="next", sentence="Say when the next update comes, even when there is no news.", where="next")
        ]
    if due < at + SOONEST:
        minutes = int(SOONEST.total_seconds() // 60)
        said = f"The next update lies at least {minutes} minutes ahead."
        return [Problem(rule="next", sentence=said, where="next")]
    if due > at + LATEST and status != "scheduled":
        hours = int(LATEST.total_seconds() // 3600)
        said = f"The next update comes within {hours} hours while it goes on."
        return [Problem(rule="next", sentence=said, where="next")]
    return []


def ending_problems(
    status: str,
    *,
    cause_known: bool | None,
    prevention: bool,
    not_back: Mapping[UUID, str],
) -> list[Problem]:
    """Return what is missing before it may be called resolved. `not_back` are components by id, with their names."""
    problems = []
    if status in {"resolved", "completed"} and not_back:
        names = ", ".join(sorted(not_back.values()))
        problems.append(Problem(rule="components", sentence=f"Not operational yet: {names}.", where="components"))
    if status != "resolved":
        return problems
    if cause_known is None:
        said = "Say whether the cause is known, and what it is if so. “Not known yet” is an answer."
        problems.append(Problem(rule="cause", sentence=said, where="cause"))
    if not prevention:
        said = "Say what is done so that it does not happen again, with an owner and a date."
        problems.append(Problem(rule="prevention", sentence=said, where="cause"))
    return problems
