"""What is held does not go, whatever its age, is counted with the reason, and goes when the hold ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from tests.retention.conftest import ago, closed, has_key, known

from holdfast.conversations.models import Callback, Conversation
from holdfast.desk import erasing
from holdfast.guard.cutoff.models import Covered, Cut
from holdfast.guard.ledger.models import Act
from holdfast.guard.models import RevealLog
from holdfast.guard.radius.models import Report, Sighting
from holdfast.incidents.legal.models import Clock
from holdfast.incidents.models import Incident, Link
from holdfast.intake.models import Receipt
from holdfast.notify.models import Delivery
from holdfast.operations.models import Act as Asked
from holdfast.people.models import Agent, Customer
from holdfast.retention import holds, looking, plan, working
from holdfast.retention.models import Hold, Look, Plan

On = Callable[..., Plan]


def _because(admin: Agent) -> dict[str, dict[str, int]]:
    look = Look.objects.get(pk=looking.look(days=plan.DEFAULT, by=admin.pk))
    return {line.key: {"goes": line.goes, "held": line.held, **dict(line.because)} for line in looking.figures(look)}


def test_a_held_case_stays_and_goes_when_the_hold_ends(turned_on: On, admin: Agent) -> None:
    turned_on()
    held, other = closed(known(900), days=800), closed(known(900), days=800)
    hold = holds.place(number=held.number, why="A claim", by=admin.pk)
    assert _because(admin)["cases"] == {"goes": 1, "held": 1, "on a legal hold": 1}
    working.work(seconds=60)
    assert list(Conversation.objects.values_list("pk", flat=True)) == [held.pk]
    holds.end(hold, by=admin.pk)
    assert _because(admin)["cases"] == {"goes": 1, "held": 0}
    assert Act.objects.filter(kind="retention_hold", conversation_id=held.pk).count() == 1
    assert Act.objects.filter(kind="retention_hold_ended").count() == 1
    assert other.pk != held.pk


def test_what_was_merged_into_a_case_holds_it(turned_on: On, admin: Agent) -> None:
    turned_on()
    customer = known(900)
    target, source = closed(customer, days=800), closed(customer, days=800)
    Conversation.objects.filter(pk=source.pk).update(merged_into=target)
    holds.place(number=source.number, why="A claim", by=admin.pk)
    assert not working.work(seconds=60).went
    assert _because(admin)["cases"]["held"] == 1


def test_a_customer_on_hold_keeps_cases_and_values_and_cannot_be_erased(turned_on: On, admin: Agent) -> None:
    turned_on()
    customer = known(900, reference="TW-1")
    closed(customer, days=800)
    alone = known(900, reference="TW-2")
    for reference in ("TW-1", "TW-2"):
        holds.place(reference=reference, why="An authority asks", by=admin.pk)
    assert not working.work(seconds=60).went
    assert has_key(customer)
    with pytest.raises(erasing.OnHold, match="legal hold"):
        erasing.erase(reference="TW-1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT retention_keys_run_out(ARRAY[%s]::uuid[])", [alone.pk])
        assert cursor.fetchall() == [], "the database looks for itself"


@pytest.mark.parametrize("how", ["log", "opened"])
def test_evidence_of_a_cut_off_stays_until_two_people_lifted_the_hold(turned_on: On, admin: Agent, how: str) -> None:
    turned_on()
    case = closed(known(900), days=800)
    assert case.customer_id is not None
    agent = Agent.objects.create(email="ana@t.example", name="Ana")
    cut = Cut.objects.create(scope="agent", target_id=agent.pk, label="Ana", kind="out", why="Photographs", at=ago(1))
    Covered.objects.create(cut=cut, agent_id=agent.pk)
    if how == "log":
        _looked(agent, case)
    else:
        _saw(agent, case)
    assert _because(admin)["cases"] == {"goes": 0, "held": 1, "evidence of a cut-off": 1}
    assert not working.work(seconds=60).went


def test_a_blast_radius_holds_for_a_year(turned_on: On, admin: Agent) -> None:
    turned_on()
    case = closed(known(900), days=800)
    agent = Agent.objects.create(email="ana@t.example", name="Ana")
    _saw(agent, case)
    report = Report.objects.create(
        made_at=ago(300),
        agents=[agent.pk],
        since=ago(1_000),
        until=ago(300),
        fields=[],
        totals={},
        by_field={},
        statement=[],
        as_json=b"",
        as_csv=b"",
        note="",
    )
    assert _because(admin)["cases"]["in a blast radius of the last year"] == 1
    assert not working.work(seconds=60).went
    Report.objects.filter(pk=report.pk).update(made_at=ago(366))
    assert _because(admin)["cases"] == {"goes": 1, "held": 0}


def test_a_running_incident_holds_its_cases_and_so_does_a_legal_clock_after_it(turned_on: On, admin: Agent) -> None:
    turned_on()
    case = closed(known(900), days=800)
    incident = Incident.objects.create(
        title="Cards",
        started_at=ago(900),
        declared_at=ago(900),
        declared_by=admin,
        created_at=ago(900),
        updated_at=ago(900),
    )
    Link.objects.create(incident=incident, conversation_id=case.pk, how="person", linked_at=ago(800))
    assert _because(admin)["cases"]["in an incident or legal clock that runs"] == 1
    Incident.objects.filter(pk=incident.pk).update(resolved_at=ago(700), status="resolved")
    clock = Clock.objects.create(
        incident=incident,
        regime="gdpr",
        duty="x",
        title="Notice",
        zone="UTC",
        terms={},
        started_at=ago(700),
        started_by=admin,
    )
    assert _because(admin)["cases"]["held"] == 1
    assert not working.work(seconds=60).went
    Clock.objects.filter(pk=clock.pk).update(state="done", settled_at=ago(1), settled_by=admin, why="Sent")
    assert _because(admin)["cases"] == {"goes": 1, "held": 0}


@pytest.mark.parametrize("what", ["callback", "delivery", "act", "receipt"])
def test_what_is_still_owed_holds_a_case(turned_on: On, admin: Agent, what: str) -> None:
    turned_on()
    case = closed(known(900), days=800)
    if what == "callback":
        Callback.objects.create(
            conversation=case, queue_id=1, how="call", starts_at=ago(1), ends_at=ago(0), booked_at=ago(2)
        )
    elif what == "delivery":
        Delivery.objects.update(state="pending")
    elif what == "act":
        Asked.objects.create(
            key="k",
            action="lock",
            customer_ref="TW-1",
            conversation_id=case.pk,
            by="assistant",
            level=2,
            digest=bytes(16),
            asked_at=ago(800),
        )
    else:
        Receipt.objects.update(state="waiting")
    assert _because(admin)["cases"] == {"goes": 0, "held": 1, "something is still owed or on its way": 1}
    assert not working.work(seconds=60).went


def test_a_customer_merged_into_another_goes_after_them_and_never_while_either_has_a_case(turned_on: On) -> None:
    turned_on()
    one, other = known(900), known(900)
    Customer.objects.filter(pk=other.pk).update(merged_into=one)
    closed(other, days=10)
    assert not working.work(seconds=60).went
    assert has_key(one)
    assert has_key(other)


def test_holds_need_a_reason_and_something_that_is_there(admin: Agent) -> None:
    for wrong in ({"number": 1}, {"reference": "TW-9"}, {"reference": ""}):
        with pytest.raises(plan.Refused):
            holds.place(why="A claim", by=admin.pk, **wrong)  # type: ignore[arg-type]
    with pytest.raises(plan.Refused, match="Say why"):
        holds.place(number=1, why=" ", by=admin.pk)
    with pytest.raises(plan.Refused):
        holds.end(uuid4(), by=admin.pk)


def test_holds_and_plans_stay_on_record(turned_on: On, admin: Agent) -> None:
    kept = turned_on()
    hold = holds.place(number=closed(known(900), days=800).number, why="A claim", by=admin.pk)
    for rows in (Plan.objects.filter(pk=kept.pk), Hold.objects.filter(pk=hold)):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Plan.objects.filter(pk=kept.pk).update(days={})


def _looked(agent: Agent, case: Conversation) -> None:
    RevealLog.objects.create(
        at=ago(800),
        agent_id=agent.pk,
        session="s",
        conversation_id=case.pk,
        subject="people_customer.name.x",
        customer_id=case.customer_id,
        field="name",
        purpose="call",
        outcome="granted",
    )


def _saw(agent: Agent, case: Conversation) -> None:
    assert case.customer_id is not None
    Sighting.objects.create(
        day=(ago(800) + timedelta()).date(),
        agent_id=agent.pk,
        conversation_id=case.pk,
        customer_id=case.customer_id,
        how="opened",
        first_at=ago(800),
    )
