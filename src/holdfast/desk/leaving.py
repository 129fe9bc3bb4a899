"""Somebody leaves: first they are kept out, so that they take nothing more, then what they have goes on."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from holdfast.conversations.held import give_up, held_by
from holdfast.desk.screens import Choice
from holdfast.people import accounts
from holdfast.people.queries import answers, colleagues

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Left:
    """What became of the cases: how many were passed on, and how many were not."""

    passed: int
    kept: int


def leave(*, agent_id: int, to: int | None, by: int) -> Left:
    """Deactivate an agent, and give their cases to a colleague or, with `None`, back to their lines.

    What fails half-way is given back to its line within a minute by the worker. Raises `accounts.Refused` for the last
    admin and for a colleague who does not answer customers; then nothing has changed.
    """
    if to is not None and (to == agent_id or not answers(to)):
        raise accounts.Refused("That person does not answer customers at the moment. Choose somebody else.")
    accounts.deactivate(agent_id=agent_id, by=by)
    passed = give_up(agent_id=agent_id, to=to, by=by)
    kept = held_by(agent_id).cases
    log.info("desk.cases_of_leaver_passed_on", agent=agent_id, to=to, by=by, passed=passed, kept=kept)
    return Left(passed, kept)


def receivers(*, agent_id: int, team: str) -> tuple[Choice, ...]:
    """Who can take over from an agent, team mates first."""
    found = [each for each in colleagues() if each.id != agent_id]
    found.sort(key=lambda each: each.team != team or not team)
    return tuple(Choice(str(each.id), each.name, each.team) for each in found)
