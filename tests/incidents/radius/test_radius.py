"""From a blast radius to people: whose accounts, what is signed, and what an incident gets of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests.incidents.conftest import House

from holdfast.desk import cutting_off
from holdfast.guard.cutoff.models import Scope
from holdfast.guard.models import RevealLog, RevealTicket
from holdfast.guard.radius import keeping
from holdfast.guard.radius.contract import Class, Question, Refused
from holdfast.guard.radius.known import Proven, known
from holdfast.guard.radius.models import Sighting
from holdfast.guard.watching import canaries
from holdfast.guard.watching.models import Report, ViewerAddress, ViewerNumber
from holdfast.incidents.audiences import freezing
from holdfast.incidents.audiences.models import Listed, Member
from holdfast.incidents.legal import acts, proposing
from holdfast.incidents.legal.models import Act, Proposal
from holdfast.incidents.legal.regimes import Event
from holdfast.incidents.models import Fact, Incident
from holdfast.incidents.radius import choosing, command, handing, making
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.people.accounts import create_agent
from holdfast.people.cut_off_targets import Target
from holdfast.people.models import Agent, Customer, Role

SignIn = Callable[[Agent], Client]
Looked = dict[str, Customer]


def about(*agents: Agent) -> Question:
    return Question(
        agents=tuple(each.pk for each in agents), since=now() - timedelta(hours=1), until=now() + timedelta(seconds=1)
    )


def test_a_report_names_accounts_cases_and_places(house: House, looked: Looked) -> None:
    made = making.make(about(house.desk.ana), by=None, places={"TW-seen": "US-ME"})
    told = json.loads(made.files.as_json)
    people = {each["account"]: each for each in told["people"]}
    assert people["TW-seen"]["place"] == "US-ME"
    assert told["customers"]["released"] == [str(looked["seen"].pk)]
    assert isinstance(people["TW-seen"]["touches"][0]["cases"][0], int)
    assert told["accounts"] == {str(house.desk.ana.pk): house.desk.ana.name}
    assert b"TW-seen,US-ME," in made.files.as_csv


def test_somebody_merged_is_named_by_the_account_they_have_now(house: House, looked: Looked) -> None:
    Customer.objects.filter(pk=looked["bens"].pk).update(merged_into=looked["seen"])
    told = json.loads(making.make(about(house.desk.ben), by=None).files.as_json)
    assert [each["account"] for each in told["people"]] == ["TW-seen"]


def test_accounts_are_named_by_id_address_team_or_employer_and_by_nothing_else(house: House) -> None:
    ana = house.desk.ana
    assert ana.team is not None
    everybody = list(Agent.objects.filter(team__vendor=ana.team.vendor).order_by("pk").values_list("pk", flat=True))
    assert choosing.named([str(ana.pk), ana.email.upper()]) == [ana.pk]
    assert choosing.named([f"vendor:{ana.team.vendor.name}"]) == everybody
    assert ana.pk in choosing.named([f"team:{ana.team.name}"])
    with pytest.raises(Refused, match="Nobody is known as nobody@example"):
        choosing.named(["nobody@example.com"])


def test_an_incident_gets_a_group_a_fact_and_a_proposal_and_no_clock_starts(
    house: House, looked: Looked, leak: UUID
) -> None:
    made = making.make(about(house.desk.ana, house.desk.ben), by=house.lead, places={"TW-seen": "DE"})
    done = handing.hand(made.id, incident_id=leak, classes=[Class.RELEASED], by=house.lead, aware_at=now())
    assert (done.people, done.without_account, done.proposed) == (2, 1, True)
    assert list(Listed.objects.values_list("reference", "jurisdiction")) == [("TW-seen", "DE")]
    fact = Fact.objects.get(incident=leak)
    assert not fact.public
    assert "seen is not leaked" in fact.text
    assert str(made.id) in fact.source
    assert not Act.objects.exists()
    freezing.freeze(incident_id=leak, exposed_at=now(), by=house.lead)
    assert list(Member.objects.values_list("customer_id", flat=True)) == [looked["seen"].pk]
    (open_one,) = proposing.open_proposals(leak)
    assert "2 customers: value shown" in open_one.evidence
    act_id = proposing.declare(proposal_id=open_one.id, incident_id=leak, at=None, by=house.lead)
    assert Act.objects.get(pk=act_id).event == Event.AWARE
    assert proposing.open_proposals(leak) == []


def test_what_was_declared_is_not_proposed_again_and_a_later_report_renews_what_is_open(
    house: House, looked: Looked, leak: UUID
) -> None:
    first, second = (making.make(about(house.desk.ana), by=house.lead) for _ in range(2))
    handing.hand(first.id, incident_id=leak, classes=[Class.RELEASED], by=house.lead, aware_at=now())
    handing.hand(second.id, incident_id=leak, classes=[Class.REFUSED], by=house.lead, aware_at=now())
    proposal = Proposal.objects.get()
    assert "refused" in proposal.evidence
    assert "Earliest arguable" in proposal.evidence
    assert Fact.objects.filter(incident=leak, superseded_by=None).count() == 1
    proposing.set_aside(proposal_id=proposal.pk, incident_id=leak, by=house.lead)
    acts.declare(incident_id=leak, event=Event.AWARE, at=now(), evidence="A mail", by=house.lead)
    assert proposing.propose(incident_id=leak, event=Event.AWARE, at=now(), evidence="Again", by=house.lead) is None


def test_nobody_with_an_account_is_no_list(house: House, looked: Looked, leak: UUID) -> None:
    made = making.make(about(house.desk.ben), by=house.lead)
    with pytest.raises(Refused, match="has an account reference"):
        handing.hand(made.id, incident_id=leak, classes=[Class.RELEASED], by=house.lead)
    with pytest.raises(Refused, match="at least one class"):
        handing.hand(made.id, incident_id=leak, classes=[], by=house.lead)


def test_pages_of_the_desk_note_what_they_show(house: House, sign_in: SignIn) -> None:
    case, ana = house.desk.talk("my card"), house.desk.ana
    client = sign_in(ana)
    client.get("/desk/")
    client.get("/desk/")
    client.get(f"/desk/c/{case.number}/")
    client.get("/desk/search/?q=card")
    part = house.desk.talk("only its thread was asked for")
    client.get(f"/desk/c/{part.number}/messages/")
    assert Sighting.objects.filter(agent_id=ana.pk, conversation_id=part.pk, how="opened").exists()
    ways = Sighting.objects.filter(agent_id=ana.pk, conversation_id=case.pk).values_list("how", flat=True)
    assert sorted(ways) == ["found", "listed", "opened"]


def test_the_screen_counts_shows_compares_and_hands_on(
    house: House, looked: Looked, leak: UUID, sign_in: SignIn, security: Agent
) -> None:
    client, ana = sign_in(security), house.desk.ana
    asked = {"agent": [ana.pk], "since": "2026-01-01T00:00", "until": "2100-01-01T00:00"}
    assert client.post("/security/radius/", {**asked, "agent": []}).status_code == 422
    refused = client.post("/security/radius/", {**asked, "until": "2020-01-01T00:00"})
    assert "The interval ends before it begins" in refused.content.decode()
    assert client.post("/security/radius/", {**asked, "since": "x"}).status_code == 422
    made = client.post("/security/radius/", asked)
    assert made.status_code == 302
    page = client.get(made["Location"])
    assert "Seen is not leaked" in page.content.decode()
    assert page["Cache-Control"].count("no-store") == 1
    files = keeping.files_of(UUID(made["Location"].split("/")[-2]))
    assert files is not None
    assert client.get(f"{made['Location']}report.csv").content == files.as_csv
    assert client.get(f"{made['Location']}report.exe").status_code == 404
    file = SimpleUploadedFile("sample.csv", b"reference\nTW-seen\nTW-nobody\n")
    compared = client.post(f"{made['Location']}sample/", {"file": file}).content.decode()
    assert "1 had a value shown" in compared
    assert "TW-nobody" in compared
    empty = client.post(f"{made['Location']}sample/", {"file": SimpleUploadedFile("x.csv", b"\xff\xfe")})
    assert empty.status_code == 422
    nobody = client.post(f"{made['Location']}incident/", {"incident": "99", "class": ["released"]})
    assert "Choose the incident" in nobody.content.decode()
    number = Incident.objects.get(pk=leak).number
    handed = client.post(
        f"{made['Location']}incident/", {"incident": number, "class": ["released"], "aware": "1"}, follow=True
    )
    assert "1 customers are a group of incident" in handed.content.decode()
    legal = client.get(f"/incidents/{number}/legal/").content.decode()
    assert "Proposed: we became aware of it" in legal
    decided = client.post(f"/incidents/{number}/legal/proposals/{Proposal.objects.get().pk}/", {"as": "so"})
    assert decided.status_code == 302
    assert Act.objects.filter(incident=leak, event="aware").exists()


def test_what_the_house_knows_itself_is_held_against_a_report_and_a_gap_is_said(
    house: House, looked: Looked, sign_in: SignIn, security: Agent
) -> None:
    ana, ben = house.desk.ana, house.desk.ben
    for name in ("seen", "refused", "bens"):
        Report.objects.create(customer_id=looked[name].pk, happened_on=now().date(), source="form", at=now())
    made_up = [Customer.objects.create(id=canaries.new_id(now())) for _ in range(4)]
    for each in made_up:
        canaries.note(each.pk, kind="honey", by=security.pk)
    opened(ana, made_up[0])
    for viewer, each, shown_at in (
        (ana, made_up[0], now()),  # in the list
        (ana, made_up[1], now()),  # the log lacks it
        (ben, made_up[2], now()),  # somebody who was not asked about
        (ana, made_up[3], now() - timedelta(days=9)),  # before the interval
    ):
        ViewerAddress.objects.create(
            index=each.pk.bytes, agent_id=viewer.pk, canary_id=canaries.tag(each.pk), shown_at=shown_at,
            written_to_at=now(),
        )  # fmt: skip
    ViewerNumber.objects.create(index=b"n" * 16, agent_id=ben.pk, ending="00", shown_at=now(), heard=9)
    made = making.make(about(ana), by=None)
    kept = keeping.kept(made.id)
    assert kept is not None
    found = known(kept, made.files.as_json)
    assert found.proven == Proven(used=5, confirmed=1, missing=1, others=2, apart=1)
    reported = found.reported
    assert (reported.known, reported.shown, reported.refused, reported.elsewhere) == (3, 1, 1, 1)
    page = sign_in(security).get(f"/security/radius/{made.id}/").content.decode()
    for said in ("Do not rely on it before it is known why", "count for more accounts", "1 confirms this list"):
        assert said in page
    assert ben.name not in page


def test_a_cut_off_leads_to_the_question_about_its_people_and_their_time(
    house: House, looked: Looked, sign_in: SignIn, security: Agent
) -> None:
    ana = house.desk.ana
    begun = cutting_off.cut_off(target=Target(Scope.AGENT, ana.pk), why="Screens", by=security.pk)
    client = sign_in(security)
    link = f"/security/radius/?cut={begun.number}"
    assert link in client.get(f"/security/cut-off/{begun.number}/").content.decode()
    page = client.get(link).content.decode()
    assert re.findall(r'name="agent" value="(\d+)" checked', page) == [str(ana.pk)]
    since, until = re.findall(r'type="datetime-local" name="\w+" required value="([^"]+)"', page)
    first = RevealLog.objects.filter(agent_id=ana.pk).earliest("at").at
    assert datetime.fromisoformat(since) <= timezone.make_naive(first) < datetime.fromisoformat(until)
    asked = client.post("/security/radius/", {"agent": [ana.pk], "since": since, "until": until})
    kept = keeping.kept(UUID(asked["Location"].split("/")[-2]))
    assert kept is not None
    assert kept.totals["released"] == 1
    assert (
        "checked"
        not in client.get("/security/radius/?cut=999").content.decode().partition("who")[2].partition("</form>")[0]
    )


def test_the_command_writes_what_it_kept_and_names_what_is_wrong(
    house: House, looked: Looked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_text("TW-seen\nTW-refused\n")
    when = ["--from", "2026-01-01", "--to", "2100-01-01T00:00Z"]
    code = command.main(
        ["--agents", house.desk.ana.email, *when, "--out", str(tmp_path / "out"), "--sample", str(sample)]
    )
    said = capsys.readouterr().out
    assert code == 0
    assert "1 had a value shown (50%)" in said
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["report.csv", "report.json", "report.note"]
    for wrong, sentence in (
        (["--agents", "nobody"], "Nobody is known as nobody"),
        (["--agents", str(house.desk.ana.pk), "--field", "shoe"], "There is no field shoe"),
        (["--agents", str(house.desk.ana.pk), "--places", str(tmp_path / "none")], "cannot be read"),
    ):
        assert command.main([*wrong, *when]) == 1
        assert sentence in capsys.readouterr().err
    assert command.main(["--agents", str(house.desk.ana.pk), "--from", "yesterday", "--to", "now"]) == 1
    assert command.main(["--agents", str(house.desk.ana.pk), *when, "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["form"] == "holdfast.radius/v1"


def opened(agent: Agent, customer: Customer) -> None:
    """The log of a value that this agent opened."""
    row = RevealLog.objects.create(
        at=now(), agent_id=agent.pk, session="s" * 16, conversation_id=uuid7(), customer_id=customer.pk,
        subject=f"people_identity.value.{uuid7()}", field="identity", purpose="contact", outcome="allowed",
    )  # fmt: skip
    RevealTicket.objects.create(log=row, expires_at=now(), redeemed_at=now())


@pytest.fixture
def security(db: None) -> Agent:
    return create_agent(email="sec@example.com", name="Sec", role=Role.SECURITY)
