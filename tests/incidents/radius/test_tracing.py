"""A photograph that turned up: read by a worker, kept for good, evidence in the list of what its account could know."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.guard.marks.camera import GOOD, POOR, photograph
from tests.guard.marks.test_decoding import CARD, PAGE, screen
from tests.incidents.conftest import House

from holdfast.guard.ledger.models import Act
from holdfast.guard.marks import photos, reading, tasks, traces
from holdfast.guard.marks.models import Overlay, Photograph, Reading, Trace
from holdfast.guard.models import RevealLog, RevealTicket
from holdfast.guard.radius import keeping
from holdfast.guard.radius.contract import Question, Refused
from holdfast.guard.radius.known import Traced, known
from holdfast.incidents.radius import making, trace_command, tracing
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Customer

SignIn = Callable[[Agent], Client]
ANAS, BENS = "a" * 16, "b" * 16


@pytest.fixture
def officer(house: House) -> Agent:
    return house.desk.security


@pytest.fixture
def seen(house: House) -> Customer:
    """Ana and Ben were both shown the account number of one customer, each in a session of their own."""
    customer = Customer.objects.create(name="Somebody", reference="TW-7")
    case = house.desk.talk(channel="email", customer=customer)
    left, top, width, height = CARD
    for agent, session in ((house.desk.ana, ANAS), (house.desk.ben, BENS)):
        row = RevealLog.objects.create(
            at=now() - timedelta(minutes=5),
            agent_id=agent.pk,
            session=session,
            conversation_id=case.pk,
            customer_id=customer.pk,
            subject=f"people_customer.iban.{customer.pk}",
            field="iban",
            purpose="payment",
            outcome="allowed",
        )
        RevealTicket.objects.create(log=row, expires_at=now(), redeemed_at=now() - timedelta(minutes=4))
        Overlay.objects.create(
            log_id=row.pk, first_at=now(), last_at=now(), width=PAGE[0], height=PAGE[1], left=left, top=top,
            card_width=width, card_height=height,
        )  # fmt: skip
    return customer


def brought(client: Client, content: bytes, name: str = "IMG_1.jpg", **given: str) -> UUID:
    """Bring a file on the page; return the id of what is being read."""
    sent = {"file": SimpleUploadedFile(name, content), "customer": "TW-7", **given}
    answer = client.post("/security/radius/traces/", sent)
    assert answer.status_code == 302, answer.content.decode()
    return UUID(answer["Location"].rstrip("/").rpartition("/")[2])


def test_a_photograph_leads_to_a_session_a_signed_list_and_back_and_nothing_of_it_can_be_changed(
    house: House, seen: Customer, officer: Agent, sign_in: SignIn
) -> None:
    client, taken = sign_in(officer), photograph(screen(ANAS), GOOD, seed=3)
    corners = ",".join(f"{x:.1f},{y:.1f}" for x, y in taken.corners)
    id_ = brought(client, taken.jpeg, keep="1", corners=corners)
    assert ProcrastinateJob.objects.filter(task_name="holdfast.guard.marks.tasks.read_photograph").count() == 1
    waiting = client.get(f"/security/radius/traces/{id_}/").content.decode()
    assert "waits for a worker" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert taken.jpeg not in bytes(Photograph.objects.get().closed), "it is sealed while it waits"
    tasks.read_photograph(reading_id=str(id_))
    tasks.read_photograph(reading_id=str(id_))  # a job may come twice
    assert not Reading.objects.exists()

    kept = traces.trace(id_)
    assert kept is not None
    assert (kept.agent_id, kept.session, kept.compared) == (house.desk.ana.pk, ANAS, 2)
    assert kept.customers == (seen.pk,)
    assert kept.z >= 6
    assert kept.sha256 == reading.digest(taken.jpeg)
    assert kept.asked.customer_id == seen.pk
    act = Act.objects.get(kind="photograph_traced")
    assert act.actor_id == officer.pk
    assert kept.sha256 in act.details
    for change in (lambda: Trace.objects.update(agent_id=house.desk.ben.pk), lambda: Trace.objects.all().delete()):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            change()

    page = client.get(f"/security/radius/traces/{id_}/").content.decode()
    assert f"Session of {house.desk.ana.name}" in page
    assert "not who held the camera" in page
    assert house.desk.ben.name not in page, "how well others fit is chance"
    given = client.get(f"/security/radius/traces/{id_}/file/")
    assert given.content == taken.jpeg
    assert given["Content-Disposition"].startswith("attachment")
    assert Act.objects.filter(kind="photograph_taken_out", actor_id=officer.pk).count() == 1
    assert client.post(f"/security/radius/traces/{id_}/file/gone/").status_code == 302
    assert not Photograph.objects.exists()
    assert client.get(f"/security/radius/traces/{id_}/file/").status_code == 404

    answer = client.post(f"/security/radius/traces/{id_}/radius/")
    report_id = UUID(answer["Location"].rstrip("/").rpartition("/")[2])
    report, files = keeping.kept(report_id), keeping.files_of(report_id)
    assert report is not None
    assert files is not None
    told = json.loads(files.as_json)
    assert told["customers"]["released"] == [str(seen.pk)]
    assert [(each["trace"], each["account"], each["sha256"]) for each in told["traces"]] == [
        (str(id_), house.desk.ana.pk, kept.sha256)
    ]
    assert any("evidence of whose screen" in sentence for sentence in told["statement"])
    found = known(report, files.as_json).traced
    assert (found.read, found.confirmed, found.missing) == (1, 1, 0)
    page = client.get(f"/security/radius/{report_id}/").content.decode()
    assert "not who passed it on" in page
    assert "Seen is not leaked" in page
    assert "a trace to Ana" in client.get(f"/security/radius/?trace={id_}").content.decode()
    earliest = keeping.earliest_recorded([house.desk.ana.pk])
    assert earliest is not None
    assert "photograph" in earliest.what


def test_a_report_of_somebody_else_or_of_another_time_is_told_of_a_gap(house: House, seen: Customer) -> None:
    asked = reading.Asked(customer_id=seen.pk)
    verdict, rows = reading.read(photograph(screen(ANAS), GOOD, seed=3).jpeg, asked)
    assert verdict.named is not None, verdict.sentence
    reading.keep(b"photo", asked, verdict, rows, with_file=False)

    def traced(agent: Agent, *, ago: int, hours: int = 1, fields: tuple[str, ...] = ()) -> Traced:
        since = now() - timedelta(hours=ago)
        question = Question(agents=(agent.pk,), since=since, until=since + timedelta(hours=hours), fields=fields)
        made = making.make(question, by=None)
        kept = keeping.kept(made.id)
        assert kept is not None
        found = known(kept, made.files.as_json)
        assert bool(found.gaps) == (found.traced.confirmed == 0 and found.traced.read > 0)
        return replace(found.traced, own=())

    ana, ben = house.desk.ana, house.desk.ben
    assert traced(ana, ago=1) == Traced(read=1, confirmed=1)
    assert traced(ben, ago=1) == Traced(read=1, others=1)
    assert traced(ben, ago=9) == Traced(), "another account, at another time, is another matter"
    assert traced(ana, ago=9) == Traced(read=1, apart=1)
    assert traced(ana, ago=1, fields=("address",)) == Traced(read=1, apart=1)


def test_where_the_marks_are_not_clear_nobody_is_named_and_nothing_follows(
    house: House, seen: Customer, officer: Agent, sign_in: SignIn
) -> None:
    client = sign_in(officer)
    part = screen(ANAS).crop((440, 205, 560, 265))
    id_ = brought(client, photograph(part, POOR, seed=2).jpeg)
    tasks.read_photograph(reading_id=str(id_))
    kept = traces.trace(id_)
    assert kept is not None
    assert (kept.agent_id, kept.session, kept.shown_first, kept.customers) == (None, "", None, ())
    assert not Photograph.objects.exists(), "it was not chosen to be kept"
    page = client.get(f"/security/radius/traces/{id_}/").content.decode()
    assert "Nobody is named" in page
    assert house.desk.ana.name not in page.partition('id="main"')[2], "nor under how well each fits"
    assert client.post(f"/security/radius/traces/{id_}/radius/").status_code == 422
    assert traces.naming() == []
    assert tracing.meant(id_) is None
    with pytest.raises(Refused, match="names nobody"):
        tracing.count(id_, by=officer.pk)


def test_too_many_sessions_to_compare_with_are_told_before_anything_is_decoded(
    house: House, seen: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_SESSIONS", 1)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(photos.NotReadable, match="That is 2 sessions to compare with, and at most 1 fit"):
        reading.read(_grey(), reading.Asked())


def test_a_code_and_a_file_are_read_and_kept_as_well(
    house: House, seen: Customer, officer: Agent, sign_in: SignIn
) -> None:
    client = sign_in(officer)
    answer = client.post("/security/radius/traces/", {"code": "7K3MQ 2X9HD", "customer": "TW-7"})
    id_ = UUID(answer["Location"].rstrip("/").rpartition("/")[2])
    tasks.read_photograph(reading_id=str(id_))
    kept = traces.trace(id_)
    assert kept is not None
    assert (kept.what, kept.sha256, kept.agent_id) == ("code", "", None)
    file = brought(client, b"%PDF-1.4 no mark in it", "letter.pdf")
    tasks.read_photograph(reading_id=str(file))
    kept = traces.trace(file)
    assert kept is not None
    assert kept.what == "file"
    assert "carries no mark" in kept.sentence


def _grey() -> bytes:
    out = io.BytesIO()
    Image.new("L", (300, 200), 90).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "Choose the photograph"),
        ({"file": b"\xff\xd8\xff no picture"}, "not a picture that can be read"),
        ({"file": _grey(), "case": "99"}, "There is no case 99."),
        ({"file": _grey(), "customer": "TW-404"}, "no customer with the reference TW-404"),
        ({"file": _grey(), "corners": "1,2,3"}, "Give 8 numbers"),
        ({"file": _grey(), "size": "0x900"}, "size in CSS pixels"),
        ({"file": _grey(), "since": "2026-03-02T10:00", "until": "2026-03-02T09:00"}, "ends before it begins"),
        ({"file": _grey(), "since": "noon"}, "From"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(
    house: House, officer: Agent, sign_in: SignIn, given: dict[str, str | bytes], says: str
) -> None:
    sent = {key: SimpleUploadedFile("x.jpg", v) if isinstance(v, bytes) else v for key, v in given.items()}
    answer = sign_in(officer).post("/security/radius/traces/", sent)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Reading.objects.exists()


def test_corners_that_span_nothing_are_told_when_it_is_read_and_a_stuck_one_may_be_asked_again(
    house: House, seen: Customer, officer: Agent, sign_in: SignIn
) -> None:
    client = sign_in(officer)
    id_ = brought(client, _grey(), "grey.png", corners="0,0,0,0,0,0,0,0")
    Reading.objects.update(moved_at=now() - timedelta(minutes=3))
    assert "Ask again" in client.get(f"/security/radius/traces/{id_}/").content.decode()
    jobs = ProcrastinateJob.objects.count()
    client.post(f"/security/radius/traces/{id_}/again/")
    assert ProcrastinateJob.objects.count() == jobs + 1
    tasks.read_photograph(reading_id=str(id_))
    page = client.get(f"/security/radius/traces/{id_}/").content.decode()
    assert "do not span a surface" in page
    assert not Photograph.objects.exists()
    assert not Trace.objects.exists()
    Reading.objects.update(at=now() - timedelta(days=31))
    assert tasks.forget_readings(timestamp=0) == 1


def test_the_command_keeps_what_it_read(
    house: House, seen: Customer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "grey.png").write_bytes(_grey())
    assert trace_command.main([str(tmp_path / "grey.png"), "--customer", "TW-7", "--keep", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    kept = traces.trace(UUID(told["trace"]))
    assert kept is not None
    assert (kept.by_id, kept.agent_id, kept.sha256) == (None, None, reading.digest(_grey()))
    assert traces.has_file(kept.id)
    assert trace_command.main([str(tmp_path / "grey.png"), "--customer", "TW-7"]) == 2
    assert "Kept as trace" in capsys.readouterr().out
    assert Photograph.objects.count() == 1, "only where it was asked for"
