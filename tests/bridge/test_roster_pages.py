"""The pages of the roster, the reserve and what-if: leads load and call, nobody else; a refusal is a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from holdfast.bridge import hard
from holdfast.conversations.models import Conversation
from holdfast.desk.models import Queue
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Role, Team, Vendor
from holdfast.staffing import ahead, reserve
from holdfast.staffing.models import Reserve, RosterLoad, Shift

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    ahead.forget()
    hard.forget()
    yield
    ahead.forget()
    hard.forget()


@pytest.fixture
def cards() -> Queue:
    team = Team.objects.create(name="Dublin", vendor=Vendor.objects.create(name="Own", internal=True))
    queue = Queue.objects.create(slug="cards", name="Cards", fallback=True)
    queue.teams.add(team)
    for name, role in (("Lea", Role.LEAD), ("Ana", Role.AGENT), ("Rea", Role.AGENT), ("Sec", Role.SECURITY)):
        Agent.objects.create(email=f"{name.lower()}@desk.example", name=f"{name} One", role=role, team=team)
    return queue


def client(name: str) -> Client:
    found = Client()
    found.force_login(Agent.objects.get(email=f"{name}@desk.example"))
    return found


def sheet(*, email: str = "ana@desk.example", skills: str = "cards") -> SimpleUploadedFile:
    day = (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%d")
    text = f"agent,start,end,skills\n{email},{day}T09:00,{day}T17:00,{skills}\n"
    return SimpleUploadedFile("week.csv", text.encode())


def test_a_file_is_checked_then_loaded_seen_and_taken_back(cards: Queue) -> None:
    lead = client("lea")
    checked = lead.post("/bridge/roster/", {"act": "check", "file": sheet()})
    assert "checked and not loaded yet" in checked.content.decode()
    assert not Shift.objects.exists()
    context = checked.context
    loaded = lead.post("/bridge/roster/", {"act": "load", "name": context["name"], "text": context["text"]})
    assert loaded.status_code == 302
    page = lead.get(loaded["Location"]).content.decode()
    for words in ("Loaded 1 shifts of 1 people", "09:00–17:00", "week.csv", "Ana One"):
        assert words in page
    assert lead.post(f"/bridge/roster/{RosterLoad.objects.get().pk}/removal/").status_code == 302
    assert not Shift.objects.exists()


def test_unknown_people_stop_the_file_until_a_lead_leaves_their_lines_out(cards: Queue) -> None:
    lead = client("lea")
    text = sheet().read().decode() + sheet(email="who@x.example").read().decode().split("\n")[1]
    refused = lead.post("/bridge/roster/", {"act": "load", "name": "w.csv", "text": text})
    assert refused.status_code == 422
    assert "Nothing was loaded" in refused.content.decode()
    assert "Nobody here signs in as who@x.example" in refused.content.decode()
    assert not Shift.objects.exists()
    assert lead.post("/bridge/roster/", {"act": "load", "text": text, "leave_out": "on"}).status_code == 302
    assert Shift.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Choose a file first"),
        ({"file": SimpleUploadedFile("x.csv", b"\xff\xfe\x00")}, "not UTF-8 text"),
        ({"file": SimpleUploadedFile("x.csv", b"x" * 1_000_001)}, "larger than 1 MB"),
        ({"file": SimpleUploadedFile("x.csv", b"who,when\na,b\n")}, "agent is missing"),
    ],
)
def test_what_is_no_roster_is_refused_with_a_sentence(cards: Queue, given: dict[str, object], sentence: str) -> None:
    answer = client("lea").post("/bridge/roster/", given)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_only_leads_see_and_change_rosters_and_the_reserve(cards: Queue) -> None:
    agent, other = client("ana"), Agent.objects.get(email="rea@desk.example").pk
    for path in ("/bridge/roster/", "/bridge/reserve/"):
        assert agent.get(path).status_code == 403
        assert agent.post(path, {"agent": other}).status_code == 403
    for path in ("/bridge/roster/1/removal/", f"/bridge/reserve/{other}/removal/", f"/bridge/reserve/{other}/call/"):
        assert agent.post(path).status_code == 403
        assert Client().post(path).status_code == 302
    assert client("lea").get("/bridge/roster/?week=9999-12-31").status_code == 200


def test_somebody_is_put_on_the_reserve_changed_called_in_and_taken_off(cards: Queue) -> None:
    lead, rea = client("lea"), Agent.objects.get(email="rea@desk.example")
    added = lead.post("/bridge/reserve/", {"agent": rea.pk, "notice": 30, "skills": ["cards", "made-up"]})
    assert added.status_code == 302
    found = Reserve.objects.get()
    assert (found.skills, found.notice_minutes) == (["cards"], 30)
    away = (timezone.localtime() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    lead.post("/bridge/reserve/", {"agent": rea.pk, "notice": 60, "skills": "cards", "away": away})
    assert "is away until" in lead.get("/bridge/reserve/").content.decode()
    reserve.step_away(agent_id=rea.pk, until=None)
    begins = (timezone.localtime() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    assert lead.post(f"/bridge/reserve/{rea.pk}/call/", {"begins": begins, "hours": "4"}).status_code == 302
    shift = Shift.objects.get()
    assert shift.called_in
    assert shift.by is not None
    assert shift.by.name == "Lea One"
    page = lead.get("/bridge/reserve/").content.decode()
    assert "Called in, the last 7 days" in page
    assert "Lea One" in page
    again = lead.post(f"/bridge/reserve/{rea.pk}/call/", {"begins": begins, "hours": "4"})
    assert again.status_code == 422
    assert "Rea One" in again.content.decode()
    lead.post(f"/bridge/reserve/{rea.pk}/removal/")
    assert not Reserve.objects.exists()
    assert Shift.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"agent": "", "notice": "30", "skills": "cards"}, "Choose somebody who works here"),
        ({"agent": "sec", "notice": "30", "skills": "cards"}, "Choose somebody who works here"),
        ({"agent": "rea", "notice": "soon", "skills": "cards"}, "Notice is from the call"),
        ({"agent": "rea", "notice": "30"}, "at least one queue"),
        ({"agent": "rea", "notice": "30", "skills": "cards", "away": "never"}, "never is not a time"),
    ],
)
def test_who_cannot_be_put_on_the_reserve_is_said(cards: Queue, given: dict[str, str], sentence: str) -> None:
    agent = Agent.objects.filter(email=f"{given['agent']}@desk.example").first()
    answer = client("lea").post("/bridge/reserve/", given | {"agent": agent.pk if agent else ""})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Reserve.objects.exists()


def test_what_if_is_filled_in_from_the_next_hour_and_says_when_people_are_not_the_answer(cards: Queue) -> None:
    Conversation.objects.bulk_create(
        Conversation(channel="chat", queue_id=cards.pk, state="closed", created_at=at, last_message_at=at)
        for week in range(1, 5)
        for half_hour in range(-4, 8)
        for n in range(200)
        for at in [now() - timedelta(weeks=week) + timedelta(minutes=30 * half_hour, seconds=n)]
    )
    agent = client("ana")
    page = agent.get("/bridge/what-if/?queue=cards")
    assert page.context["asked"].contacts == pytest.approx(400, rel=0.1)
    assert page.context["asked"].people == 2
    assert "Staffing cannot solve this" in page.content.decode()
    enough = agent.get("/bridge/what-if/?queue=cards&deflect=95&add=10").content.decode()
    assert "the people who are there are enough" in enough
    reserve.join(agent_id=Agent.objects.get(email="rea@desk.example").pk, skills=["cards"], notice=timedelta(0))
    called = agent.get("/bridge/what-if/?contacts=20&minutes=6&people=3").content.decode()
    assert "1 more person is needed; call them in" in called


def test_a_part_of_the_answer_is_given_to_the_script_and_nonsense_gets_a_sentence(cards: Queue) -> None:
    agent = client("ana")
    part = agent.get("/bridge/what-if/?contacts=100&people=20", headers={"HX-Request": "true"}).content.decode()
    assert "<form" not in part
    assert "Answered within" in part
    for query, sentence in (
        ("contacts=many", "Contacts in an hour: many is not a number"),
        ("people=-3", "People there is between 0 and"),
        ("deflect=60&callbacks=60", "together at most all contacts"),
        ("minutes=0", "Minutes for each are more than none"),
        ("contacts=nan", "Contacts in an hour is between"),
    ):
        answer = agent.get(f"/bridge/what-if/?{query}")
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
