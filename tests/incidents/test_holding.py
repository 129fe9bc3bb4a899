"""At its time the approved holding text goes out, once, if nothing newer is there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from tests.incidents.conftest import House, make_house

from holdfast.incidents import holding, queries, wording
from holdfast.kit import clock
from holdfast.kit.clock import now
from holdfast.posture import current as posture
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind, PromiseView
from holdfast.promises.watch import Watch

pytestmark = pytest.mark.usefixtures("unchecked")


@pytest.fixture
def approved(unchecked: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def text(asked: wording.HoldingAsked) -> wording.Texts:
        since, due = asked.since.published_at, asked.next_update_due
        assert since is not None
        return {"en": wording.HoldingText(f"No change since {since:%H:%M}. Next update {due:%H:%M}.", "holding/1")}

    monkeypatch.setattr(wording, "_holding", [text])


@pytest.fixture
def later() -> Iterator[None]:
    """Twenty-nine minutes and 55 seconds from now it is, for as long as the test lasts."""
    real = now
    yield
    clock.set_source(None)
    assert real is now


def go_to(moment: object) -> None:
    clock.set_source(lambda: moment)  # type: ignore[arg-type,return-value]


def promised(incident_id: UUID) -> PromiseView:
    found = promises.open_promise(kind=Kind.UPDATE, subject=queries.subject_of(incident_id))
    assert found is not None
    return found


def test_it_goes_out_in_time_and_promises_the_next_word(house: House, approved: None, later: None) -> None:
    incident_id = house.declare(severity=2)
    first = house.publish(incident_id, "We are looking into it. We are sorry.")
    kept_draft = house.draft(incident_id, "A draft that somebody writes meanwhile")
    due = promised(incident_id).due
    go_to(due - timedelta(seconds=5))
    watch = Watch({Kind.UPDATE: holding.publish_holding})
    watch.look()
    newest, before = queries.updates_of(incident_id)
    assert (newest.holding, newest.number, before.id) == (True, 2, first.id)
    assert newest.next_update_due == due + timedelta(minutes=60) == promised(incident_id).due
    assert promises.tally(subject=queries.subject_of(incident_id), kinds=[Kind.UPDATE]).kept == 2
    assert queries.draft_of(incident_id) == kept_draft
    watch.look()
    assert len(queries.updates_of(incident_id)) == 2


def test_the_first_word_and_the_fourth_holding_text_in_a_row_are_a_persons(
    house: House, approved: None, later: None
) -> None:
    incident_id = house.declare()
    go_to(promised(incident_id).due)
    assert not holding.publish_holding(promised(incident_id))
    house.publish(incident_id)
    sent = []
    for _ in range(4):
        go_to(promised(incident_id).due)
        sent.append(holding.publish_holding(promised(incident_id)))
    assert sent == [True, True, True, False]


def test_without_an_approved_text_nothing_goes_out(house: House, later: None) -> None:
    incident_id = house.declare()
    house.publish(incident_id)
    go_to(promised(incident_id).due)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wording, "_holding", [])
        assert not holding.publish_holding(promised(incident_id))
    assert len(queries.updates_of(incident_id)) == 1


def test_a_promise_that_was_broken_stays_in_the_band_until_the_word_is_said(
    house: House, approved: None, later: None
) -> None:
    incident_id = house.declare()
    due = promised(incident_id).due
    go_to(due + timedelta(minutes=40))
    Watch({Kind.UPDATE: holding.publish_holding}).look()
    assert promises.open_promises(kinds=[Kind.UPDATE]) == []
    word = queries.open_public_promise()
    assert word is not None
    assert word.due == due
    house.publish(incident_id)
    word = queries.open_public_promise()
    assert word is not None
    assert word.due > now()


@pytest.mark.django_db(transaction=True)
def test_two_workers_publish_one_holding_text(approved: None, later: None) -> None:
    posture.forget()
    house = make_house()
    incident_id = house.declare()
    house.publish(incident_id)
    promise = promised(incident_id)
    go_to(promise.due)
    gate, sent = threading.Barrier(2), []

    def work() -> None:
        try:
            gate.wait(20)
            sent.append(holding.publish_holding(promise))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(sent) == [False, True]
    assert [each.holding for each in queries.updates_of(incident_id)] == [True, False]


def test_a_person_who_publishes_just_before_is_the_newer_word(house: House, approved: None, later: None) -> None:
    incident_id = house.declare()
    house.publish(incident_id)
    promise = promised(incident_id)
    go_to(promise.due - timedelta(seconds=1))
    house.publish(incident_id, "News", next_update_due=now() + timedelta(minutes=30))
    assert not holding.publish_holding(promise)
