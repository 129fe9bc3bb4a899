"""The bridge through the browserless client: what it says, who may change what, and what a refusal reads like."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from holdfast.bridge import asking, hard
from holdfast.conversations import deflections
from holdfast.conversations.models import Conversation
from holdfast.desk import routing
from holdfast.desk.models import Queue
from holdfast.intake.accept import accept_now
from holdfast.intake.contact import Incoming
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Role, Team, Vendor
from holdfast.posture import current as posture
from holdfast.posture.changes import change, propose
from holdfast.posture.effects import Name
from holdfast.posture.models import PlaybookEdit, Posture
from holdfast.shield import billing, declared, published
from holdfast.shield.model import CALM
from holdfast.shield.models import Minute
from holdfast.staffing import ahead, reserve
from holdfast.staffing.models import Shift
from holdfast.triage import loop


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    kept = (posture, routing, billing, ahead, asking, hard)
    for each in kept:
        each.forget()
    yield
    for each in kept:
        each.forget()


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(name="Dublin", vendor=Vendor.objects.create(name="Own", internal=True))


@pytest.fixture
def lead(team: Team) -> Client:
    return signed_in(Role.LEAD, team)


@pytest.fixture
def agent(team: Team) -> Client:
    return signed_in(Role.AGENT, team)


def signed_in(role: Role, team: Team) -> Client:
    client = Client()
    client.force_login(Agent.objects.create(email=f"{role}@desk.example", name=f"{role} One", role=role, team=team))
    return client


def page(client: Client) -> str:
    posture.forget()
    return client.get("/bridge/").content.decode()


def minute(ago: int, rate: float, expected: float, share: float = 0.0, reasons: tuple[str, ...] = ()) -> None:
    Minute.objects.create(
        version=1000 - ago,
        minute=now().replace(second=0, microsecond=0) - timedelta(minutes=ago),
        rate=rate,
        expected=expected,
        surge=rate > 3 * expected,
        flood_share=share,
        low=share / 2,
        high=min(1.5 * share, 1.0),
        reasons=list(reasons),
        model=CALM.to_json(),
    )


def test_a_new_house_is_calm_and_says_what_it_does_not_know_yet(lead: Client) -> None:
    seen = page(lead)
    for sentence in ("Nothing out of the ordinary", "Nothing unaccounted for", "first minutes are being counted"):
        assert sentence in seen


def test_every_contact_is_in_the_equation(lead: Client) -> None:
    Queue.objects.create(slug="support", name="Support", fallback=True)
    for n in range(3):
        accept_now([Incoming(channel="web", source="t", sender={"email": f"a{n}@b.example"}, text="I need a person")])
    while loop.once():
        pass
    accept_now([Incoming(channel="web", source="t", sender={"email": "late@b.example"}, text="Not triaged yet")])
    tally = lead.get("/bridge/").context["tally"]
    assert (tally.received, tally.waiting, tally.missing) == (4, 4, 0)
    assert "Nothing unaccounted for" in page(lead)


def test_minutes_are_drawn_with_their_reasons(lead: Client) -> None:
    for ago in range(30, 0, -1):
        minute(ago, 70 if ago < 10 else 9, 9, 0.6 if ago < 10 else 0.0, ("118 used almost the same words.",))
    seen = page(lead)
    assert "118 used almost the same words." in seen
    assert "70 now" in seen
    assert "60\u2009% not explained" in seen.replace("</b>", "").replace("<b>", "")
    assert 'class="c-not"' in seen
    assert "style=" not in seen


def test_a_lead_changes_the_posture_and_every_page_says_so(lead: Client, agent: Client) -> None:
    answer = lead.post("/bridge/posture/", {"to": "surge", "why": "Payments fail.", "version": "0", "hours": "2"})
    assert answer.status_code == 302
    found = posture.newest()
    assert (found.name, found.why) == (Name.SURGE, "Payments fail.")
    assert found.expires_at is not None
    posture.forget()
    assert 'data-posture="surge"' in agent.get("/desk/").content.decode()


def test_a_proposal_waits_for_a_lead(lead: Client, agent: Client) -> None:
    proposal = propose(to=Name.SIEGE, evidence=["44 of 71 a minute are not explained."])
    assert proposal is not None
    address = reverse("bridge:proposal", args=[proposal.pk])
    assert "44 of 71 a minute" in page(agent)
    assert agent.post(address, {"decision": "accept"}).status_code == 403
    assert lead.post(address, {"decision": "accept"}).status_code == 302
    assert posture.newest().name == Name.SIEGE
    assert lead.post(address, {"decision": "accept"}).status_code == 422


def test_a_step_is_done_by_its_button(lead: Client, agent: Client) -> None:
    change(to=Name.WATCH, by=None, why="Something is odd.")
    address = reverse("bridge:step", args=["declare"])
    assert agent.post(address).status_code == 403
    assert lead.post(address).status_code == 302
    assert posture.newest().name == Name.SURGE
    assert lead.post(address).status_code == 422


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"to": "panic", "why": "x", "version": "0"}, "one of the five postures"),
        ({"to": "surge", "why": " ", "version": "0"}, "why the posture changes"),
        ({"to": "surge", "why": "x", "version": "7"}, "Somebody changed the posture"),
        ({"to": "surge", "why": "x", "version": "0", "hours": "9000"}, "at most 30 days"),
        ({"to": "surge", "why": "x", "version": "0", "playbook": "none"}, "no playbook called none"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(lead: Client, given: dict[str, str], sentence: str) -> None:
    answer = lead.post("/bridge/posture/", given)
    assert answer.status_code in {409, 422}
    assert sentence in answer.content.decode()
    assert not Posture.objects.exists()


def test_a_playbook_is_edited_with_its_faults_named(lead: Client, agent: Client) -> None:
    address = reverse("bridge:playbook", args=["usual"])
    toml = lead.get(address).context["toml"]
    assert agent.post(address, {"toml": toml, "version": "0"}).status_code == 403
    broken = lead.post(address, {"toml": toml + "\n[postures.panic]\n", "version": "0"})
    assert broken.status_code == 422
    assert "postures.panic" in broken.content.decode()
    assert lead.post(address, {"toml": toml.replace("Any bad day", "A bad day"), "version": "0"}).status_code == 302
    assert "A bad day" in lead.get("/bridge/playbooks/").content.decode()
    assert lead.get(reverse("bridge:playbook", args=["missing"])).status_code == 404


def test_who_was_slower_sees_what_the_faster_one_did(lead: Client) -> None:
    minute(1, 9, 9)
    minute(2, 9, 9)
    change(to=Name.WATCH, by=None, why="Somebody else was faster.")
    answer = lead.post("/bridge/posture/", {"to": "calm", "why": "Nothing.", "version": "0"})
    assert answer.status_code == 409
    assert "Somebody else was faster." in answer.content.decode()


def test_a_playbook_is_begun_and_an_earlier_version_put_back(lead: Client, agent: Client) -> None:
    assert agent.post("/bridge/playbooks/", {"slug": "branch", "title": "A branch"}).status_code == 403
    assert lead.post("/bridge/playbooks/", {"slug": "B!", "title": "A branch"}).status_code == 422
    assert lead.post("/bridge/playbooks/", {"slug": "branch", "title": "A branch is closed"}).status_code == 302
    assert "A branch is closed" in lead.get("/bridge/playbooks/").content.decode()
    address = reverse("bridge:playbook", args=["flood"])
    shipped = lead.get(address).context["toml"]
    assert lead.post(address, {"toml": shipped + "# ours\n", "version": "0"}).status_code == 302
    assert lead.post(address, {"back": "0", "version": "1"}).status_code == 302
    assert lead.get(address).context["toml"] == shipped
    assert lead.get(f"{address}?version=1").context["toml"].endswith("# ours\n")
    assert lead.get(f"{address}?version=9").status_code == 404


def test_an_edit_that_an_upgrade_cannot_read_leaves_the_bridge_standing(lead: Client) -> None:
    change(to=Name.SIEGE, by=None, why="A crowd.", playbook="flood")
    PlaybookEdit.objects.create(slug="flood", version=1, toml='slug = "flood"\ncolour = 1\n', at=now())
    assert "cannot be read" in page(lead)
    assert "cannot be read" in lead.get("/bridge/playbooks/").content.decode()


def test_a_lead_who_knows_what_happened_declares_it(lead: Client, agent: Client) -> None:
    minute(1, 70, 9, 0.6, ("118 used almost the same words.",))
    assert "This is wrong" not in page(agent)
    assert "This is wrong" in page(lead)
    minute(0, 70, 9)  # a surge
    assert "Declare what happened" in page(lead)
    given = {"phrases": "saltmarsh loan, new price list", "hours": "8"}
    assert agent.post("/bridge/matters/", given).status_code == 403
    assert lead.post("/bridge/matters/", {"phrases": " , ", "hours": "8"}).status_code == 422
    assert lead.post("/bridge/matters/", given).status_code == 302
    (matter,) = declared.matters()
    assert matter.phrases == ("saltmarsh loan", "new price list")
    assert "saltmarsh loan, new price list" in page(agent)
    assert lead.post(reverse("bridge:matter-end", args=[matter.id])).status_code == 302
    assert declared.matters() == []


def test_the_log_names_changes_steps_and_what_was_declined(lead: Client) -> None:
    change(to=Name.WATCH, by=None, why="Something is odd.")
    proposal = propose(to=Name.SIEGE, evidence=["44 of 71 a minute are not explained."])
    assert proposal is not None
    lead.post(reverse("bridge:step", args=["look"]))
    lead.post(reverse("bridge:proposal", args=[proposal.pk]), {"decision": "decline"})
    said = [(line.who, line.what) for line in lead.get("/bridge/").context["log"]]
    assert said == [
        ("lead", "Declined: siege."),
        ("lead", "Done: Look at twenty of the new contacts."),
        ("The clock", "Watch. Something is odd."),
    ]


def test_a_drill_is_called_one_on_every_page_until_calm(lead: Client, agent: Client) -> None:
    lead.post("/bridge/posture/", {"to": "siege", "why": "We practise.", "version": "0", "drill": "on"})
    posture.forget()
    assert "DRILL" in agent.get("/desk/").content.decode()
    lead.post("/bridge/posture/", {"to": "calm", "why": "Enough.", "version": "1", "drill": "on"})
    posture.forget()
    assert "DRILL" not in agent.get("/desk/").content.decode()


def test_people_are_marks_without_names(lead: Client, agent: Client, team: Team) -> None:
    seen = lead.get("/bridge/").context
    assert (seen["people"].few, seen["people"].many, seen["people"].open_places) == (1, 0, 4)
    assert "agent One" not in seen["marks"]
    assert seen["marks"].count("<rect") == 1


def test_minutes_that_nobody_closes_any_more_are_called_old(lead: Client) -> None:
    minute(20, 9, 9)
    minute(19, 9, 9)
    assert "is the worker running" in page(lead)
    minute(1, 9, 9)
    assert "is the worker running" not in page(lead)


def test_in_calm_nobody_is_asked_whether_it_is_a_surge_or_a_flood(lead: Client) -> None:
    minute(1, 9, 9)
    assert "Surge or flood" not in page(lead)
    change(to=Name.WATCH, by=None, why="Something is odd.")
    assert "Surge or flood" in page(lead)


def test_many_minutes_are_drawn_as_means_of_a_few_that_end_with_the_newest(lead: Client) -> None:
    for ago in range(361, 0, -1):
        minute(ago, 12 if ago <= 3 else 6, 6)
    points = lead.get("/bridge/").context["points"]
    assert len(points) == 120
    assert (points[-1].rate, points[-2].rate) == (12.0, 6.0)
    assert points[-1].at == now().replace(second=0, microsecond=0) - timedelta(minutes=1)
    assert points[-1].low < 6 < points[-1].high


def test_a_flood_has_a_bill_and_a_calm_day_has_none(lead: Client) -> None:
    minute(2, 9, 9)
    assert "What it has cost so far" not in page(lead)
    minute(1, 70, 9, 0.6, ("118 used almost the same words.",))
    seen = page(lead)
    assert "What it has cost so far" in seen
    assert "EUR 0.75" in seen
    cost = lead.get("/bridge/").context["cost"]
    assert [line.name for line in cost.lines] == [
        "Time of our people",
        "Provider fees",
        "In need, and gave up",
        "In all",
    ]


def test_leads_see_what_came_of_first_texts(lead: Client) -> None:
    assert "First text" not in page(lead)
    cases = [Conversation.objects.create(channel="web", last_message_at=now(), created_at=now()) for _ in range(3)]
    deflections.record([deflections.Told(case.pk, "transfer") for case in cases])
    deflections.answered(conversation_id=cases[0].pk)
    deflections.wants_person(conversation_id=cases[1].pk)
    assert "First text “transfer” today: told 3, 1 say it answered, 1 want a person." in page(lead)


def past(queue: Queue, *, number: int, weeks: int = 5) -> None:
    """In each of the last weeks so many matters began in each half hour around now and in the next hours."""
    start = now() - timedelta(hours=2)
    Conversation.objects.bulk_create(
        Conversation(
            channel="chat",
            queue_id=queue.pk,
            state="closed",
            created_at=at,
            last_message_at=at,
        )
        for week in range(1, weeks + 1)
        for half_hour in range(14)
        for n in range(number)
        for at in [start - timedelta(weeks=week) + timedelta(minutes=30 * half_hour, seconds=n)]
    )


def test_a_house_without_roster_history_and_reserve_is_told_what_to_set_up(lead: Client) -> None:
    Queue.objects.create(slug="cards", name="Cards", fallback=True)
    seen = page(lead)
    for sentence in ("known after a week", "Load a roster", "Nobody is on the reserve"):
        assert sentence in seen


def test_the_outlook_names_who_is_missing_and_leads_see_whom_to_call(lead: Client, agent: Client, team: Team) -> None:
    cards = Queue.objects.create(slug="cards", name="Cards", fallback=True)
    cards.teams.add(team)
    past(cards, number=20)
    ana = Agent.objects.get(email="agent@desk.example")
    rea = Agent.objects.create(email="rea@desk.example", name="Rea Reserve", team=team)
    Shift.objects.create(agent=ana, begins_at=now() - timedelta(hours=1), ends_at=now() + timedelta(hours=6))
    reserve.join(agent_id=rea.pk, skills=["cards"], notice=timedelta(minutes=30))
    outlook = lead.get("/bridge/").context["outlook"]
    (line,) = outlook.lines
    assert line.contacts == pytest.approx(40, rel=0.15)
    assert line.low < line.contacts < line.high
    assert line.there == 1
    assert line.needed > 4
    assert line.missing == line.needed - 1
    assert [call.person.name for call in outlook.ahead.call_in.calls] == ["Rea Reserve"]
    assert "Rea Reserve" in page(lead)
    assert "Rea Reserve" not in page(agent)
    assert "1 of the reserve could come" in page(agent)


def test_a_storm_that_no_roster_can_meet_is_called_one(lead: Client, agent: Client, team: Team) -> None:
    cards = Queue.objects.create(slug="cards", name="Cards", fallback=True)
    cards.teams.add(team)
    past(cards, number=10)
    ana = Agent.objects.get(email="agent@desk.example")
    Shift.objects.create(agent=ana, begins_at=now() - timedelta(hours=1), ends_at=now() + timedelta(hours=6))
    assert "Staffing cannot solve this" not in page(lead)
    moment = now() - timedelta(minutes=5)
    Conversation.objects.bulk_create(
        Conversation(channel="chat", queue_id=cards.pk, state="open", created_at=moment, last_message_at=moment)
        for _ in range(300)
    )
    assert "Staffing cannot solve this" in page(lead)


def test_what_changed_is_named_beside_what_people_ask(lead: Client) -> None:
    minute(1, 9, 9)
    told = {"counted": 40, "low": 3.0, "high": 9.0}
    Minute.objects.update(
        details={
            published.CHANGED: [
                {"dimension": "total", "name": "all", "sentence": "All: 60 in five minutes", **told},
                {"dimension": "queue", "name": "Cards", "sentence": "Cards: 40 in five minutes, usual 3 to 9", **told},
            ]
        }
    )
    seen = page(lead)
    assert "Cards: 40 in five minutes, usual 3 to 9" in seen
    assert "All: 60" not in seen
