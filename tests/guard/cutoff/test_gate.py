"""The gate and a cut-off: nothing opens from its commit on, whatever was granted before or is being given then."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction
from tests.granted import granted
from tests.guard.conftest import Case

from holdfast.guard import reveals
from holdfast.guard.cutoff import cutting, states
from holdfast.guard.models import Grant


def _cut(case: Case) -> cutting.Begun:
    with transaction.atomic():
        return cutting.begin(
            scope="agent",
            target_id=case.agent_id,
            label="Somebody",
            kind="out",
            why="A test",
            by=None,
            agent_ids=[case.agent_id],
        )


def test_what_was_granted_before_opens_nothing_and_the_log_says_why(case: Case) -> None:
    granted(**case.grant)
    ticket = case.ask()
    assert isinstance(ticket, reveals.Ticket)
    assert _cut(case).grants == 1
    with pytest.raises(reveals.Denied):
        case.redeem(ticket)
    assert isinstance(case.ask(), reveals.Denied)
    with pytest.raises(reveals.Denied):
        case.compare("4300")
    assert case.outcomes() == ["allowed", "cut_off", "cut_off", "cut_off"]
    granted(**case.grant)
    assert not Grant.objects.filter(closed_at=None).exists(), "nobody gives them a case while it lasts"


def test_a_case_that_is_being_given_at_that_moment_leaves_no_grant(case: Case) -> None:
    giving, finish = threading.Event(), threading.Event()

    def give() -> None:
        with transaction.atomic():
            granted(**case.grant)
            giving.set()
            finish.wait(10)
        connection.close()

    hand = threading.Thread(target=give)
    hand.start()
    assert giving.wait(10)
    released = threading.Timer(0.2, finish.set)
    released.start()
    _cut(case)  # waits for it, then closes what it gave
    hand.join(10)
    assert Grant.objects.count() == 1
    assert not Grant.objects.filter(closed_at=None).exists()
    assert states.state_of(case.agent_id).is_out
