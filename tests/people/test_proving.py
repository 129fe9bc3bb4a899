"""A one-time code proves one customer, in one conversation, once, for a while; and it never tells who is on file."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, connections, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.opened import opened

from holdfast.guard.keys import blind_index
from holdfast.kit import clock
from holdfast.people import proving
from holdfast.people.models import Customer, Identity, Proof, ProofCode
from holdfast.people.proving import Entered, Issued, issue

pytestmark = pytest.mark.django_db

EMAIL = "maren@post.example"


def customer(email: str = EMAIL, *, level: int = 1, reference: str | None = "TW-100001", days: float = 30) -> Customer:
    made = Customer.objects.create(reference=reference, name="Maren Okafor")
    Identity.objects.create(
        customer=made,
        kind="email",
        value=email,
        index=blind_index("email", email),
        level=level,
        created_at=clock.now() - timedelta(days=days),
    )
    return made


def ask(conversation: UUID, who: Customer | None, claimed: str = "") -> Issued:
    issued = issue(conversation_id=conversation, speaker_id=who and who.pk, began=clock.now(), claimed=claimed)
    assert issued is not None
    return issued


def enter(code: str, *, conversation_id: UUID) -> Entered:
    """Enter a code as whoever asked for one here."""
    return proving.enter(code, conversation_id=conversation_id, speaker_id=speaker_in(conversation_id))


def proven(conversation_id: UUID) -> proving.Proven | None:
    return proving.proven(conversation_id, speaker_id=speaker_in(conversation_id))


def speaker_in(conversation_id: UUID) -> UUID | None:
    rows = ProofCode.objects.filter(conversation_id=conversation_id).order_by("-created_at")
    return rows.values_list("speaker_id", flat=True).first()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.fixture
def at() -> Iterator[list[datetime]]:
    """A clock that a test turns forward by itself."""
    now = [clock.now()]
    clock.set_source(lambda: now[0])
    yield now
    clock.set_source(None)


def test_the_right_code_proves_the_customer_for_this_conversation_and_a_while(at: list[datetime]) -> None:
    maren, here = customer(), uuid4()
    issued = ask(here, maren)
    assert issued.to is not None
    assert opened(issued.to) == EMAIL
    assert enter(issued.code, conversation_id=uuid4()) is Entered.OVER, "in another conversation it is nothing"
    assert enter(issued.code, conversation_id=here) is Entered.PROVEN
    found = proven(here)
    assert found is not None
    assert (found.customer_id, found.reference) == (maren.pk, "TW-100001")
    assert proven(uuid4()) is None
    assert enter(issued.code, conversation_id=here) is Entered.OVER, "once"
    at[0] += proving.PROOF_LASTS
    assert proven(here) is None


def test_others_in_the_conversation_have_proved_nothing_and_cannot_use_the_code() -> None:
    maren, here, other = customer(), uuid4(), uuid4()
    issued = ask(here, maren)
    assert proving.enter(issued.code, conversation_id=here, speaker_id=other) is Entered.WRONG
    assert enter(issued.code, conversation_id=here) is Entered.PROVEN
    assert proving.proven(here, speaker_id=maren.pk) is not None
    assert proving.proven(here, speaker_id=other) is None
    assert proving.proven(here, speaker_id=None) is None


def test_after_five_wrong_tries_the_right_code_is_worth_nothing() -> None:
    here = uuid4()
    issued = ask(here, customer())
    told = [enter(wrong(issued.code), conversation_id=here) for _ in range(5)]
    assert told == [Entered.WRONG] * 4 + [Entered.OVER]
    assert enter(issued.code, conversation_id=here) is Entered.OVER
    assert proven(here) is None


def test_after_ten_minutes_a_code_is_worth_nothing(at: list[datetime]) -> None:
    here = uuid4()
    issued = ask(here, customer())
    at[0] += timedelta(minutes=10)
    assert enter(issued.code, conversation_id=here) is Entered.OVER
    assert ProofCode.objects.get().outcome == "expired"


def test_a_new_code_replaces_the_one_before() -> None:
    here, maren = uuid4(), customer()
    first, second = ask(here, maren), ask(here, maren)
    if first.code != second.code:
        assert enter(first.code, conversation_id=here) is Entered.WRONG
    assert enter(second.code, conversation_id=here) is Entered.PROVEN


def test_a_code_goes_only_to_an_address_that_was_on_file_before_the_conversation_began() -> None:
    fresh, hearsay = customer("new@post.example", days=-0.01), customer("said@post.example", level=0, reference="TW-2")
    nobody = customer("none@post.example", reference=None, level=0)
    machine = customer("bot@post.example", reference="TW-3")
    machine.identities.update(is_machine=True)
    for who in (fresh, hearsay, nobody, machine, None):
        issued = ask(uuid4(), who)
        assert issued.to is None
    for said in ("new@post.example", "said@post.example", "none@post.example", "stranger@post.example", "no address"):
        assert ask(uuid4(), None, claimed=said).to is None
    maren = customer(reference="TW-4")
    issued = ask(uuid4(), None, claimed=" MAREN@post.example ")
    assert issued.to is not None
    assert opened(issued.to) == EMAIL, "the address as it is on file, not as it was given"
    assert ProofCode.objects.get(pk=issued.id).customer == maren


def test_an_address_somebody_else_claims_never_gets_the_code_of_this_customer() -> None:
    maren = customer()
    assert ask(uuid4(), maren, claimed="thief@post.example").to is None


def test_a_merged_customer_is_proven_as_who_they_are_now() -> None:
    old, here = customer(reference=None), uuid4()
    now_known = Customer.objects.create(reference="TW-100009")
    Customer.objects.filter(pk=old.pk).update(merged_into=now_known)
    issued = ask(here, now_known)
    assert enter(issued.code, conversation_id=here) is Entered.PROVEN
    found = proven(here)
    assert found is not None
    assert found.reference == "TW-100009"


def test_for_who_is_not_on_file_everything_looks_the_same() -> None:
    known, unknown = uuid4(), uuid4()
    maren, stranger = customer(), customer("x@post.example", level=0, reference=None)
    told: dict[UUID, list[object]] = {known: [], unknown: []}
    for here, who in ((known, maren), (unknown, stranger)):
        for _ in range(4):
            issued = issue(conversation_id=here, speaker_id=who.pk, began=clock.now())
            told[here].append(issued is None)
            told[here] += [enter("no code", conversation_id=here) for _ in range(2)]
    assert told[known] == told[unknown]
    here = uuid4()
    nothing = ask(here, stranger)
    assert enter(nothing.code, conversation_id=here) is Entered.WRONG, "not even the code that was made opens it"
    assert proven(here) is None


def test_a_conversation_gets_three_codes_and_a_customer_five_an_hour_and_ten_a_day(at: list[datetime]) -> None:
    maren = customer()
    here = uuid4()
    for _ in range(3):
        assert ask(here, maren).to is not None
    assert issue(conversation_id=here, speaker_id=maren.pk, began=clock.now()) is None
    assert [ask(uuid4(), maren).to is not None for _ in range(4)] == [True, True, False, False]
    for _ in range(5):
        at[0] += timedelta(hours=1, seconds=1)
        assert ask(uuid4(), maren).to is not None
    at[0] += timedelta(hours=1, seconds=1)
    assert ask(uuid4(), maren).to is None, "ten a day"
    at[0] += timedelta(days=1)
    assert ask(uuid4(), maren).to is not None


def test_no_code_is_kept_printed_or_the_same_hash_twice() -> None:
    here, maren = uuid4(), customer()
    issued = ask(here, maren)
    assert issued.code not in repr(issued)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(c)::text FROM people_proofcode c")
        (row,) = cursor.fetchone()
    assert issued.code not in row.replace(str(issued.id), "").replace(str(here), "")
    assert proving._digest(uuid4(), issued.code) != proving._digest(uuid4(), issued.code)


def test_the_database_keeps_the_rules_by_itself() -> None:
    here, maren, now = uuid4(), customer(), clock.now()
    issued = ask(here, maren)
    row = ProofCode.objects.filter(pk=issued.id)
    base = {"conversation_id": here, "digest": b"", "created_at": now, "expires_at": now + timedelta(minutes=1)}
    for break_it in (
        lambda: ProofCode.objects.create(**base),
        lambda: row.update(tries=6),
        lambda: row.update(outcome="proven"),
        lambda: row.update(outcome="proven", settled_at=now, customer=None),
        lambda: row.update(expires_at=now - timedelta(minutes=1)),
        lambda: Proof.objects.create(code=row[0], customer=maren, conversation_id=here, at=now, until=now),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            break_it()


@pytest.mark.django_db(transaction=True)
def test_of_many_right_entries_at_once_one_counts() -> None:
    here = uuid4()
    issued = ask(here, customer())

    def press(_: int) -> Entered:
        try:
            return enter(issued.code, conversation_id=here)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        told = list(pool.map(press, range(12)))
    assert told.count(Entered.PROVEN) == 1
    assert set(told) == {Entered.PROVEN, Entered.OVER}
    assert Proof.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_wrong_entries_at_once_are_no_more_than_five_tries() -> None:
    here = uuid4()
    issued = ask(here, customer())

    def press(_: int) -> Entered:
        try:
            return enter(wrong(issued.code), conversation_id=here)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        told = list(pool.map(press, range(12)))
    assert told.count(Entered.WRONG) == 4
    assert ProofCode.objects.get().tries == 5


class Codes(RuleBasedStateMachine):
    """Asking, entering and waiting in any order, beside a model that fits on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.now = clock.now()
        clock.set_source(lambda: self.now)

    @initialize()
    def people(self) -> None:
        self.where = [uuid4(), uuid4()]
        self.who = customer(f"{uuid4().hex}@post.example", reference=uuid4().hex)
        self.codes: list[tuple[UUID, str]] = []
        self.live: dict[UUID, tuple[str, datetime, int]] = {}
        self.proven_until: dict[UUID, datetime] = {}
        self.sent: dict[UUID, list[datetime]] = {here: [] for here in self.where}
        self.mailed: list[datetime] = []

    @rule(place=st.integers(0, 1))
    def ask(self, place: int) -> None:
        here = self.where[place]
        issued = issue(conversation_id=here, speaker_id=self.who.pk, began=self.now)
        today = [at for at in self.sent[here] if at > self.now - timedelta(days=1)]
        assert (issued is None) == (len(today) >= 3)
        if issued is None:
            return
        self.sent[here].append(self.now)
        mailed = len([at for at in self.mailed if at > self.now - timedelta(hours=1)]) < 5
        assert (issued.to is not None) == mailed
        if mailed:
            self.mailed.append(self.now)
        self.codes.append((here, issued.code))
        self.live[here] = (issued.code if mailed else "", self.now + timedelta(minutes=10), 5)

    @rule(place=st.integers(0, 1), pick=st.integers(0, 9), right=st.booleans())
    def enter(self, place: int, pick: int, right: bool) -> None:
        here = self.where[place]
        code = self.codes[pick % len(self.codes)][1] if right and self.codes else "999999x"
        told = enter(code, conversation_id=here)
        expected, until, left = self.live.get(here, ("", self.now, 0))
        if left == 0 or self.now >= until:
            self.live.pop(here, None)
            assert told is Entered.OVER
        elif code == expected:
            assert told is Entered.PROVEN
            self.live.pop(here)
            self.proven_until[here] = self.now + proving.PROOF_LASTS
        else:
            assert told is (Entered.OVER if left == 1 else Entered.WRONG)
            self.live[here] = (expected, until, left - 1)

    @rule(minutes=st.sampled_from([1, 4, 11, 31, 61, 1441]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @invariant()
    def proof_holds_exactly_as_long_as_it_should(self) -> None:
        for here in getattr(self, "where", []):
            assert (proven(here) is not None) == (self.proven_until.get(here, self.now) > self.now)

    def teardown(self) -> None:
        clock.set_source(None)


def test_codes_keep_their_rules_in_any_order() -> None:
    run_state_machine_as_test(
        Codes,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
