"""How many questions a page asks of the database, whatever it holds, and what the rail says of the wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from holdfast.bridge import next_word
from holdfast.conversations import movement
from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Place
from holdfast.kit.clock import now
from holdfast.people.models import Agent

from .conftest import Desk

SignIn = Callable[[Agent], Client]


@pytest.mark.parametrize("who", ["ana", "lead"])
def test_the_list_and_the_case_ask_a_fixed_number_of_questions(
    desk: Desk, sign_in: SignIn, django_assert_max_num_queries: Any, who: str
) -> None:
    for number in range(12):
        conversation = desk.talk(f"card {number}", "and again")
        if number % 3 == 0:
            assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.ana.pk)
    client = sign_in(getattr(desk, who))
    for path, most in (("/desk/", 14), ("/desk/?view=all", 13), (f"/desk/c/{conversation.number}/", 28)):
        client.get(path)
        movement.forget()  # so that it is asked for here: seven of the case, which pages within 2 s share
        next_word.forget()
        with django_assert_max_num_queries(most):
            client.get(path)


def test_the_rail_tells_the_wait_as_a_range_once_the_line_has_moved(desk: Desk, sign_in: SignIn) -> None:
    waiting, client = desk.talk(), sign_in(desk.ana)
    path = f"/desk/c/{waiting.number}/"
    shown = client.get(path)
    assert shown.context["conversation"].place.low is None
    assert "not known yet" in shown.content.decode()
    served = [desk.talk(f"served {number}") for number in range(12)]
    for number, conversation in enumerate(served, 1):
        left_at = now() - timedelta(minutes=4 * number)
        Place.objects.filter(conversation=conversation).update(left_at=left_at, left_because="answered")
    movement.forget()
    shown = client.get(path)
    place = shown.context["conversation"].place
    assert place.place == 1
    assert 0 <= place.low < place.high <= 60
    assert "not known yet" not in shown.content.decode()


def test_a_line_elsewhere_says_nothing_about_this_one(desk: Desk, sign_in: SignIn) -> None:
    waiting = desk.talk()
    for number in range(1, 13):
        conversation = desk.talk(f"served {number}", queue=desk.payments)
        left_at = now() - timedelta(minutes=4 * number)
        Place.objects.filter(conversation=conversation).update(left_at=left_at, left_because="answered")
    assert sign_in(desk.ana).get(f"/desk/c/{waiting.number}/").context["conversation"].place.low is None
