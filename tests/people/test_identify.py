"""Who sent this: found, new, claimed or proven; in bulk and with two workers at once."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from holdfast.guard.keys import blind_index
from holdfast.people.identify import Sender, identify
from holdfast.people.models import Customer, Identity

pytestmark = pytest.mark.django_db


def _known(kind: str, value: str, *, level: int = 1, customer: Customer | None = None, **fields: object) -> Customer:
    customer = customer or Customer.objects.create(name="Known Customer")
    Identity.objects.create(
        customer=customer, kind=kind, value=value, index=blind_index(kind, value), level=level, **fields
    )
    return customer


def _one(name: str = "", *, verified: bool = False, **values: str):
    return identify([Sender(values, name, verified)])[0]


def test_a_new_sender_gets_a_customer_and_is_known_the_next_time():
    first = _one("Maria Example", email="Maria@Post.example")
    again = _one("Somebody", email=" maria@post.EXAMPLE ")
    assert first.customer_id == again.customer_id
    assert (first.level, again.level) == (0, 0)
    assert str(Customer.objects.get().name) == "Maria E."


def test_a_known_address_is_a_claim_and_a_proven_one_is_proof():
    customer = _known("email", "maria@post.example", level=2)
    assert _one(email="maria@post.example").level == 1
    proven = _one(email="maria@post.example", verified=True)
    assert (proven.customer_id, proven.level) == (customer.pk, 2)


def test_equal_new_senders_of_one_batch_share_a_customer():
    found = identify(
        [
            Sender({"email": "a@post.example", "phone": "+44 20 7946 0001"}),
            Sender({"email": "A@post.example"}),
            Sender({"phone": "0044 2079460001"}),
            Sender({"email": "b@post.example"}),
        ]
    )
    assert len({each.customer_id for each in found[:3]}) == 1
    assert found[3].customer_id != found[0].customer_id
    assert Customer.objects.count() == 2


def test_claiming_an_account_beside_an_unknown_address_proves_nothing():
    customer = _known("account", "TW-100042")
    found = _one(email="thief@post.example", account="tw-100042")
    assert found.customer_id != customer.pk
    assert not Identity.objects.filter(customer=customer, kind="email").exists()
    assert _one(email="thief@post.example", account="TW-100042").customer_id == found.customer_id
    assert _one(account="TW-100042").customer_id == customer.pk


def test_an_unproven_account_number_never_sits_on_the_real_one():
    stranger = _one(account="TW-999999")
    assert _one(account="tw-999999").customer_id == stranger.customer_id
    assert not Identity.objects.filter(kind="account").exists()
    real = _one(account="TW-999999", email="real@post.example", verified=True)
    assert real.customer_id != stranger.customer_id


def test_a_forged_sender_cannot_hang_a_number_of_its_own_on_somebody():
    customer = _known("email", "victim@post.example")
    assert _one(email="victim@post.example", phone="+15550001").customer_id == customer.pk
    assert _one(phone="+15550001").customer_id != customer.pk


def test_a_verified_sender_teaches_new_addresses():
    customer = _known("account", "TW-100042", level=2)
    assert _one(account="TW-100042", email="new@post.example", verified=True).customer_id == customer.pk
    assert _one(email="new@post.example").customer_id == customer.pk


def test_the_customers_own_reference_is_an_account():
    customer = Customer.objects.create(reference="TW-100077")
    found = _one(account="tw-100077")
    assert (found.customer_id, found.reference, found.level) == (customer.pk, "TW-100077", 1)


def test_a_registered_machine_is_told():
    _known("email", "agent@machine.example", is_machine=True)
    assert _one(email="agent@machine.example").is_machine
    assert not _one(email="person@post.example").is_machine


def test_a_merged_customer_stands_for_what_it_was_merged_into():
    kept = Customer.objects.create()
    gone = _known("email", "old@post.example")
    Customer.objects.filter(pk=gone.pk).update(merged_into=kept)
    assert _one(email="old@post.example").customer_id == kept.pk


def test_no_identity_at_all():
    assert _one().customer_id is None
    assert _one(email="  ").customer_id is None
    assert _one("Only A Name").customer_id is not None
    assert _one(fax="1").customer_id == _one(fax="1").customer_id != _one(fax="2").customer_id


def test_strange_characters_are_no_trouble():
    assert _one("Na\x00me", email="a\x00b@post.example", odd="\ud800").customer_id is not None


def test_queries_do_not_grow_with_the_number_of_senders(django_assert_max_num_queries):
    identify([Sender({"email": "warm@post.example"})])
    with django_assert_max_num_queries(10):
        identify([Sender({"email": f"{n}@post.example", "phone": f"+4470000{n:04}"}, "N") for n in range(300)])
    assert Customer.objects.count() == 301


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_meet_the_same_senders_agree():
    rounds, barrier = 5, Barrier(2)
    found: dict[int, list[list[object]]] = {0: [], 1: []}

    def work(worker: int) -> None:
        try:
            for number in range(rounds):
                senders = [
                    Sender({"email": f"{number}-{n}@post.example", "phone": f"+4477{number}{n:05}"}) for n in range(40)
                ]
                barrier.wait()
                with transaction.atomic():
                    given = identify(senders if worker else senders[::-1])
                found[worker].append([each.customer_id for each in (given if worker else given[::-1])])
        finally:
            connection.close()

    threads = [Thread(target=work, args=(worker,)) for worker in (0, 1)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found[0] == found[1]
    assert len(found[0]) == rounds
    assert Customer.objects.count() == rounds * 40
