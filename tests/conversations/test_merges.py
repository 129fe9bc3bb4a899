"""Merging and taking apart again."""

from __future__ import annotations

import pytest

from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close
from holdfast.conversations.errors import NotFound, Refused
from holdfast.conversations.merges import merge, merges_into, unmerge
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Closure, Message, Place, ThreadKey
from holdfast.conversations.places import standing
from holdfast.guard.models import Grant
from holdfast.people.models import Customer


def _texts(conversation):
    return list(Message.objects.filter(conversation=conversation).order_by("created_at").values_list("text", flat=True))


def test_everything_moves_and_the_source_points_there(house, in_line, fresh):
    source, target = in_line("one", own=["mail:1@x"]), in_line("two")
    assign(conversation_id=source.pk, to=house.ana.pk, by=house.ana.pk)
    merged = merge(source_id=source.pk, target_id=target.pk, by=house.ana.pk)
    assert _texts(target) == ["one", "two"]
    assert _texts(source) == []
    assert ThreadKey.objects.get(pk="mail:1@x").conversation_id == target.pk
    after = fresh(source)
    assert (after.state, after.merged_into_id, after.assignee_id) == ("closed", target.pk, None)
    assert not Grant.objects.filter(conversation_id=source.pk, closed_at=None).exists()
    assert merges_into(conversation_id=target.pk) == [merged]
    with pytest.raises(Refused, match=f"#{target.number}"):
        post_reply(conversation_id=source.pk, by=house.ana.pk, text="x", client_key="x")


def test_the_earlier_place_in_line_is_kept(house, in_line):
    source, target = in_line("one"), in_line("two")
    merge(source_id=source.pk, target_id=target.pk, by=house.ana.pk)
    place = standing(conversation_id=target.pk)
    assert place
    assert place.joined_at == source.waiting_since
    assert (place.place, place.waiting) == (1, 1)


def test_taken_apart_both_wait_as_before(house, in_line, fresh):
    source, target = in_line("one", own=["mail:1@x"]), in_line("two")
    merged = merge(source_id=source.pk, target_id=target.pk, by=house.ana.pk)
    unmerge(merge_id=merged.pk, by=house.ana.pk)
    assert (_texts(source), _texts(target)) == (["one"], ["two"])
    for before in (source, target):
        after = fresh(before)
        assert (after.state, after.waiting_since, after.merged_into_id) == ("open", before.waiting_since, None)
        assert standing(conversation_id=before.pk)
    assert ThreadKey.objects.get(pk="mail:1@x").conversation_id == source.pk
    assert not Closure.objects.filter(reopened_at=None).exists()
    with pytest.raises(Refused):
        unmerge(merge_id=merged.pk, by=house.ana.pk)


def test_an_unanswered_source_opens_a_closed_target(house, in_line, fresh):
    source, target = in_line("one"), in_line("two")
    post_reply(conversation_id=target.pk, by=house.ana.pk, text="Done", client_key="a")
    close(conversation_id=target.pk, by=house.ana.pk)
    third = in_line("three")
    merge(source_id=third.pk, target_id=target.pk, by=house.ana.pk)
    after = fresh(target)
    assert (after.state, after.waiting_since) == ("open", third.waiting_since)
    assert Place.objects.filter(conversation=target, left_at=None).count() == 1
    assert fresh(source).state == "open"


def test_an_answered_source_leaves_a_closed_target_closed(house, in_line, fresh):
    source, target = in_line("one"), in_line("two")
    for each in (source, target):
        post_reply(conversation_id=each.pk, by=house.ana.pk, text="Done", client_key="a")
        close(conversation_id=each.pk, by=house.ana.pk)
    merged = merge(source_id=source.pk, target_id=target.pk, by=house.ana.pk)
    assert fresh(target).state == "closed"
    unmerge(merge_id=merged.pk, by=house.ana.pk)
    assert fresh(source).state == "closed"
    assert Closure.objects.filter(conversation=source, reopened_at=None).count() == 1


def test_what_makes_no_sense_is_refused(house, in_line):
    one, two, three = in_line(), in_line(), in_line()
    theirs = in_line(customer_id=Customer.objects.create(name="Other").pk)
    for source, target in ((one, one), (one, theirs)):
        with pytest.raises(Refused):
            merge(source_id=source.pk, target_id=target.pk, by=house.ana.pk)
    first = merge(source_id=one.pk, target_id=two.pk, by=house.ana.pk)
    with pytest.raises(Refused, match="already"):
        merge(source_id=one.pk, target_id=three.pk, by=house.ana.pk)
    merge(source_id=two.pk, target_id=three.pk, by=house.ana.pk)
    with pytest.raises(Refused, match="Undo that first"):
        unmerge(merge_id=first.pk, by=house.ana.pk)
    with pytest.raises(NotFound):
        unmerge(merge_id=0, by=house.ana.pk)


def test_equal_client_keys_do_not_stop_a_merge(house, in_line):
    source, target = in_line(), in_line()
    for each in (source, target):
        post_reply(conversation_id=each.pk, by=house.ana.pk, text="Hi", client_key="same")
    merge(source_id=source.pk, target_id=target.pk, by=house.ana.pk)
    assert Message.objects.filter(conversation=target, author="agent").count() == 2
