"""Closing, reopening, snoozing, tags, drafts."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from holdfast.conversations import drafts, tags
from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close, reopen
from holdfast.conversations.errors import Refused
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Closure, Draft, Snooze
from holdfast.conversations.places import standing
from holdfast.conversations.snoozes import snooze, wake, wake_due
from holdfast.kit.clock import now


def test_closing_leaves_the_line_and_the_agent(house, in_line, fresh):
    conversation = in_line()
    assign(conversation_id=conversation.pk, to=house.ana.pk, by=house.ana.pk)
    first = close(conversation_id=conversation.pk, by=house.ana.pk)
    assert close(conversation_id=conversation.pk, by=house.ben.pk) == first
    after = fresh(conversation)
    assert (after.state, after.assignee_id, after.waiting_since) == ("closed", None, None)


def test_reopened_without_an_answer_it_waits_since_it_was_written(house, in_line, fresh):
    conversation = in_line()
    close(conversation_id=conversation.pk, by=house.ana.pk)
    reopen(conversation_id=conversation.pk, by=house.ana.pk)
    after = fresh(conversation)
    assert (after.state, after.waiting_since) == ("open", conversation.waiting_since)
    assert standing(conversation_id=conversation.pk)
    assert Closure.objects.get(conversation=conversation).reopened_at
    assert Closure.objects.get(conversation=conversation).reopened_by == house.ana
    with pytest.raises(Refused):
        reopen(conversation_id=conversation.pk, by=house.ana.pk)


def test_reopened_after_an_answer_nobody_waits(house, in_line, fresh):
    conversation = in_line()
    post_reply(conversation_id=conversation.pk, by=house.ana.pk, text="Done", client_key="a")
    close(conversation_id=conversation.pk, by=house.ana.pk)
    reopen(conversation_id=conversation.pk, by=house.ana.pk)
    assert fresh(conversation).waiting_since is None
    assert standing(conversation_id=conversation.pk) is None


def test_a_customer_who_writes_again_reopens(house, in_line, write, fresh):
    conversation = in_line("Hello", own=["mail:1@x"])
    close(conversation_id=conversation.pk, by=house.ana.pk)
    went = write("Still nothing", thread=["mail:1@x"])
    assert went.conversation_id == conversation.pk
    assert fresh(conversation).state == "open"
    assert not Closure.objects.filter(conversation=conversation, reopened_at=None).exists()


def test_a_snoozed_matter_comes_back_when_due_with_the_time_it_had_waited(house, in_line, fresh):
    conversation = in_line()
    snooze(conversation_id=conversation.pk, by=house.ana.pk, until=now() + timedelta(hours=1))
    assert (fresh(conversation).waiting_since, standing(conversation_id=conversation.pk)) == (None, None)
    assert wake_due() == 0
    with time_machine.travel(now() + timedelta(hours=2)):
        assert wake_due() == 1
        assert wake_due() == 0
    after, place = fresh(conversation), standing(conversation_id=conversation.pk)
    assert (after.state, after.snoozed_until, after.waiting_since) == ("open", None, conversation.waiting_since)
    assert place
    assert place.joined_at == conversation.waiting_since


def test_a_new_time_replaces_the_earlier_one(house, in_line):
    conversation = in_line()
    for hours in (1, 2):
        snooze(conversation_id=conversation.pk, by=house.ana.pk, until=now() + timedelta(hours=hours))
    assert Snooze.objects.filter(conversation=conversation, ended_at=None).count() == 1
    wake(conversation_id=conversation.pk)
    with pytest.raises(Refused):
        wake(conversation_id=conversation.pk)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(seconds=-1), timedelta(days=367)])
def test_snoozing_into_the_past_or_for_years_is_refused(house, in_line, ahead):
    conversation = in_line()
    with pytest.raises(Refused):
        snooze(conversation_id=conversation.pk, by=house.ana.pk, until=now() + ahead)


def test_a_customer_who_writes_wakes_a_snoozed_matter(house, in_line, write, fresh):
    conversation = in_line("Hello", own=["mail:2@x"])
    snooze(conversation_id=conversation.pk, by=house.ana.pk, until=now() + timedelta(days=1))
    write("And another thing", thread=["mail:2@x"])
    after = fresh(conversation)
    assert (after.state, after.waiting_since) == ("open", conversation.waiting_since)


def test_tags_are_the_same_for_everybody(house, in_line, fresh):
    conversation = in_line()
    assert tags.add(conversation_id=conversation.pk, name="  Lost   Card ", by=house.ana.pk) == ["lost card"]
    version = fresh(conversation).version
    assert tags.add(conversation_id=conversation.pk, name="lost card", by=house.ben.pk) == ["lost card"]
    assert fresh(conversation).version == version
    assert tags.known_tags(starting_with="LOST") == ["lost card"]
    assert tags.remove(conversation_id=conversation.pk, name="Lost card", by=house.ana.pk) == []
    with pytest.raises(Refused):
        tags.add(conversation_id=conversation.pk, name=" ", by=house.ana.pk)


def test_a_draft_is_kept_per_agent_and_kind_and_an_empty_one_is_none(house, in_line, fresh):
    conversation = in_line()
    key = {"conversation_id": conversation.pk, "agent_id": house.ana.pk}
    drafts.save(**key, text="Dear")
    drafts.save(**key, text="Dear Maria")
    drafts.save(**key, text="a note", internal=True)
    found = drafts.draft_of(**key)
    assert found
    assert found.text == "Dear Maria"
    assert drafts.draft_of(conversation_id=conversation.pk, agent_id=house.ben.pk) is None
    drafts.save(**key, text="  ")
    assert list(Draft.objects.values_list("internal", flat=True)) == [True]
    assert fresh(conversation).version == conversation.version
