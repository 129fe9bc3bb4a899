"""The order of the line: arrival in calm, bands and fair times otherwise, a floor so that nobody starves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.conversations import line
from holdfast.conversations.assignments import assign, take_next, transfer
from holdfast.conversations.line import Rank, rank_many
from holdfast.conversations.models import Conversation, LineCount, Place
from holdfast.conversations.places import ToJoin, join_many, leave, standing
from holdfast.kit.clock import now

from .conftest import House, Write

InLine = Callable[..., Conversation]


def taken(house: House, number: int) -> list[Conversation | None]:
    return [take_next(agent_id=house.ana.pk, queue_ids=[house.cards.pk]) for _ in range(number)]


def many(write: Write, house: House, number: int, *, ranks: list[Rank] | None = None) -> list[Conversation]:
    """Let customers join the line for cards, a second apart, the first one an hour ago."""
    start = now() - timedelta(hours=1)
    went = [write(f"matter {n}") for n in range(number)]
    joins = [
        ToJoin(each.conversation_id, house.cards.pk, start + timedelta(seconds=n), *([ranks[n]] if ranks else []))
        for n, each in enumerate(went)
    ]
    join_many(joins)
    return [Conversation.objects.get(pk=each.conversation_id) for each in went]


def places(cases: list[Conversation]) -> list[int]:
    found = [standing(conversation_id=case.pk) for case in cases]
    return [each.place for each in found if each is not None]


def test_without_bands_the_order_is_that_of_arrival_for_as_long_as_one_likes(write: Write, house: House) -> None:
    cases = many(write, house, 2 * line.FLOOR + 3)
    assert places(cases) == list(range(1, len(cases) + 1))
    assert taken(house, len(cases) + 1) == [*cases, None]


def test_a_better_band_goes_first_and_fair_time_decides_inside_a_band(write: Write, house: House) -> None:
    start = now()
    ranks = [Rank(5), Rank(0), Rank(3, start + timedelta(hours=2)), Rank(3, start + timedelta(hours=1)), Rank(0)]
    cases = many(write, house, 5, ranks=ranks)
    order = [cases[n] for n in (1, 4, 3, 2, 0)]
    assert places(order) == [1, 2, 3, 4, 5]
    assert taken(house, 5) == order


def test_ranking_again_moves_those_who_stand_and_passes_over_everybody_else(
    write: Write, house: House, in_line: InLine
) -> None:
    first, second = many(write, house, 2)
    gone = in_line()
    assign(conversation_id=gone.pk, to=house.ben.pk, by=house.lead.pk)
    rank_many({first.pk: Rank(4), gone.pk: Rank(0)})
    assert places([second, first]) == [1, 2]
    rank_many({first.pk: Rank(0)})
    assert places([first, second]) == [1, 2]
    rank_many({})


def test_a_case_that_moves_on_keeps_its_band_and_its_time(write: Write, house: House) -> None:
    first, second = many(write, house, 2, ranks=[Rank(6), Rank(0)])
    transfer(conversation_id=first.pk, by=house.lead.pk, summary="It is about a loan.", to_queue=house.loans.pk)
    moved = Place.objects.get(conversation=first, left_at=None)
    before = Place.objects.get(conversation=first, left_because="moved")
    assert (moved.queue_id, moved.band, moved.joined_at) == (house.loans.pk, 6, before.joined_at)
    assert places([second]) == [1]


def test_the_line_with_more_priority_goes_first(write: Write, house: House) -> None:
    (early,) = many(write, house, 1)
    late = write()
    join_many([ToJoin(late.conversation_id, house.loans.pk, now())])
    both = [house.cards.pk, house.loans.pk]
    got = take_next(agent_id=house.lead.pk, queue_ids=both, priorities={house.loans.pk: 5})
    assert got is not None
    assert got.pk == late.conversation_id
    assert take_next(agent_id=house.lead.pk, queue_ids=both) == early


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(ahead=st.integers(0, 2), crowd=st.integers(1, 4))
def test_nobody_starves_however_many_better_cases_keep_coming(
    write: Write, house: House, monkeypatch: pytest.MonkeyPatch, ahead: int, crowd: int
) -> None:
    """The floor's bound: with n who joined before, one's own is among the next FLOOR * (n + 1) cases handed out."""
    monkeypatch.setattr(line, "FLOOR", 5)
    Place.objects.filter(left_at=None).update(left_at=now(), left_because="closed")
    cases = many(write, house, ahead + 1, ranks=[Rank(11)] * (ahead + 1))
    for _ in range(5 * (ahead + 1)):
        newer = [write() for _ in range(crowd)]
        join_many([ToJoin(each.conversation_id, house.cards.pk, now()) for each in newer])
        if take_next(agent_id=house.ana.pk, queue_ids=[house.cards.pk]) == cases[-1]:
            break
    else:
        pytest.fail("It still stands in line.")


def counted() -> dict[tuple[int, int], int]:
    sums: dict[tuple[int, int], int] = {}
    for row in LineCount.objects.all():
        sums[row.queue_id, row.band] = sums.get((row.queue_id, row.band), 0) + row.waiting
    return {key: value for key, value in sums.items() if value}


def really() -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for place in Place.objects.filter(left_at=None):
        found[place.queue_id, place.band] = found.get((place.queue_id, place.band), 0) + 1
    return found


def test_the_sums_follow_whatever_happens_in_the_line(write: Write, house: House) -> None:
    cases = many(write, house, 12, ranks=[Rank(n % 3) for n in range(12)])
    assert counted() == really()
    rank_many({case.pk: Rank(7) for case in cases[:5]})
    transfer(conversation_id=cases[5].pk, by=house.lead.pk, summary="A loan.", to_queue=house.loans.pk)
    leave(conversation_id=cases[6].pk, because="answered")
    taken(house, 2)
    Place.objects.filter(conversation=cases[11]).delete()
    assert counted() == really()
    assert line.drift() == 0
    before = (counted(), line.lengths([house.cards.pk, house.loans.pk]), places(cases))
    assert line.compact() == len(really_by_minute())
    assert (counted(), line.lengths([house.cards.pk, house.loans.pk]), places(cases)) == before


def really_by_minute() -> set[tuple[int, int, object]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT queue_id, band, date_trunc('minute', fair_at) FROM conversations_place"
            " WHERE left_at IS NULL"
        )
        return set(cursor.fetchall())


def test_sums_that_are_wrong_are_noticed(write: Write, house: House) -> None:
    many(write, house, 3)
    LineCount.objects.filter(queue_id=house.cards.pk).delete()
    assert line.drift() == 3
