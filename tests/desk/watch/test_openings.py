"""How the case of an opening came is read from what its grant says too, which nobody changes afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Assignment
from holdfast.desk.watch.openings import openings
from holdfast.guard.models import Grant, RevealLog, RevealTicket
from holdfast.guard.watching.contract import Came, Oddity
from holdfast.kit.clock import now


@pytest.mark.django_db
@pytest.mark.parametrize("by", ["ana", "lead"])
def test_an_assignment_that_is_rewritten_explains_nothing(desk: Any, by: str) -> None:
    case = desk.talk()
    assign(conversation_id=case.pk, to=desk.ana.pk, by=getattr(desk, by).pk)
    Assignment.objects.filter(conversation=case).update(picked=False, by=desk.ana)
    log = RevealLog.objects.create(
        at=now(),
        agent_id=desk.ana.pk,
        session="s",
        conversation_id=case.pk,
        subject=f"people_customer.iban.{case.customer_id}",
        customer_id=case.customer_id,
        field="iban",
        purpose="payment",
        outcome="allowed",
        grant_id=Grant.objects.get(conversation_id=case.pk).pk,
    )
    RevealTicket.objects.create(log=log, expires_at=log.at + timedelta(seconds=60), redeemed_at=log.at)
    (found,) = openings(now() - timedelta(hours=1), now() + timedelta(hours=1), at=now())
    assert found.came is (Came.PICKED if by == "ana" else Came.GIVEN)
    assert (Oddity.SELF_ASSIGNED in found.oddities) == (by == "ana")
