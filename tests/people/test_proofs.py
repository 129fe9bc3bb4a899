"""Who proved to be a customer becomes that customer, if they were nobody before; and how far a proof is can be told."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from tests.people.test_proving import customer, wrong

from holdfast.guard.keys import blind_index
from holdfast.kit import clock
from holdfast.people import proving
from holdfast.people.models import Customer, Identity, Proof
from holdfast.people.proofs import Stand, asked_by_agents, become, stand_of
from holdfast.people.proving import Entered, channels_on_file, enter, issue

pytestmark = pytest.mark.django_db


def visitor() -> Customer:
    made, session = Customer.objects.create(), uuid4().hex
    Identity.objects.create(customer=made, kind="chat", value=session, index=blind_index("chat", session))
    return made


def proved(who: Customer, here: UUID, claimed: str) -> None:
    issued = issue(conversation_id=here, speaker_id=who.pk, began=clock.now(), claimed=claimed)
    assert issued is not None
    assert enter(issued.code, conversation_id=here, speaker_id=who.pk) is Entered.PROVEN


@pytest.mark.parametrize("claimed", ["maren@post.example", "TW-100001", "tw-100001"])
def test_a_visitor_who_proved_an_account_or_an_address_becomes_its_customer(claimed: str) -> None:
    maren, nobody, here = customer(), visitor(), uuid4()
    proved(nobody, here, claimed)
    assert become(nobody.pk, maren.pk)
    nobody.refresh_from_db()
    assert nobody.merged_into_id == maren.pk
    found = proving.proven(here, speaker_id=maren.pk)
    assert found is not None
    assert found.reference == "TW-100001"


def test_nobody_becomes_a_customer_without_proof_or_one_customer_another() -> None:
    maren, nobody, other = customer(), visitor(), customer("ben@post.example", reference="TW-2")
    assert not become(nobody.pk, maren.pk)
    proved(other, uuid4(), "maren@post.example")
    assert not become(other.pk, maren.pk), "they proved it, but they are somebody already"
    assert not become(maren.pk, maren.pk)
    Proof.objects.update(until=clock.now())
    assert Customer.objects.filter(merged_into=None).count() == 3


def test_an_unknown_account_looks_the_same_and_no_code_of_it_is_right() -> None:
    nobody, here = visitor(), uuid4()
    issued = issue(conversation_id=here, speaker_id=nobody.pk, began=clock.now(), claimed="TW-999999")
    assert issued is not None
    assert issued.to is None
    assert enter(issued.code, conversation_id=here, speaker_id=nobody.pk) is Entered.WRONG
    assert stand_of(here).stand is Stand.WAITING


def test_how_far_a_proof_is_can_be_told() -> None:
    maren, here = customer(), uuid4()
    assert stand_of(here).stand is Stand.NONE
    issued = issue(conversation_id=here, speaker_id=maren.pk, began=clock.now())
    assert issued is not None
    enter(wrong(issued.code), conversation_id=here, speaker_id=maren.pk)
    assert (stand_of(here).stand, stand_of(here).tries) == (Stand.WAITING, 1)
    assert asked_by_agents([here]) == set(), "the assistant asked for it, it takes it"
    enter(issued.code, conversation_id=here, speaker_id=maren.pk)
    assert stand_of(here).stand is Stand.PROVEN
    Proof.objects.update(at=clock.now() - proving.PROOF_LASTS, until=clock.now())
    assert stand_of(here).stand is Stand.ENDED


def test_a_code_goes_to_the_channel_that_was_chosen_among_those_on_file() -> None:
    maren = customer()
    second = Identity.objects.create(
        customer=maren,
        kind="email",
        value="old@post.example",
        index=blind_index("email", "old@post.example"),
        level=1,
        created_at=clock.now() - proving.PROOF_LASTS,
    )
    began = clock.now()
    assert [each.id for each in channels_on_file(maren.pk, before=began)][-1] == second.pk
    issued = issue(conversation_id=uuid4(), speaker_id=maren.pk, began=began, channel_id=second.pk)
    assert issued is not None
    assert issued.to is not None
    assert issued.to.subject == second.value.subject
    issued = issue(conversation_id=uuid4(), speaker_id=maren.pk, began=began, channel_id=uuid4())
    assert issued is not None
    assert issued.to is None
