"""Who has a case, and handing it on."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.db import connection

from holdfast.conversations.assignments import assign, take_next, transfer
from holdfast.conversations.closures import close
from holdfast.conversations.errors import Refused, Stale
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Assignment, Conversation, Message, Place
from holdfast.conversations.places import standing
from holdfast.conversations.snoozes import snooze
from holdfast.guard.models import Grant
from holdfast.kit.clock import now


def _open_grants(conversation: Conversation) -> list[int]:
    return list(
        Grant.objects.filter(conversation_id=conversation.pk, closed_at=None).values_list("agent_id", flat=True)
    )


def test_a_grant_comes_and_goes_with_the_case(house, in_line, fresh):
    conversation = in_line()
    first = assign(conversation_id=conversation.pk, to=house.ana.pk, by=house.lead.pk)
    assert first is not None
    assert _open_grants(conversation) == [house.ana.pk]
    second = assign(conversation_id=conversation.pk, to=house.ben.pk, by=house.ben.pk)
    assert second is not None
    assert second.epoch > first.epoch
    assert _open_grants(conversation) == [house.ben.pk]
    assert Assignment.objects.get(conversation=conversation, ended_at=None) == second
    assign(conversation_id=conversation.pk, to=None, by=house.ben.pk)
    assert _open_grants(conversation) == []
    assert fresh(conversation).assignee_id is None


def test_given_back_it_stands_where_it_stood_before(house, in_line):
    first, second = in_line("one"), in_line("two")
    assign(conversation_id=first.pk, to=house.ana.pk, by=house.ana.pk)
    assert standing(conversation_id=first.pk) is None
    assign(conversation_id=first.pk, to=None, by=house.ana.pk)
    places = [standing(conversation_id=each.pk) for each in (first, second)]
    assert [(place.place, place.waiting) for place in places if place] == [(1, 2), (2, 2)]


def test_who_looks_at_an_old_screen_cannot_reassign(house, in_line):
    conversation = in_line()
    assign(conversation_id=conversation.pk, to=house.ana.pk, by=house.ana.pk, epoch=0)
    with pytest.raises(Stale):
        assign(conversation_id=conversation.pk, to=house.ben.pk, by=house.ben.pk, epoch=0)


def test_assigning_again_changes_nothing(house, in_line, fresh):
    conversation = in_line()
    first = assign(conversation_id=conversation.pk, to=house.ana.pk, by=house.ana.pk)
    assert assign(conversation_id=conversation.pk, to=house.ana.pk, by=house.ben.pk) == first
    assert fresh(conversation).epoch == 1


def test_security_and_people_who_left_get_no_cases(house, in_line):
    conversation = in_line()
    house.ben.is_active = False
    house.ben.save()
    for agent in (house.watch, house.ben):
        with pytest.raises(Refused):
            assign(conversation_id=conversation.pk, to=agent.pk, by=house.lead.pk)


def test_the_next_case_is_the_one_that_waited_longest(house, in_line):
    cases = [in_line(str(number)) for number in range(3)]
    taken = [take_next(agent_id=house.ana.pk, queue_ids=[house.loans.pk, house.cards.pk]) for _ in range(4)]
    assert [case.pk if case else None for case in taken] == [*(case.pk for case in cases), None]


def test_whether_a_case_was_picked_by_hand_stays_known(house, in_line):
    cases = [in_line(str(number)) for number in range(3)]
    take_next(agent_id=house.ana.pk, queue_ids=[house.cards.pk])
    assign(conversation_id=cases[1].pk, to=house.ana.pk, by=house.lead.pk)
    assign(conversation_id=cases[2].pk, to=house.ana.pk, by=house.ana.pk)
    picked = Assignment.objects.filter(agent=house.ana).order_by("id").values_list("picked", flat=True)
    assert list(picked) == [False, False, True]


def test_a_transfer_needs_a_line_for_the_next_person(house, in_line):
    conversation = in_line()
    for summary in ("", "  \n ", "x" * 281):
        with pytest.raises(Refused):
            transfer(conversation_id=conversation.pk, by=house.ana.pk, summary=summary, to_queue=house.loans.pk)
    with pytest.raises(Refused, match="either"):
        transfer(conversation_id=conversation.pk, by=house.ana.pk, summary="Both", to_queue=1, to_agent=house.ben.pk)


def test_a_transferred_case_keeps_the_time_it_has_waited(house, in_line, fresh):
    conversation = in_line()
    before = Place.objects.get(conversation=conversation)
    transfer(conversation_id=conversation.pk, by=house.ana.pk, summary="Wants a loan", to_queue=house.loans.pk)
    after = Place.objects.get(conversation=conversation, left_at=None)
    assert (after.queue_id, after.joined_at) == (house.loans.pk, before.joined_at)
    assert fresh(conversation).queue_id == house.loans.pk
    line = Message.objects.get(conversation=conversation, author="system")
    assert (line.internal, line.text, line.agent_id) == (True, "Wants a loan", house.ana.pk)


def test_a_case_handed_to_a_person_is_theirs(house, in_line, fresh):
    conversation = in_line()
    assign(conversation_id=conversation.pk, to=house.ana.pk, by=house.ana.pk)
    transfer(conversation_id=conversation.pk, by=house.ana.pk, summary="You know her", to_agent=house.lin.pk)
    assert fresh(conversation).assignee_id == house.lin.pk
    assert _open_grants(conversation) == [house.lin.pk]
    with pytest.raises(Refused):
        transfer(conversation_id=conversation.pk, by=house.lin.pk, summary="To myself", to_agent=house.lin.pk)


def test_a_closed_case_is_nobodys_to_give(house, in_line):
    conversation = in_line()
    close(conversation_id=conversation.pk, by=house.ana.pk)
    with pytest.raises(Refused):
        assign(conversation_id=conversation.pk, to=house.ana.pk, by=house.ana.pk)
    with pytest.raises(Refused):
        transfer(conversation_id=conversation.pk, by=house.ana.pk, summary="x", to_queue=house.loans.pk)


def test_a_snoozed_case_that_is_transferred_stands_in_line_only_when_it_wakes(house, in_line, fresh):
    conversation = in_line()
    snooze(conversation_id=conversation.pk, by=house.ana.pk, until=now().replace(year=now().year + 1))
    transfer(conversation_id=conversation.pk, by=house.ana.pk, summary="Later", to_queue=house.loans.pk)
    assert standing(conversation_id=conversation.pk) is None
    assert fresh(conversation).queue_id == house.loans.pk


@pytest.mark.django_db(transaction=True)
def test_two_agents_never_take_the_same_case(house, in_line):
    for number in range(20):
        in_line(str(number))
    barrier, taken = Barrier(4), []

    def take(agent_id: int) -> None:
        barrier.wait()
        try:
            while (case := take_next(agent_id=agent_id, queue_ids=[house.cards.pk])) is not None:
                taken.append(case.pk)
        finally:
            connection.close()

    threads = [Thread(target=take, args=(agent.pk,)) for agent in (house.ana, house.ben, house.lin, house.lead)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(taken) == len(set(taken)) == 20


def test_with_hands_full_nobody_gets_another_case(house, in_line):
    cases = [in_line(f"matter {n}") for n in range(3)]
    asked = {"agent_id": house.ana.pk, "queue_ids": [house.cards.pk], "most_cases": 2}
    assert [take_next(**asked), take_next(**asked)] == cases[:2]
    with pytest.raises(Refused, match="2 cases"):
        take_next(**asked)
    post_reply(conversation_id=cases[0].pk, by=house.ana.pk, text="Done.", client_key="k")
    assert take_next(**asked) == cases[2]
