"""How a team did, reckoned from its timeline and from the world's truth alone. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from holdfast.drills.incidents.timeline import By, Message, Question, Timeline, Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One row of the table. Times in minutes; `None` where there is nothing to tell.

    `first_public`, `first_affected`: from the fault to the first word to everybody, and to the first of those affected
    who was told so in person. `longest_gap`: between two words until it was resolved, or until the end. `holding`: of
    the words, those the house said itself. `elsewhere`: those it refused and that were said all the same.
    `told_wrongly_affected`, `told_wrongly_unaffected`: messages to people of whom the contrary is true. `unanswered`:
    questions about the incident on which no word said anything. `answered`: share of the questions about it that got
    an answer where they were asked. `strangers`: people who asked about something else and got it too. `refused`: texts
    the house refused, `rules` by which. `twice`: messages beyond the first of one sending. `lost`: must be 0.
    """

    team: str
    first_public: float | None
    first_affected: float | None
    longest_gap: float | None
    words: int
    holding: int
    elsewhere: int
    kept: int
    late: int
    broken: int
    told_affected: int
    told_unaffected: int
    told_wrongly_affected: int
    told_wrongly_unaffected: int
    questions: int
    unanswered: int
    answered: float | None
    strangers: int
    refused: int
    rules: tuple[tuple[str, int], ...]
    twice: int
    lost: int

    @property
    def told_wrongly(self) -> int:
        """Messages to the wrong audience."""
        return self.told_wrongly_affected + self.told_wrongly_unaffected

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values, always with the same keys."""
        return {**asdict(self), "rules": dict(self.rules), "told_wrongly": self.told_wrongly}


def score(played: Timeline) -> Score:
    """Reckon a play."""
    about = [each for each in played.questions if each.topic is not None]
    states = Counter(each.state for each in played.promises)
    by = Counter(each.by for each in played.words)
    told = Counter(each.told for each in played.messages)
    wrong = Counter(each.told for each in played.messages if is_wrong(each, affected=played.truth.affected))
    return Score(
        team=played.team,
        first_public=min((each.at for each in played.words), default=None),
        first_affected=_first_affected(played),
        longest_gap=longest_gap(played),
        words=len(played.words),
        holding=by[By.HOLDING],
        elsewhere=by[By.ELSEWHERE],
        kept=states["kept"],
        late=states["late"],
        broken=states["broken"],
        told_affected=told[Told.AFFECTED],
        told_unaffected=told[Told.UNAFFECTED],
        told_wrongly_affected=wrong[Told.AFFECTED],
        told_wrongly_unaffected=wrong[Told.UNAFFECTED],
        questions=len(about),
        unanswered=len(unanswered(about, said={topic for each in played.words for topic in each.answers})),
        answered=_answered(about) if played.answers else None,
        strangers=sum(each.topic is None and each.answered_at is not None for each in played.questions),
        refused=len(played.refusals),
        rules=_rules(played),
        twice=twice(played.messages),
        lost=played.lost,
    )


def is_wrong(message: Message, *, affected: frozenset[int]) -> bool:
    """Tell whether a message says of a person what is not so."""
    if message.told is Told.AFFECTED:
        return message.person not in affected
    return message.told is Told.UNAFFECTED and message.person in affected


def longest_gap(played: Timeline) -> float | None:
    """Return the longest time without a word, from the first one until it is over; `None` when nothing was said.

    What comes after it was called resolved is no gap, and neither is the time before the first word.
    """
    end = played.minutes if played.over is None else played.over
    times = sorted(each.at for each in played.words if each.at <= end)
    if not times:
        return None
    return max((later - earlier for earlier, later in pairwise([*times, max(end, times[-1])])), default=0.0)


def unanswered(questions: Sequence[Question], *, said: set[str]) -> list[Question]:
    """Return the questions on whose topic no word ever said anything."""
    return [each for each in questions if each.topic not in said]


def twice(messages: Sequence[Message]) -> int:
    """Return how many messages came to somebody whom the same sending had reached before."""
    return sum(number - 1 for number in Counter((each.key, each.person) for each in messages).values())


def _first_affected(played: Timeline) -> float | None:
    rightly = (m.at for m in played.messages if m.told is Told.AFFECTED and m.person in played.truth.affected)
    return min(rightly, default=None)


def _answered(questions: Sequence[Question]) -> float | None:
    return sum(each.answered_at is not None for each in questions) / len(questions) if questions else None


def _rules(played: Timeline) -> tuple[tuple[str, int], ...]:
    counted = Counter(rule for each in played.refusals for rule in set(each.rules))
    return tuple(sorted(counted.items(), key=lambda each: (-each[1], each[0])))
