"""Rules, counts, and audiences that stay as they were frozen."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.incidents.conftest import House

from holdfast.incidents.audiences import freezing, groups, queries
from holdfast.incidents.audiences.errors import Refused
from holdfast.incidents.audiences.models import Audience, Group, Member
from holdfast.kit.clock import now
from holdfast.people.choosing import Choice
from holdfast.people.models import Customer


def add(house: House, incident: UUID, name: str, segment: str = "affected", **given: Any) -> int:
    source = "file" if "lines" in given else ("people" if "choice" in given else "rest")
    return groups.add(incident_id=incident, name=name, segment=segment, source=source, by=house.lead, **given)


def freeze(house: House, incident: UUID) -> UUID:
    return freezing.freeze(incident_id=incident, exposed_at=now(), by=house.lead)


def told(audience_id: UUID, people: dict[str, UUID]) -> dict[str, str]:
    by_id = {id_: reference for reference, id_ in people.items()}
    rows = Member.objects.filter(audience_id=audience_id).values_list("customer_id", "segment")
    assert len(rows) == len({id_ for id_, _ in rows})
    return {by_id[id_]: segment for id_, segment in rows}


def test_the_first_group_that_fits_counts_and_the_rest_is_everybody_else(
    house: House, incident: UUID, people: dict[str, UUID]
) -> None:
    add(house, incident, "The rest", "unaffected")
    add(house, incident, "Private bank", "high_value", choice=Choice(tier="Private"))
    add(house, incident, "Charged twice", lines=["reference,place", "TW-11,IE", "TW-13,BR", "TW-99,IE"])
    frozen = freeze(house, incident)
    assert told(frozen, people) == {
        "TW-1": "unaffected",
        "TW-11": "high_value",
        "TW-12": "high_value",
        "TW-13": "affected",
        "TW-14": "unaffected",
    }
    (view,) = queries.audiences_of(incident)
    private, charged, rest = view.groups
    assert (private.number, charged.matched, charged.number, rest.number) == (2, 2, 1, 2)
    assert charged.overlaps == {"Private bank": 1}
    assert (charged.unknown, charged.some_unknown) == (1, ("TW-99",))
    assert dict(view.jurisdictions) == {"BR": 1}
    assert view.total == 5


def test_precedence_can_be_changed_but_the_rest_stays_last(
    house: House, incident: UUID, people: dict[str, UUID]
) -> None:
    add(house, incident, "Private bank", "high_value", choice=Choice(tier="private"))
    charged = add(house, incident, "Charged twice", lines=["TW-11"])
    rest = add(house, incident, "The rest", "unaffected")
    groups.raise_up(incident_id=incident, group_id=charged)
    assert told(freeze(house, incident), people)["TW-11"] == "affected"
    with pytest.raises(Refused, match="everybody else stays last"):
        groups.raise_up(incident_id=incident, group_id=rest)


@pytest.mark.parametrize(
    ("choice", "who"),
    [
        (Choice(tier="private"), {"TW-11", "TW-12"}),
        (Choice(since_before=date(2012, 1, 1)), {"TW-11", "TW-13"}),
        (Choice(locale="pt"), {"TW-13"}),
        (Choice(city="cork", locale="en"), {"TW-1", "TW-11"}),
    ],
)
def test_people_are_found_by_what_is_known_of_them(
    house: House, incident: UUID, people: dict[str, UUID], choice: Choice, who: set[str]
) -> None:
    add(house, incident, "These", choice=choice)
    assert set(told(freeze(house, incident), people)) == who


def test_a_file_is_read_for_one_jurisdiction(house: House, incident: UUID, people: dict[str, UUID]) -> None:
    add(house, incident, "Ireland", lines=["TW-11,IE", "TW-13,BR"], jurisdiction="ie")
    assert set(told(freeze(house, incident), people)) == {"TW-11"}


def test_what_is_frozen_stays_whatever_happens_after(house: House, incident: UUID, people: dict[str, UUID]) -> None:
    group = add(house, incident, "Private bank", choice=Choice(tier="private"))
    first = freeze(house, incident)
    Customer.objects.filter(reference="TW-14").update(tier="private")
    groups.remove(incident_id=incident, group_id=group)
    add(house, incident, "Private bank", choice=Choice(tier="private"))
    second = freeze(house, incident)
    assert set(told(first, people)) == {"TW-11", "TW-12"}
    assert set(told(second, people)) == {"TW-11", "TW-12", "TW-14"}
    assert [each.version for each in queries.audiences_of(incident)] == [2, 1]
    one = {"audience_id": first, "customer_id": people["TW-14"], "group": 0, "segment": "affected"}
    for attempt in (
        lambda: Member.objects.filter(audience_id=first).update(segment="unaffected"),
        lambda: Member.objects.filter(audience_id=first)[:1].get().delete(),
        lambda: Member.objects.create(**one),
        lambda: Audience.objects.filter(pk=first).update(total=9),
    ):
        with pytest.raises(IntegrityError, match="as it was frozen"), transaction.atomic():
            attempt()


def test_who_became_a_customer_after_the_exposure_is_left_out_and_counted(
    house: House, incident: UUID, people: dict[str, UUID]
) -> None:
    add(house, incident, "Private bank", choice=Choice(tier="private"))
    Customer.objects.filter(reference="TW-12").update(since=now().date() + timedelta(days=1))
    (counted,) = freezing.count(incident_id=incident, exposed_at=now())
    assert (counted.number, counted.late) == (1, 1)
    assert not Audience.objects.exists()


def test_a_group_of_nobody_is_refused_by_name(house: House, incident: UUID) -> None:
    with pytest.raises(Refused, match="There is no group yet"):
        freeze(house, incident)
    add(house, incident, "Platinum", choice=Choice(tier="platinum"))
    with pytest.raises(Refused, match="Nobody is in the group “Platinum”"):
        freeze(house, incident)
    assert not Audience.objects.exists()


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["reference"], "no references"),
        (["TW-11", "x" * 41], "Line 2 is no account reference"),
        (['"' + "x" * 200_000], "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_refused_and_leaves_nothing(
    house: House, incident: UUID, lines: list[str], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        add(house, incident, "File", lines=lines)
    assert not Group.objects.exists()


def test_nobody_is_frozen_for_a_time_to_come(house: House, incident: UUID) -> None:
    with pytest.raises(Refused, match="future"):
        freezing.freeze(incident_id=incident, exposed_at=now() + timedelta(minutes=1), by=house.lead)


references = st.sets(st.sampled_from(["TW-1", "TW-11", "TW-12", "TW-13", "TW-14", "TW-98"]), min_size=1)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.tuples(references, st.sampled_from(["affected", "high_value"])), min_size=1, max_size=4))
def test_whatever_the_files_say_everybody_is_told_once_by_the_first_that_names_them(
    house: House, incident: UUID, people: dict[str, UUID], files: list[tuple[set[str], str]]
) -> None:
    Group.objects.all().delete()
    for place, (listed, segment) in enumerate(files):
        add(house, incident, f"File {place}", segment, lines=sorted(listed | {"TW-1"}))
    add(house, incident, "The rest", "unaffected")
    wanted = {
        reference: next((segment for listed, segment in files if reference in listed | {"TW-1"}), "unaffected")
        for reference in people
    }
    counted = freezing.count(incident_id=incident, exposed_at=now())
    assert sum(each.number for each in counted) == len(people)
    for each in counted:
        assert each.matched == each.number + sum(each.overlaps.values())
    if counted[-1].number:
        with transaction.atomic():
            assert told(freeze(house, incident), people) == wanted
            transaction.set_rollback(True)
