"""What customers may be asked: the posture says, and whoever sends a survey asks it first."""

from __future__ import annotations

import pytest

from holdfast.people.models import Agent
from holdfast.posture import current
from holdfast.posture.changes import change
from holdfast.posture.effects import Name, Question

ALL = set(Question)


@pytest.mark.parametrize(
    ("to", "allowed"),
    [
        (Name.WATCH, ALL),
        (Name.SURGE, {Question.EFFORT}),
        (Name.SIEGE, set[Question]()),
        (Name.RECOVERY, {Question.EFFORT}),
        (Name.CALM, ALL),
    ],
)
def test_each_posture_of_the_usual_playbook_allows_what_it_says(lead: Agent, to: Name, allowed: set[Question]) -> None:
    if to is Name.CALM:
        change(to=Name.SIEGE, by=lead.pk, why="A flood.")
    change(to=to, by=lead.pk, why="As it is.")
    current.forget()
    assert {question for question in Question if current.may_ask(question)} == allowed


@pytest.mark.django_db
def test_before_any_posture_everything_may_be_asked() -> None:
    assert all(current.may_ask(question) for question in Question)
