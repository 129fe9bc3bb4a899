"""A run takes out what is over, with everything that hangs on it, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection, transaction
from tests.opened import opened
from tests.retention.conftest import DAY, ago, at, closed, has_key, known

from holdfast.conversations.models import Attachment, Conversation, FileVerdict, Message
from holdfast.guard.ledger.models import Act
from holdfast.guard.models import MachineOpening
from holdfast.guard.opening import CannotOpen
from holdfast.incidents.status.models import Subscriber
from holdfast.intake.models import Contact, Receipt
from holdfast.kit.blobs import BlobStore
from holdfast.notify.models import Delivery
from holdfast.people.models import Agent, Customer, Machine, SignIn
from holdfast.posture import current
from holdfast.posture.changes import change
from holdfast.posture.effects import Name
from holdfast.retention import plan, steps, working
from holdfast.retention.models import Loose, Openings, Plan, Release
from holdfast.triage.reconcile import reconcile

On = Callable[..., Plan]


def test_until_it_is_turned_on_nothing_goes(db: None) -> None:
    closed(known(3_000), days=2_900)
    assert working.work(seconds=5).idle == "Retention is off: nothing runs out."
    assert Conversation.objects.count() == 1
    assert not Release.objects.exists()


def test_what_is_over_goes_with_all_that_hangs_on_it_and_what_is_young_stays(turned_on: On, blobs: BlobStore) -> None:
    turned_on()
    old, young = known(900), known(900)
    closed(old, days=800, blobs=blobs)
    kept = closed(young, days=700, blobs=blobs)
    merged = closed(old, days=800)
    target = closed(old, days=790)
    Conversation.objects.filter(pk=merged.pk).update(merged_into=target)
    before = old.name
    _age(blobs)

    worked = working.work(seconds=60)
    assert not worked.more
    assert dict(worked.went) == {"cases": 3, "messages": 6, "contacts": 3, "customers": 1, "files": 2}
    assert list(Conversation.objects.values_list("pk", flat=True)) == [kept.pk]
    for table, left in ((Message, 2), (Contact, 1), (Receipt, 1), (Delivery, 1), (Attachment, 1), (Loose, 0)):
        assert table.objects.count() == left, table
    assert [path for path in blobs._root.rglob("*") if path.is_file()] == sorted(
        blobs.path(each) for each in _digests(kept)
    ) or len([path for path in blobs._root.rglob("*") if path.is_file()]) == 2
    assert (has_key(old), has_key(young)) == (False, True)
    with pytest.raises(CannotOpen):
        opened(before)
    gone = Customer.objects.get(pk=old.pk)
    assert (gone.reference, str(gone.name), gone.identities.count()) == (None, "", 0)
    assert all(not count.lost for count in reconcile()), "what ran out is not lost"

    (run,) = Release.objects.all()
    assert (run.end, run.counts) == ("done", dict(worked.went))
    act = Act.objects.get(kind="retention_run")
    assert act.details == f"run {run.pk} done: cases 3, messages 6, contacts 3, files 2, customers 1"


def test_a_second_run_removes_nothing_and_comes_a_day_later(turned_on: On) -> None:
    turned_on()
    closed(known(900), days=800)
    working.work(seconds=60)
    assert working.work(seconds=60).idle == "The day's run is done."
    with at(datetime.now(UTC) + DAY):
        assert not working.work(seconds=60).went
    assert Release.objects.count() == 2
    assert Act.objects.filter(kind="retention_run").count() == 1, "a run that takes nothing is no act"


@pytest.mark.parametrize("state", ["open", "snoozed"])
def test_what_is_not_closed_never_goes(turned_on: On, state: str) -> None:
    turned_on()
    closed(known(3_000), days=2_900, state=state)
    assert not working.work(seconds=60).went


def test_reopening_begins_the_time_anew(turned_on: On) -> None:
    turned_on()
    case = closed(known(900), days=800)
    case.closures.update(reopened_at=ago(100))
    assert not working.work(seconds=60).went


def test_a_customers_values_go_with_the_last_case_not_a_term_later(turned_on: On) -> None:
    turned_on(customers=730)
    customer = known(2_000)
    closed(customer, days=800)
    working.work(seconds=60)
    assert not has_key(customer)


def test_a_customers_values_stay_their_own_term_after_the_last_case(turned_on: On) -> None:
    turned_on(cases=90, customers=730)
    customer = known(2_000)
    closed(customer, days=200)
    assert working.work(seconds=60).went["cases"] == 1
    assert has_key(customer)
    with at(datetime.now(UTC) + 400 * DAY):
        assert not working.work(seconds=60).went
    with at(datetime.now(UTC) + 540 * DAY):
        assert working.work(seconds=60).went["customers"] == 1
    assert not has_key(customer)


def test_a_file_that_something_young_has_too_stays(turned_on: On, blobs: BlobStore) -> None:
    turned_on()
    closed(known(900), days=800, blobs=blobs)
    kept = closed(known(900), days=10)
    digest = Attachment.objects.values_list("digest", flat=True)[0]
    message = kept.messages.all()[0]
    Attachment.objects.create(message=message, name="b.pdf", type="application/pdf", size=1, digest=digest)
    FileVerdict.objects.create(digest=digest, at=ago(1))
    _age(blobs)
    assert working.work(seconds=60).went["files"] == 1, "the raw mail only"
    assert blobs.get(digest)
    assert FileVerdict.objects.count() == 1


def test_a_file_that_was_stored_again_this_week_waits_for_a_later_run(turned_on: On, blobs: BlobStore) -> None:
    turned_on()
    closed(known(900), days=800, blobs=blobs)
    working.work(seconds=60)
    assert Loose.objects.count() == 2, "somebody may just have stored the same bytes"
    _age(blobs)
    with at(datetime.now(UTC) + DAY):
        assert working.work(seconds=60).went["files"] == 2
    assert not Loose.objects.exists()


def test_nothing_goes_while_the_house_is_not_in_calm(turned_on: On, admin: Agent) -> None:
    turned_on()
    closed(known(900), days=800)
    change(to=Name.SURGE, by=admin.pk, why="An outage")
    current._kept = None
    try:
        assert "not in calm" in working.work(seconds=60).idle
    finally:
        current._kept = None
    assert Conversation.objects.count() == 1


def test_the_other_terms_take_what_is_theirs(turned_on: On, admin: Agent) -> None:
    turned_on()
    for days in (500, 100):
        Session.objects.create(session_key=f"s{days}", session_data="", expire_date=ago(days - 90))
        Subscriber.objects.create(
            address="m@mail.example",
            index=bytes(16),
            locale="en",
            asked_at=ago(days),
            words="1",
            asked_from=bytes(16),
            ended_at=ago(days - 90),
        )
    for days in (500, 401, 300):
        MachineOpening.objects.create(at=ago(days), use="scrub", what="people_customer.name", number=3, refused=False)
    machines = [
        Machine.objects.create(agent=admin, digest=bytes([n]) * 32, name="x", first_at=ago(900), last_at=ago(days))
        for n, days in enumerate((410, 390))
    ]
    for days in (500, 300):
        SignIn.objects.create(at=ago(days), agent=admin, succeeded=True, browser="x", machine=machines[0])
    worked = working.work(seconds=60)
    assert (worked.went["sessions"], worked.went["subscribers"], worked.went["openings"]) == (1, 1, 2)
    assert (worked.went["sign_ins"], worked.went["machines"]) == (1, 1)
    assert list(SignIn.objects.values_list("machine", flat=True)) == [None]
    assert MachineOpening.objects.filter(at__gte=ago(301)).count() == 1
    assert list(Openings.objects.values_list("entries", "number", "use")) == [(2, 6, "scrub")]


def test_what_the_database_refuses_is_left_and_counted_and_the_rest_goes(
    turned_on: On, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned_on()
    customer = known(900)
    cases = [closed(customer, days=800 + n) for n in range(5)]
    step = steps.STEPS[0]

    def remove(ids: list[object]) -> object:
        if cases[2].pk in ids:
            raise IntegrityError("made up")
        return step.remove(ids)

    broken = steps.Step(step.key, step.term, step.find, remove, 2)  # type: ignore[arg-type]
    monkeypatch.setitem(steps.BY_KEY, "cases", broken)
    monkeypatch.setattr(working, "STEPS", (broken, *steps.STEPS[1:]))
    assert working.work(seconds=60).went["cases"] == 4
    assert list(Conversation.objects.values_list("pk", flat=True)) == [cases[2].pk]
    assert Release.objects.get().failed == 1


def test_turning_it_off_ends_a_run_under_way_at_its_next_batch(turned_on: On, admin: Agent) -> None:
    turned_on()
    for n in range(4):
        closed(known(900), days=800 + n)
    assert working.work(seconds=0, limit=1).more
    plan.turn_off(by=admin.pk)
    assert not working.work(seconds=60).batches
    run = Release.objects.get()
    assert (run.end, run.counts["cases"], Conversation.objects.count()) == ("stopped", 1, 3)


def test_the_database_lets_nothing_young_go_whatever_it_is_asked(db: None) -> None:
    customer = known(10)
    case = closed(customer, days=20)
    contact = case.messages.get(author="customer").contact_id
    Message.objects.filter(contact_id=contact).update(contact_id=None)
    opening = MachineOpening.objects.create(at=ago(179), use="scrub", what="x.y", number=1, refused=False)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM intake_contact WHERE id = %s", [contact])
    with connection.cursor() as cursor:
        cursor.execute("SELECT retention_forget_openings(ARRAY[%s]::bigint[])", [opening.pk])
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT retention_keys_run_out(ARRAY[%s]::uuid[])", [known(10).pk])
        assert cursor.fetchall() == [], "its key is ten days old"
        cursor.execute("SELECT retention_keys_run_out(ARRAY[%s]::uuid[])", [customer.pk])
        assert cursor.fetchall() == [], "a case is left"


def test_a_contact_with_a_message_does_not_go_however_old(db: None) -> None:
    contact = closed(known(900), days=800).messages.get(author="customer").contact_id
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM intake_contact WHERE id = %s", [contact])


def _digests(case: Conversation) -> set[str]:
    contact = Contact.objects.get(pk=case.messages.get(author="customer").contact_id)
    return {contact.raw, *(each["digest"] for each in contact.payload["attachments"])}


def _age(blobs: BlobStore) -> None:
    """Make the files as old as they would be."""
    old = (datetime.now(UTC) - timedelta(days=90)).timestamp()
    for path in blobs._root.rglob("*"):
        os.utime(path, (old, old))
