"""Whose data some accounts could know: kept apart by how, and held against the log by somebody else's file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from tests.granted import granted
from tests.guard.ledger.conftest import CUSTOMERS, START, Bundle, House, bundled

from holdfast.guard.cutoff.models import Covered, Cut
from holdfast.guard.ledger import acts
from holdfast.guard.ledger.models import Act
from holdfast.guard.radius import counting, files, keeping, reconciling, sightings
from holdfast.guard.radius.contract import Class, Names, Question, Radius, Refused
from holdfast.guard.radius.models import Sighting
from holdfast.guard.radius.reconciling import Evidence, Source
from holdfast.guard.radius.statement import sentences
from holdfast.guard.watching.models import Noticed
from holdfast.kit.ids import uuid7

REPORT = UUID(int=42)


def named(accounts: Mapping[UUID, str], cases: Mapping[UUID, int] | None = None) -> Names:
    """References and numbers as the rooms above would have them."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE named (id uuid, reference text) ON COMMIT DROP")
        cursor.execute("CREATE TEMPORARY TABLE numbered (id uuid, number bigint) ON COMMIT DROP")
        cursor.executemany("INSERT INTO named VALUES (%s, %s)", list(accounts.items()))
        cursor.executemany("INSERT INTO numbered VALUES (%s, %s)", list((cases or {}).items()))
    return Names(accounts="SELECT * FROM named", cases="SELECT * FROM numbered")


def written(
    question: Question, *, names: Names | None = None, places: Mapping[str, str] | None = None
) -> tuple[Radius, files.Files]:
    writer = files.Writer(report_id=REPORT, places=places or {}, agents={7: "Ana"})
    found = counting.count(question, names=names, told=writer.add)
    return found, writer.finish(found)


def asked(*agents: int, since: datetime = START, hours: float = 1, fields: tuple[str, ...] = ()) -> Question:
    return Question(agents=agents, since=since, until=since + timedelta(hours=hours), fields=fields)


def test_each_way_of_coming_near_a_customer_is_a_class_of_its_own(house: House) -> None:
    shown, allowed, compared, denied, mine, listed, exported = (UUID(int=500 + each) for each in range(7))
    house.reveal(customer=shown)
    house.ask(customer=allowed)
    house.ask(customer=compared, outcome="compared")
    house.ask(customer=denied, outcome="no_grant")
    granted(agent_id=7, conversation_id=uuid7(), customer_id=mine, opened_at=house.now)
    sightings.note(agent_id=7, how=Sighting.How.LISTED, cases=[(uuid7(), listed), (uuid7(), None)])
    acts.record(kind="export", actor_id=7, customer_id=exported)
    house.reveal(agent=8, customer=UUID(int=999))
    found = counting.count(asked(7))
    assert {kind: found.customers(kind) for kind in Class if found.customers(kind)} == {
        Class.RELEASED: {shown},
        Class.GRANTED: {shown, allowed},
        Class.COMPARED: {compared},
        Class.REFUSED: {denied},
        Class.ACTED: {exported},
        Class.CASE: {mine},
        Class.LISTED: {listed},
    }
    assert found.totals[Class.GRANTED] == 2
    assert found.by_field == {"iban": 1}


def test_a_value_opened_after_the_interval_is_not_in_it_though_it_was_asked_for_within(house: House) -> None:
    house.ask(customer=CUSTOMERS[0])
    house.later(30)
    house.redeem(house.tickets[-1])
    until = START + timedelta(seconds=20)
    early = counting.count(Question(agents=(7,), since=START, until=until))
    late = counting.count(Question(agents=(7,), since=until, until=START + timedelta(hours=1)))
    assert (early.customers(Class.RELEASED), early.customers(Class.GRANTED)) == (set(), {CUSTOMERS[0]})
    assert (late.customers(Class.RELEASED), late.customers(Class.GRANTED)) == ({CUSTOMERS[0]}, set())


def test_fields_narrow_what_was_asked_and_leave_what_has_no_field(house: House) -> None:
    house.reveal(customer=CUSTOMERS[0])
    granted(agent_id=7, conversation_id=uuid7(), customer_id=CUSTOMERS[1], opened_at=house.now)
    found = counting.count(asked(7, fields=("name",)))
    assert (found.customers(Class.RELEASED), found.customers(Class.CASE)) == (set(), {CUSTOMERS[1]})
    assert counting.count(asked(7, fields=("iban", "name"))).customers(Class.RELEASED) == {CUSTOMERS[0]}


def test_a_case_counts_for_as_long_as_it_was_the_accounts(house: House) -> None:
    before = START - timedelta(days=2)
    ended = START - timedelta(days=1)
    granted(agent_id=7, conversation_id=uuid7(), customer_id=CUSTOMERS[0], opened_at=before, closed_at=ended)
    granted(agent_id=7, conversation_id=uuid7(), customer_id=CUSTOMERS[1], opened_at=before)
    assert counting.count(asked(7)).customers(Class.CASE) == {CUSTOMERS[1]}


def test_a_page_seen_twice_a_day_is_noted_once(house: House) -> None:
    case, customer = uuid7(), UUID(int=77)
    for _ in range(3):
        sightings.note(agent_id=7, how=Sighting.How.OPENED, cases=[(case, customer)])
    sightings.note(agent_id=7, how=Sighting.How.FOUND, cases=[(case, customer)])
    assert Sighting.objects.count() == 2


def test_what_pages_showed_is_forgotten_after_400_days_unless_its_evidence_is_held(house: House) -> None:
    for agent in (7, 8):
        sightings.note(agent_id=agent, how=Sighting.How.LISTED, cases=[(uuid7(), UUID(int=agent))])
    cut = Cut.objects.create(scope="agent", target_id=8, label="Eight", kind="out", why="Drill", at=house.now)
    Covered.objects.create(cut=cut, agent_id=8)
    house.later(399 * 86_400)
    assert sightings.forget() == 0
    house.later(2 * 86_400)
    assert sightings.forget() == 1
    assert list(Sighting.objects.values_list("agent_id", flat=True)) == [8]


def test_what_it_covers_and_where_it_ends_is_said(house: House) -> None:
    house.now = START + timedelta(hours=2)
    house.reveal()
    Act.objects.create(at=house.now, kind="export", actor_id=7)
    found = counting.count(asked(7, hours=4))
    said = " ".join(sentences(found))
    assert said.startswith("Seen is not leaked.")
    assert (
        "The log begins 2026-03-02 11:00 UTC. What was seen from 2026-03-02 09:00 UTC until then is not known." in said
    )
    assert "The interval was not over when it was counted" in said
    assert "made 1 export that name no customer" in said
    assert "has not been signed yet" in said
    house.sequence()
    assert "signed 2026-03-02 11:00 UTC; each can be proven from it" in " ".join(
        sentences(counting.count(asked(7, hours=4)))
    )


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ({"agents": ()}, "Name at least one account."),
        ({"until": START}, "The interval ends before it begins. Give the earlier time first."),
        ({"since": datetime(2026, 3, 2)}, "Give times with their zone, such as 2026-03-02T09:00Z."),  # noqa: DTZ001
    ],
)
def test_a_question_that_makes_no_sense_is_refused_in_a_sentence(question: dict[str, object], sentence: str) -> None:
    whole = {"agents": (7,), "since": START, "until": START + timedelta(hours=1)}
    with pytest.raises(Refused, match=sentence):
        Question(**{**whole, **question})  # type: ignore[arg-type]


def test_an_interval_to_come_is_refused(house: House) -> None:
    with pytest.raises(Refused, match="begins in the future"):
        counting.count(asked(7, since=START + timedelta(days=1)))


@pytest.fixture
def bundle(house: House, keys: Path, tmp_path: Path) -> Bundle:
    house.day()
    house.reveal(customer=CUSTOMERS[5])
    house.sequence()
    return bundled(tmp_path / "bundle", keys)


def made(tmp_path: Path, *agents: int) -> Path:
    """A report over the whole day, in files."""
    _, report = written(asked(*agents), names=named({CUSTOMERS[0]: "TW-1"}), places={"TW-1": "US-ME"})
    (tmp_path / "report.json").write_bytes(report.as_json)
    (tmp_path / "report.note").write_text(report.note)
    (tmp_path / "report.csv").write_bytes(report.as_csv)
    return tmp_path


def blast(bundle: Bundle, folder: Path, *agents: int) -> tuple[int, str]:
    named = [word for each in agents for word in ("--actor", each)]
    return bundle.verify(
        "blast", bundle.path, *named, "--from", START.isoformat(), "--to", (START + timedelta(hours=1)).isoformat(),
        "--report", folder / "report.json", "--signed", folder / "report.note",
    )  # fmt: skip


def test_an_auditor_finds_exactly_the_same_customers_and_the_signature(bundle: Bundle, tmp_path: Path) -> None:
    code, said = blast(bundle, made(tmp_path, 7, 8), 7, 8)
    assert code == 0, said
    assert "The report is signed by" in said
    assert "The report's 6 customers of released are exactly those in the log." in said


def test_a_report_that_leaves_somebody_out_is_found_even_when_signed_anew(bundle: Bundle, tmp_path: Path) -> None:
    folder = made(tmp_path, 7)
    code, said = blast(bundle, folder, 7, 8)
    assert code == 1
    assert "The report leaves out" in said
    told = json.loads((folder / "report.json").read_bytes())
    told["customers"]["released"].pop()
    (folder / "report.json").write_text(json.dumps(told))
    code, said = blast(bundle, folder, 7)
    assert code == 1
    assert "its hash is another" in said


def test_a_checkpoint_cannot_be_vouched_for_as_something_else() -> None:
    from holdfast.guard.ledger.notes import Signer

    with pytest.raises(ValueError, match="five lines"):
        Signer.log(origin="a.example/ledger", seed=b"x").vouch("a.example/ledger\n1\nAAAA\n")


def test_the_table_has_a_line_for_each_class_and_runs_nothing(house: House) -> None:
    house.reveal()
    house.ask(customer=CUSTOMERS[0], field='=RUN("a\tb")', outcome="no_grant")
    _, report = written(asked(7), names=named({CUSTOMERS[0]: '=HYPERLINK("x")'}))
    rows = list(csv.DictReader(io.StringIO(report.as_csv.decode())))
    assert [(row["how"], row["field"]) for row in rows] == [
        ("released", "iban"),
        ("granted", "iban"),
        ("refused", "'=RUN(a b)"),
    ]
    assert {row["account"] for row in rows} == {'\'=HYPERLINK("x")'}


def test_both_files_say_the_same_whatever_a_reference_is_made_of(house: House) -> None:
    case = uuid7()
    granted(agent_id=7, conversation_id=case, customer_id=CUSTOMERS[0], opened_at=house.now)
    granted(agent_id=7, conversation_id=uuid7(), customer_id=CUSTOMERS[0], opened_at=house.now)
    reference, place = 'A "b", c\r\nd\\ü', 'D,"E"'
    _, report = written(asked(7), names=named({CUSTOMERS[0]: reference}, {case: 12}), places={reference: place})
    (person,) = json.loads(report.as_json)["people"]
    (row,) = csv.DictReader(io.StringIO(report.as_csv.decode(), newline=""))
    assert (person["account"], person["place"]) == (row["account"], row["place"]) == (reference, place)
    (touch,) = person["touches"]
    assert [str(each) for each in touch["cases"]] == row["cases"].split()
    assert 12 in touch["cases"]
    assert (touch["first"], touch["times"]) == (row["first"], int(row["times"])) == ("2026-03-02T09:00:00Z", 2)


def test_a_report_is_kept_byte_for_byte_and_its_hash_stands_in_the_log(house: House) -> None:
    house.reveal()
    found, report = written(asked(7))
    keeping.keep(found, report, report_id=REPORT, by=3)
    assert keeping.files_of(REPORT) == report
    kept = keeping.kept(REPORT)
    assert kept is not None
    assert (kept.totals["released"], kept.agents) == (1, (7,))
    digest = report.note.split("json ")[1][:64]
    assert Act.objects.get(kind="blast_radius").details.endswith(digest)
    earliest = keeping.earliest_recorded([7, 8])
    assert earliest is not None
    assert earliest.at == found.made_at
    assert keeping.earliest_recorded([8]) is None
    Noticed.objects.create(agent_id=8, kind="denials", sentence="Ten refusals.", at=START, seen_at=house.now)
    assert keeping.earliest_recorded([7, 8]) == keeping.Recorded(START, "a signal about one of them")


def test_a_leaked_sample_is_held_against_it(house: House) -> None:
    house.reveal(customer=CUSTOMERS[0])
    house.ask(customer=CUSTOMERS[1], outcome="no_grant")
    sightings.note(agent_id=7, how=Sighting.How.LISTED, cases=[(uuid7(), CUSTOMERS[2])])
    _, report = written(asked(7), names=named({who: f"TW-{number}" for number, who in enumerate(CUSTOMERS)}))
    sample = reconciling.references("reference\nTW-0\nTW-1\r\nTW-2,DE\n\nTW-5\nTW-0\n")
    (held,) = reconciling.reconcile(report.as_json, [Evidence(source=Source.SAMPLE, accounts=sample)])
    assert (held.known, held.shown, held.masked, held.refused, held.elsewhere) == (4, 1, 1, 1, 1)
    assert (held.examples, held.share) == (("TW-5",), 0.25)
    with pytest.raises(Refused, match="no reference in it"):
        reconciling.references("reference\n\n")
