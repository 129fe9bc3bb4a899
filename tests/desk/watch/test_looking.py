"""What the house knows of an opening's case, made-up customers, and what a look keeps on file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from tests.granted import granted

from holdfast.channels.email_in import incoming_from_mail
from holdfast.conversations.assignments import assign, take_next
from holdfast.conversations.closures import close, reopen
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Conversation
from holdfast.desk import tasks
from holdfast.desk.watch import days, planting, reporting
from holdfast.desk.watch.facts import gather, with_openings_of
from holdfast.desk.watch.looking import look, seen_by
from holdfast.desk.watch.made_up_accounts import account
from holdfast.guard import reveals
from holdfast.guard.keys import blind_index
from holdfast.guard.marks.models import Overlay
from holdfast.guard.models import RevealLog, RevealTicket
from holdfast.guard.watching import addresses, canaries, notices, numbers, restraints, searches
from holdfast.guard.watching.contract import Kind, Oddity
from holdfast.guard.watching.errors import Refused
from holdfast.guard.watching.models import CountedDay, DayCount, Noticed, Report, Search, ViewerAddress
from holdfast.intake.accept import accept_now
from holdfast.intake.contact import Incoming
from holdfast.intake.models import Contact
from holdfast.kit.blobs import BlobStore
from holdfast.kit.clock import now
from holdfast.people.models import Customer, Identity
from holdfast.staffing.models import Shift
from holdfast.triage.batch import process

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel("2026-03-02 09:00:00+00:00", tick=False) as moved:
        yield moved


@pytest.fixture
def canary_domain(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(settings, "CANARY_DOMAIN", "postbox.example")
    return "postbox.example"


def _opened(agent_id: int, conversation: Conversation, *, field: str = "iban", at: datetime | None = None) -> RevealLog:
    """An opened value in the log, as the gate writes it."""
    log = RevealLog.objects.create(
        at=at or now(),
        agent_id=agent_id,
        session="s",
        conversation_id=conversation.pk,
        subject=f"people_customer.{field}.{conversation.customer_id}",
        customer_id=conversation.customer_id,
        field=field,
        purpose="payment",
        outcome="allowed",
    )
    RevealTicket.objects.create(log=log, expires_at=log.at + timedelta(seconds=60), redeemed_at=log.at)
    return log


def _refused(agent_id: int, count: int, customer: Customer | None = None) -> None:
    for number in range(count):
        RevealLog.objects.create(
            at=now() - timedelta(minutes=number),
            agent_id=agent_id,
            session="s",
            conversation_id=Customer().pk,
            subject="",
            customer_id=customer.pk if customer else None,
            field="iban",
            purpose="payment",
            outcome="no_grant",
        )


def test_what_explains_an_opening_is_read_from_its_case(desk: Any, clock: time_machine.Coordinates) -> None:
    routed = desk.talk(at=now() - timedelta(hours=1))
    picked, reopened, closed, nobodys = (desk.talk() for _ in range(4))
    take_next(agent_id=desk.ana.pk, queue_ids=[desk.cards.pk])
    assign(conversation_id=picked.pk, to=desk.ana.pk, by=desk.ana.pk)
    close(conversation_id=reopened.pk, by=desk.ana.pk)
    reopen(conversation_id=reopened.pk, by=desk.ana.pk)
    for each in (reopened, closed):
        assign(conversation_id=each.pk, to=desk.ana.pk, by=desk.lead.pk)
    clock.shift(10)
    entries = {each.pk: _opened(desk.ana.pk, each).pk for each in (routed, picked, reopened, closed, nobodys)}
    clock.shift(30)
    close(conversation_id=closed.pk, by=desk.ana.pk)
    for each in (routed, picked, reopened):
        post_reply(conversation_id=each.pk, by=desk.ana.pk, text="Done", client_key=str(each.pk))
    clock.shift(86_400)
    found = {each.entry: each.oddities for each in gather(now()).openings}
    assert [found[entries[each.pk]] for each in (routed, picked, reopened, closed, nobodys)] == [
        frozenset(),
        {Oddity.SELF_ASSIGNED},
        {Oddity.SELF_REOPENED},
        {Oddity.CLOSED_AT_ONCE, Oddity.NO_WORD_AFTER},
        {Oddity.NOT_ROUTED, Oddity.NO_WORD_AFTER},
    ]
    (day,) = [day for day in gather(now()).days if day.agent_id == desk.ana.pk]
    assert (day.cases, day.openings, day.values, day.unexplained) == (4, 5, 1, 4), "one customer's one value"


def test_how_a_case_came_and_whose_customer_is_unusual_is_read_with_the_opening(
    desk: Any, clock: time_machine.Coordinates
) -> None:
    usual = [Customer(city="Cork", tier="plain") for _ in range(196)] + [Customer(city="Oslo") for _ in range(4)]
    Customer.objects.bulk_create(usual)
    began = now() - timedelta(days=5)
    Conversation.objects.bulk_create(
        Conversation(customer=each, channel="chat", queue_id=desk.cards.pk, created_at=began, last_message_at=began)
        for each in usual
    )
    vip = Customer.objects.create(city="Cork", tier="vip")
    plain, rare, elsewhere, far = (
        desk.talk(customer=usual[0]),
        desk.talk(customer=vip),
        desk.talk(customer=usual[1], queue=desk.payments),
        desk.talk(customer=Customer.objects.create(city="Bergen", tier="plain")),
    )
    assign(conversation_id=plain.pk, to=desk.ana.pk, by=desk.lead.pk)
    assign(conversation_id=rare.pk, to=desk.ana.pk, by=None)
    assign(conversation_id=far.pk, to=desk.ana.pk, by=desk.ana.pk)
    clock.shift(10)
    for case in (plain, rare, elsewhere, far, far):
        _opened(desk.ana.pk, case)
        clock.shift(1)
    facts = gather(now())
    assert [each.came for each in facts.openings] == ["given", "routed", "not_held", "picked", "picked"]
    words = [each.outside for each in facts.openings]
    assert [bool(each) for each in words] == [False, True, True, True, False], "known customers are not new again"
    assert [each.split()[1] for each in words if each] == ["a", "cases", "towns"]
    (day,) = [day for day in facts.days if day.agent_id == desk.ana.pk]
    assert (day.outside, day.off_shift) == (3, 0), "without a roster nothing is off shift"
    assert {(way, count) for _, way, count in day.came} == {
        ("given", 1),
        ("routed", 1),
        ("not_held", 1),
        ("picked", 1),
    }


def test_days_are_counted_once_when_they_are_over_and_again_when_they_are_missing(
    desk: Any, clock: time_machine.Coordinates
) -> None:
    started = now()
    for back in (0, 1, 3, 3, 9, 50):
        case = desk.talk(at=now() - timedelta(days=back, hours=1))
        _opened(desk.ana.pk, case, at=now() - timedelta(days=back))
    first = gather(now() + timedelta(minutes=1)).days
    assert [(started.date() - day.day).days for day in first] == [50, 9, 3, 1, 0]
    assert CountedDay.objects.count() == 77, "all but the last week, which is read anyway"
    kept = list(DayCount.objects.values_list("pk", flat=True))
    assert len(kept) == 2, "of the days over which nobody did anything there is no row"
    assert gather(now() + timedelta(minutes=2)).days == first
    assert list(DayCount.objects.values_list("pk", flat=True)) == kept, "nothing was counted twice"
    CountedDay.objects.filter(day=(started - timedelta(days=50)).date()).delete()
    assert gather(now() + timedelta(minutes=3)).days == first, "a day that is missing is counted again"
    assert set(DayCount.objects.values_list("pk", flat=True)) - set(kept), "from the log"
    clock.shift(8 * 86_400)
    assert gather(now()).days == first
    assert days.forget_old(started.date()) == 4


def test_what_stands_out_by_days_names_its_openings_of_four_weeks(desk: Any, clock: time_machine.Coordinates) -> None:
    case = desk.talk()
    row = _opened(desk.ana.pk, case, at=now() - timedelta(days=20))
    other = _opened(desk.bob.pk, case, at=now() - timedelta(days=20))
    facts = gather(now())
    assert facts.openings == ()
    assert [each.entry for each in with_openings_of({desk.ana.pk}, facts).openings] == [row.pk]
    assert other.pk not in {each.entry for each in with_openings_of({desk.ana.pk}, facts).openings}


def test_what_is_opened_outside_of_shifts_and_in_breaks_is_counted_where_a_roster_is_kept(
    desk: Any, clock: time_machine.Coordinates
) -> None:
    case, begins = desk.talk(), now() - timedelta(hours=1)
    for back in range(80):
        day = begins - timedelta(days=back)
        for from_hour, until_hour in ((0, 4), (5, 8)):
            Shift.objects.create(
                agent=desk.ana,
                begins_at=day + timedelta(hours=from_hour),
                ends_at=day + timedelta(hours=until_hour),
            )
    for hours in (0, 3.6, 7.1, 7.5, -2):
        for agent in (desk.ana, desk.ben):
            _opened(agent.pk, case, at=now() + timedelta(hours=hours))
    facts = gather(now() + timedelta(hours=9))
    off = [each.at.hour + each.at.minute / 60 for each in facts.openings if each.off_shift]
    assert off == [7.0, 12.6, 16.5], "before it, in the break, and after it; ten minutes after it is nothing"
    assert {each.agent_id for each in facts.openings if each.off_shift} == {desk.ana.pk}
    assert facts.rostered == {desk.ana.pk}
    assert {day.agent_id: day.off_shift for day in facts.days} == {desk.ana.pk: 1, desk.ben.pk: 0}


def test_a_look_keeps_a_signal_once_gives_less_and_forgets_it_when_its_reason_is_gone(
    desk: Any, clock: time_machine.Coordinates
) -> None:
    _refused(desk.ana.pk, 12)
    first = look()
    assert [signal.kind for signal in first.signals] == [Kind.DENIALS]
    assert len(first.new) == 1
    assert [(each.kind, each.by) for each in restraints.in_force([desk.ana.pk])] == [("half", None)]
    assert look().new == (), "still the same"
    clock.shift(8 * 86_400)
    assert look().signals == ()
    assert Noticed.objects.get().closed_at is not None
    assert not restraints.in_force()


def test_nobody_is_named_before_two_independent_signals_and_a_person(desk: Any, canary_domain: str) -> None:
    _refused(desk.ana.pk, 12)
    look()
    (found,) = notices.dossiers()
    assert found.alias != str(desk.ana.pk)
    assert not found.may_be_named
    with pytest.raises(Refused, match="One kind of evidence"):
        notices.name(found.alias, words="I am sure it is her", by=desk.security.pk)
    _heard_from(desk, canary_domain)
    look()
    (found,) = notices.dossiers()
    assert (found.independent, found.named) == (2, False), "the second does not name by itself"
    assert {each.kind for each in restraints.in_force()} == {"half", "second"}
    with pytest.raises(Refused, match="few words"):
        notices.name(found.alias, words="", by=desk.security.pk)
    with pytest.raises(Refused, match="Somebody else"):
        notices.name(found.alias, words="It is not me", by=desk.ana.pk)
    assert (
        notices.name(found.alias, words="Two of a kind that cannot both be chance", by=desk.security.pk) == desk.ana.pk
    )
    assert notices.dossiers()[0].named


def test_what_a_person_finds_explained_ends_what_was_taken(desk: Any) -> None:
    _refused(desk.ana.pk, 12)
    look()
    (found,) = notices.dossiers()
    notices.watch_on(found.notices[0].id, words="Asked her lead about it", by=desk.security.pk)
    assert len(notices.dossiers()[0].decisions) == 1
    notices.explain(found.notices[0].id, words="A page that kept asking", by=desk.security.pk)
    assert notices.dossiers() == []
    assert restraints.in_force() == []
    assert look().signals == (), "what was before is not counted again"
    with pytest.raises(Refused, match="decided already"):
        notices.explain(found.notices[0].id, words="Once more", by=desk.security.pk)


def _heard_from(desk: Any, domain: str) -> str:
    made_up = planting.plant(kind="honey", by=desk.security.pk)
    on_file = addresses.address_of(made_up, viewer=0, initial="a")
    shown = addresses.as_seen_by(on_file, customer_id=made_up, viewer=desk.ana.pk)
    assert shown.endswith(f"@{domain}")
    raw = f"From: x@scam.example\r\nTo: {shown}\r\nSubject: Your account\r\nMessage-ID: <1@scam>\r\n\r\nHello".encode()
    accept_now([incoming_from_mail(raw, blobs=BlobStore(settings.BLOB_DIR))])
    process(list(Contact.objects.all()))
    assert ViewerAddress.objects.get().written_to_at is not None
    return shown


def test_each_viewer_sees_another_address_of_a_made_up_customer_and_the_same_again(
    desk: Any, canary_domain: str
) -> None:
    made_up = planting.plant(kind="honey", by=desk.security.pk)
    on_file = addresses.address_of(made_up, viewer=0, initial="m")
    seen = [addresses.as_seen_by(on_file, customer_id=made_up, viewer=agent) for agent in range(1, 80)]
    assert len({*seen, on_file}) == 80
    assert {(each[0], each.partition("@")[2]) for each in seen} == {("m", canary_domain)}, "the mask is the same"
    assert addresses.as_seen_by(on_file, customer_id=made_up, viewer=3) == seen[2]
    assert addresses.as_seen_by(on_file, customer_id=desk.customer.pk, viewer=3) == on_file, (
        "a real customer's is theirs"
    )
    assert addresses.as_seen_by("NL91", customer_id=made_up, viewer=3) == "NL91"
    assert addresses.written_to(addresses.indexes_of([on_file])) == 0, "what is on file tells nobody"
    assert addresses.written_to(addresses.indexes_of([seen[5], "x@else.example"])) == 1
    assert not addresses.indexes_of(["x@else.example", ""])
    assert ViewerAddress.objects.count() == 79


@pytest.fixture
def phones(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Five numbers that end alike, and one of another ending."""
    pool = (*(f"+49 30 55501{n}17" for n in range(5)), "+49 30 5550999")
    monkeypatch.setattr(settings, "CANARY_PHONES", pool)
    return pool


def test_each_viewer_is_shown_a_number_of_their_own_while_there_are_some(
    desk: Any, canary_domain: str, phones: tuple[str, ...], clock: time_machine.Coordinates
) -> None:
    Identity.objects.create(customer=desk.customer, kind="phone", value="+4930111", index=b"p" * 16)
    made_up = planting.plant(kind="honey", by=desk.security.pk)
    identity = Identity.objects.get(customer_id=made_up, kind="phone")
    on_file = "+4930555010" + "17"
    assert bytes(identity.index) == blind_index("phone", on_file)
    shown = [addresses.as_seen_by(on_file, customer_id=made_up, viewer=agent) for agent in (7, 8, 9, 10, 11)]
    assert len(set(shown)) == 5, "the last sees the one on file, for none is left"
    assert {number[-2:] for number in shown} == {"17"}, "the mask is the same"
    assert shown[4] == on_file
    assert addresses.as_seen_by(on_file, customer_id=made_up, viewer=8) == shown[1]
    assert addresses.as_seen_by(on_file, customer_id=desk.customer.pk, viewer=8) == on_file
    with_number = reporting.bring_in_calls(f"number,date\n{shown[0]},2026-03-01\n+4912345,2026-03-01\n", by=1)
    assert (with_number.taken, with_number.unknown) == (1, 1)
    assert not look().signals, "one call may be a wrong number"
    accept_now(
        [
            Incoming(
                channel="sms",
                source="t",
                sender={"phone": "+1"},
                text="Hi",
                payload={"sent_to": numbers.indexes_of([shown[0]])},
            )
        ]
    )
    process(list(Contact.objects.filter(channel="sms")))
    clock.shift(1)
    assert [(signal.kind, signal.agent_id) for signal in look().signals] == [(Kind.CONTACT, 7)]
    reporting.bring_in_calls(f"number,date,knew\n{shown[1]},2026-03-01,name\n{on_file},2026-03-01,name\n", by=1)
    clock.shift(1)
    found = look().signals
    assert {signal.agent_id for signal in found} == {7, 8}, "who knew the name was not misdialled; on file tells nobody"
    assert "1 telephone number of made-up customers" in found[0].sentence


def test_the_source_of_a_made_up_mail_shows_each_viewer_their_own_address(desk: Any, canary_domain: str) -> None:
    made_up = planting.plant(kind="honey", by=desk.security.pk)
    source = BlobStore(settings.BLOB_DIR).path(Contact.objects.get().raw).read_text()
    on_file = source.partition("<")[2].partition(">")[0]
    assert on_file.endswith(canary_domain)
    seen = [addresses.in_text(source, customer_id=made_up, viewer=agent) for agent in (1, 2)]
    assert on_file not in seen[0] + seen[1]
    assert seen[0] != seen[1]
    own = addresses.as_seen_by(on_file, customer_id=made_up, viewer=1)
    assert seen[0] == source.replace(on_file, own), "and nothing else is changed"
    assert addresses.in_text(source, customer_id=desk.customer.pk, viewer=1) == source


@pytest.mark.parametrize(
    ("country", "length"),
    [("DE", 22), ("GB", 22), ("IE", 22), ("FR", 27), ("BR", 29), ("NO", 15), ("PL", 28), ("IT", 27)],
)
def test_a_made_up_account_is_of_the_country_and_at_no_bank(country: str, length: int) -> None:
    number = account(country)
    assert (number[:2], len(number)) == (country, length)
    moved = "".join(str(int(character, 36)) for character in number[4:] + number[:4])
    assert int(moved) % 97 == 1
    assert set(number[4:7]) <= {"0", "X"}


def test_a_made_up_customer_looks_like_the_others_and_writes_in_like_them(desk: Any, canary_domain: str) -> None:
    made_up = Customer.objects.get(pk=planting.plant(kind="honey", by=desk.security.pk))
    real = desk.customer
    for plain in ("city", "locale", "tier", "since"):
        assert getattr(made_up, plain) == getattr(real, plain)
    assert len(made_up.reference or "") == len(real.reference)
    assert [bool(getattr(made_up, each)) for each in ("name", "address", "iban")] == [True] * 3
    assert made_up.pk.version == real.pk.version == 7
    assert abs(made_up.created_at - real.created_at) < timedelta(hours=11)
    process(list(Contact.objects.all()))
    conversation = Conversation.objects.get(customer=made_up)
    assert conversation.channel == "email"
    assert conversation.kind == "matter"
    assert Contact.objects.get().raw, "its source is kept as that of any mail"


def test_an_answer_to_a_made_up_customer_that_comes_back_is_answered_by_nobody(desk: Any, canary_domain: str) -> None:
    raw = (
        f"From: {settings.DEFAULT_FROM_EMAIL}\r\nTo: x@{canary_domain}\r\nSubject: Re: Hours\r\n\r\nFrom nine".encode()
    )
    assert incoming_from_mail(raw, blobs=BlobStore(settings.BLOB_DIR)).payload["kind"] == "auto_reply"


def test_only_who_has_the_key_can_tell_them(desk: Any, canary_domain: str) -> None:
    made_up = planting.plant(kind="search", by=desk.security.pk)
    assert canaries.is_canary(made_up)
    assert not any(canaries.is_canary(Customer().pk) for _ in range(500))
    assert not canaries.is_canary(None)
    assert [(each.customer_id, each.kind) for each in canaries.planted()] == [(made_up, "search")]
    process(list(Contact.objects.all()))
    assert Conversation.objects.get(customer_id=made_up).kind == "machine", "an automatic reply nobody has to answer"


def test_without_a_domain_of_ones_own_nobody_is_made_up(desk: Any) -> None:
    with pytest.raises(Refused, match="HOLDFAST_CANARY_DOMAIN"):
        planting.plant(kind="honey", by=desk.security.pk)
    assert Customer.objects.count() == 1


def test_opening_made_up_cases_is_weighed_and_looking_for_made_up_customers_is_told(
    desk: Any, canary_domain: str
) -> None:
    for _ in range(3):
        planting.plant(kind="honey", by=desk.security.pk)
    process(list(Contact.objects.all()))
    for conversation in Conversation.objects.exclude(customer=desk.customer):
        assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.lead.pk)
        _opened(desk.ana.pk, conversation)
    found = look(now() + timedelta(seconds=1)).signals
    assert [(signal.kind, signal.agent_id) for signal in found] == [(Kind.HONEY, desk.ana.pk)]
    assert "3 of 3 made-up cases" in found[0].sentence
    assert len(found[0].entries) == 3
    assert gather(now() + timedelta(seconds=1)).openings == (), "they are in no other figure"
    lying = Customer.objects.get(pk=planting.plant(kind="search", by=desk.security.pk))
    _refused(desk.bob.pk, 1, lying)
    found = look(now() + timedelta(seconds=1)).signals
    assert {(signal.kind, signal.agent_id) for signal in found} == {
        (Kind.HONEY, desk.ana.pk),
        (Kind.CANARY, desk.bob.pk),
    }


def test_an_address_that_a_made_up_case_is_about_is_opened_by_the_honest_and_weighs_only_when_it_is_written_to(
    desk: Any, canary_domain: str
) -> None:
    for _ in range(4):
        made_up = planting.plant(kind="needs", by=desk.security.pk)
    process(list(Contact.objects.all()))
    cases = Conversation.objects.exclude(customer=desk.customer)
    assert {case.kind for case in cases} == {"matter"}, "a person has to answer them"
    for conversation in cases:
        assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.lead.pk)
        _opened(desk.ana.pk, conversation)
    assert look(now() + timedelta(seconds=1)).signals == (), "it had to be opened"
    assert gather(now() + timedelta(seconds=1)).openings == (), "they are in no other figure"
    on_file = addresses.address_of(made_up, viewer=0, initial="a")
    shown = addresses.as_seen_by(on_file, customer_id=made_up, viewer=desk.ana.pk)
    assert addresses.written_to(addresses.indexes_of([shown])) == 1
    assert [(each.kind, each.agent_id) for each in look().signals] == [(Kind.CONTACT, desk.ana.pk)]


def test_an_address_that_somebody_has_already_is_not_made_up_again(
    desk: Any, canary_domain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = iter(["j1@x.example", "j1@x.example", "j1@x.example", "j2@x.example"])
    monkeypatch.setattr(addresses, "address_of", lambda *_, **__: next(made))
    for _ in range(2):
        planting.plant(kind="honey", by=desk.security.pk)
    assert Identity.objects.filter(kind="email", customer_id__in=canaries.everybody()).count() == 2


def test_who_has_no_number_does_not_ask_about_it(desk: Any, canary_domain: str) -> None:
    """Made-up customers have a number where others do; here none have."""
    for _ in range(6):
        planting.plant(kind="needs", by=desk.security.pk)
    process(list(Contact.objects.all()))
    subjects = set(Conversation.objects.values_list("subject", flat=True))
    assert "Is my number right" not in subjects


def test_that_somebody_searched_is_noted_and_never_for_what(desk: Any, sign_in: Callable[[Any], Client]) -> None:
    client = sign_in(desk.ana)
    for text in ("#12", "maren@post.example", "high balance", ""):
        client.get("/desk/search/", {"q": text})
    client.get("/desk/search/", {"q": "high balance", "after": "x"})
    assert list(Search.objects.order_by("id").values_list("agent_id", "by")) == [
        (desk.ana.pk, "case"),
        (desk.ana.pk, "value"),
        (desk.ana.pk, "words"),
    ]
    assert [day.searches for day in gather(now() + timedelta(seconds=1)).days] == [2]
    Search.objects.update(at=now() - timedelta(days=100))
    assert searches.forget_old() == 3


def test_a_page_without_its_marks_is_told(desk: Any) -> None:
    measures = {"width": 9, "height": 9, "left": 0, "top": 0, "card_width": 9, "card_height": 9}
    for _ in range(3):
        row = _opened(desk.ana.pk, desk.talk())
        Overlay.objects.create(log_id=row.pk, first_at=now(), last_at=now(), missing_at=now(), fault="gone", **measures)
    found = look(now() + timedelta(seconds=1)).signals
    assert [(signal.kind, signal.agent_id) for signal in found] == [(Kind.MARKS, desk.ana.pk)]


def test_the_hourly_job_looks(desk: Any) -> None:
    _refused(desk.ana.pk, 12)
    assert tasks.look_at_what_was_opened(timestamp=0) == 1
    assert tasks.look_at_what_was_opened(timestamp=0) == 0


def test_reports_are_held_against_what_was_opened(desk: Any) -> None:
    others = [Customer.objects.create(name="Someone Else") for _ in range(400)]
    hit = others[:12]
    for customer in others[:20]:
        _opened(desk.ana.pk, desk.talk(customer=customer, in_line=False), at=now() - timedelta(days=3))
    for customer in others[20:60]:
        _opened(desk.ben.pk, desk.talk(customer=customer, in_line=False), at=now() - timedelta(days=3))
    for customer in [*hit, *others[300:304]]:
        Report.objects.create(customer_id=customer.pk, knew=["balance"], source="form", happened_on=now(), at=now())
    assert {agent: len(seen) for agent, seen in seen_by(now() - timedelta(days=9), now()).items()} == {
        desk.ana.pk: 20,
        desk.ben.pk: 40,
    }
    found = [signal for signal in look().signals if signal.kind is Kind.REPORTS]
    assert [signal.agent_id for signal in found] == [desk.ana.pk]
    assert found[0].sentence.startswith("12 customers whose values this person opened report")


@pytest.mark.django_db(transaction=True)
def test_the_gate_shows_each_viewer_their_own_address_and_the_log_keeps_an_ordinary_row(
    desk: Any, canary_domain: str
) -> None:
    identity = Identity.objects.get(customer_id=planting.plant(kind="honey", by=desk.security.pk))
    customer_id, shown = identity.customer_id, []
    for agent in (desk.ana, desk.ben):
        granted(agent_id=agent.pk, conversation_id=customer_id, customer_id=customer_id)
        asking = {"agent_id": agent.pk, "session_key": "s", "conversation_id": customer_id, "customer_id": customer_id}
        asking |= {"sealed": identity.value, "field": f"identity-{identity.pk}", "purpose": "contact"}
        at_once, ticket = reveals.reveal(**asking), reveals.request(**asking)
        assert isinstance(at_once, reveals.Value)
        assert isinstance(ticket, reveals.Ticket)
        again = reveals.redeem(ticket=ticket, agent_id=agent.pk, session_key="s", sealed=identity.value)
        assert again == at_once.value, "the same viewer always sees the same"
        shown.append(again)
    on_file = addresses.address_of(customer_id, viewer=0, initial=shown[0][0])
    assert len({*shown, on_file}) == 3
    assert set(ViewerAddress.objects.values_list("agent_id", flat=True)) == {desk.ana.pk, desk.ben.pk}
    assert set(RevealLog.objects.values_list("outcome", flat=True)) == {"allowed"}
