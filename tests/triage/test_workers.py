"""Two workers at once, and the loop as it runs in the worker."""

from __future__ import annotations

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection

from holdfast.conversations.models import Conversation, Message, Place
from holdfast.intake.models import Receipt
from holdfast.intake.receipts import claim
from holdfast.people.models import Customer
from holdfast.triage import batch, loop
from holdfast.triage.reconcile import reconcile

pytestmark = pytest.mark.django_db(transaction=True)


def _together(*works):
    faults = []

    def run(work):
        try:
            work()
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert faults == []


def test_two_workers_on_the_same_batch_do_the_work_once(accept, assistant):
    for number in range(60):
        accept(f"Card {number}", email=f"{number % 20}@x", subject=f"S{number}", thread_own=[f"mail:{number}@x"])
    first = claim(100, timedelta(0))
    second = claim(100, timedelta(0))[::-1]
    assert len(first) == len(second) == 60
    _together(lambda: batch.process(first), lambda: batch.process(second))
    assert Message.objects.filter(author="customer").count() == 60
    assert Customer.objects.count() == 20
    assert Conversation.objects.count() == Place.objects.filter(left_at=None).count() == 60
    assert set(Receipt.objects.values_list("state", flat=True)) == {"waiting"}


def test_parts_of_the_same_matters_in_two_workers_meet(accept, assistant):
    halves = [[], []]
    for number in range(30):
        session = {"channel": "chat", "sender": {"chat": f"s{number}"}, "thread": [f"chat:s{number}"]}
        halves[number % 2].append(accept("first", **session))
        halves[(number + 1) % 2].append(accept("second", **session))
        thread = {"email": f"{number}@x", "subject": f"S{number}"}
        halves[number % 2].append(accept("mail", thread_own=[f"mail:{number}@x"], **thread))
        halves[(number + 1) % 2].append(accept("answer", thread=[f"mail:{number}@x"], **thread))
    contacts = {contact.pk: contact for contact in claim(1000, timedelta(seconds=60))}
    works = [[contacts[receipt] for receipt in half] for half in halves]
    _together(lambda: batch.process(works[0]), lambda: batch.process(works[1][::-1]))
    assert Conversation.objects.count() == 60
    assert Message.objects.filter(author="customer").count() == 120
    assert all(c.messages.filter(author="customer").count() == 2 for c in Conversation.objects.all())
    assert [count.lost for count in reconcile()] == [0, 0]


def test_the_loop_sees_a_contact_soon_and_stops_at_once(accept, assistant):
    stop = Event()
    worker = Thread(target=loop.run, args=(stop,))
    worker.start()
    try:
        for number in range(3):
            accept(f"Card {number}", email=f"{number}@x")
        deadline = Event()
        while Receipt.objects.filter(state="accepted").exists() and not deadline.wait(0.05):
            pass
        waits = [row.visible_at - row.accepted_at for row in Receipt.objects.all()]
        assert max(waits) < timedelta(seconds=3)
    finally:
        stop.set()
        worker.join(5)
    assert not worker.is_alive()


def test_the_loop_outlives_a_database_that_goes_away(accept, assistant, monkeypatch):
    stop, broken = Event(), Event()
    real = loop.once

    def once(**given):
        if not broken.is_set():
            broken.set()
            connection.close()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return real(**given)

    monkeypatch.setattr(loop, "once", once)
    worker = Thread(target=loop.run, args=(stop,))
    worker.start()
    try:
        receipt = accept()
        waiting = Event()
        for _ in range(200):
            if Receipt.objects.get(pk=receipt).state == "waiting":
                break
            waiting.wait(0.05)
        assert broken.is_set()
        assert Receipt.objects.get(pk=receipt).state == "waiting"
    finally:
        stop.set()
        worker.join(5)
    assert not worker.is_alive()
