"""Which operators of assistants are accepted: kept by people, read by the door, read anew when their keys change."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine
from tests.intake.signing import AGENT, Signer

from holdfast.intake import jwk, operators
from holdfast.intake.models import Operator
from holdfast.intake.operators import OperatorRefused
from holdfast.kit.clock import now

pytestmark = pytest.mark.django_db


def test_an_operator_with_keys_given_by_hand_is_in_force_at_once_and_never_fetched() -> None:
    signer = Signer()
    listed = operators.add(name="alexa", url="https://assistant.example", keys=signer.key_set(), by=7)
    assert (listed.address, listed.keys, listed.by_hand, listed.added_by_id) == (AGENT, (signer.keyid,), True, 7)
    known = operators.in_force()[AGENT]
    assert known.enabled
    assert known.key(signer.keyid) is not None
    assert known.key("other") is None
    with time_machine.travel(now() + timedelta(days=400)):
        assert operators.claim_due() == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "Alexa"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "taken"}, "name"),
        ({"url": "http://assistant.example"}, "url"),
        ({"url": "assistant.example"}, "url"),
        ({"url": "https://taken.example/"}, "url"),
        ({"keys": "{"}, "keys"),
        ({"keys": json.dumps({"keys": [{"kty": "oct", "k": "AAAA"}]})}, "keys"),
        ({"keys": json.dumps({"keys": [Signer().jwk, {"kty": "none"}]})}, "keys"),
    ],
)
def test_an_operator_that_cannot_be_is_refused_at_its_field(given: dict[str, str], field: str) -> None:
    operators.add(name="taken", url="https://taken.example")
    with pytest.raises(OperatorRefused) as refused:
        operators.add(**({"name": "alexa", "url": "https://assistant.example"} | given))
    assert refused.value.field == field
    assert refused.value.sentence.endswith(".")
    assert Operator.objects.count() == 1


def test_a_directory_is_due_at_once_is_read_by_one_worker_and_again_when_it_is_no_longer_fresh() -> None:
    signer = Signer()
    added = operators.add(name="alexa", url=AGENT)
    (due,) = operators.claim_due()
    assert (due.operator_id, due.address, due.own_network) == (added.id, AGENT, False)
    assert operators.claim_due() == []
    operators.note_read(operator_id=added.id, keys=[jwk.read(signer.jwk)], fresh_for=timedelta(hours=1))
    assert operators.in_force()[AGENT].key(signer.keyid) is not None
    assert operators.claim_due() == []
    with time_machine.travel(now() + timedelta(minutes=61)):
        assert len(operators.claim_due()) == 1


def test_a_directory_that_is_away_keeps_its_keys_and_one_that_drops_a_key_drops_it() -> None:
    old, new = Signer(), Signer()
    added = operators.add(name="alexa", url=AGENT)
    operators.note_read(operator_id=added.id, keys=[jwk.read(old.jwk)], fresh_for=timedelta(hours=1))
    operators.note_away(operator_id=added.id, fault="It is away.")
    (listed,) = operators.listed()
    assert (listed.keys, listed.fault) == ((old.keyid,), "It is away.")
    assert listed.next_read_at is not None
    assert listed.next_read_at - now() <= timedelta(minutes=1)
    for _ in range(5):
        operators.note_away(operator_id=added.id, fault="It is away.")
    again = operators.listed()[0].next_read_at
    assert again is not None
    assert timedelta(minutes=4) < again - now() <= timedelta(minutes=5)
    operators.note_read(operator_id=added.id, keys=[jwk.read(new.jwk)], fresh_for=timedelta(hours=1))
    assert operators.in_force()[AGENT].key(old.keyid) is None
    assert operators.listed()[0].fault == ""


def test_an_operator_is_switched_off_and_removed_by_name() -> None:
    operators.add(name="alexa", url=AGENT)
    operators.switch(name="alexa", enabled=False)
    assert not operators.in_force()[AGENT].enabled
    assert operators.claim_due() == []
    operators.switch(name="alexa", enabled=True)
    assert len(operators.claim_due()) == 1
    operators.remove(name="alexa")
    assert operators.in_force() == {}
    for verb in (lambda: operators.remove(name="alexa"), lambda: operators.switch(name="alexa", enabled=True)):
        with pytest.raises(OperatorRefused, match="no operator"):
            verb()


def test_a_kept_key_that_is_understood_no_longer_takes_no_other_along() -> None:
    signer = Signer()
    operators.add(name="alexa", url=AGENT, keys=signer.key_set())
    Operator.objects.update(keys=[{"kty": "of another version"}, signer.jwk])
    assert operators.in_force()[AGENT].key(signer.keyid) is not None
    assert operators.listed()[0].keys == (signer.keyid,)
