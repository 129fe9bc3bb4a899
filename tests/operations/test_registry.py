"""Actions against the demo bank over real HTTP: once per key, on record, and honest about what is not known."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.operations.bank import RunningBank

from holdfast.guard.keys import blind_index
from holdfast.kit import clock
from holdfast.operations import records
from holdfast.operations.action import Outcome, Result, Who, Why
from holdfast.operations.actions import ACTIONS
from holdfast.operations.client import operations
from holdfast.operations.models import Act
from holdfast.operations.queries import acts_of
from holdfast.operations.registry import run, schemas, undo

pytestmark = pytest.mark.django_db

ADDRESS = "14 Harbour Row, Galway, H91 X2P4"
_numbers = itertools.count(200)


@pytest.fixture
def ref() -> str:
    """An account that no other test touches, with one active physical card of its own digits."""
    from holdfast.drills.tidewater.bank import Bank  # noqa: PLC0415

    known = Bank(seed=7, at=clock.now())
    return next(
        r for n in _numbers if (r := f"TW-{100_000 + n}") and known.story(r) == "quiet" and len(known.cards(r)) == 1
    )


def who(ref: str, level: int = 2, by: str = "assistant") -> Who:
    return Who(reference=ref, level=level, by=by, conversation_id=uuid4())


def freeze(ref: str, key: str, *, level: int = 2) -> Result:
    return run("freeze_card", {"card": f"{ref}-C1"}, who=who(ref, level), key=key)


def state_of(bank: RunningBank, ref: str) -> str:
    return str(bank.get(f"/v1/cards/{ref}-C1")["state"])


def test_a_card_is_frozen_by_its_last_digits_and_the_record_says_who_asked(bank: RunningBank, ref: str) -> None:
    last4 = bank.get(f"/v1/cards/{ref}-C1")["last4"]
    asker = who(ref, level=1)
    result = run("freeze_card", {"card": last4}, who=asker, key="by-digits")
    assert (result.outcome, result.sentence) == (Outcome.DONE, f"The card ending {last4} is frozen.")
    assert state_of(bank, ref) == "frozen"
    act = Act.objects.get(key="by-digits")
    assert (act.state, act.action, act.customer_ref, act.by, act.level) == ("done", "freeze_card", ref, "assistant", 1)
    (acted,) = acts_of(asker.conversation_id or uuid4())
    assert (acted.title, acted.state) == ("Freeze a card", "done")


def test_what_is_done_is_undone_by_the_action_that_undoes_it(bank: RunningBank, ref: str) -> None:
    freeze(ref, "do")
    assert undo("do", who=who(ref), new_key="undo").outcome is Outcome.DONE
    assert state_of(bank, ref) == "active"
    assert Act.objects.get(key="undo").action == "unfreeze_card"
    assert undo("do", who=who("TW-100199"), new_key="x").why is Why.NO_RECORD, "of another account"
    assert undo("never", who=who(ref), new_key="x").why is Why.NO_RECORD
    assert run("resend_pin", {"card": f"{ref}-C1"}, who=who(ref), key="pin").outcome is Outcome.DONE
    assert undo("pin", who=who(ref), new_key="x").sentence == "This cannot be undone."


def test_a_repeat_gets_the_first_answer_and_changes_nothing(bank: RunningBank, ref: str) -> None:
    first = freeze(ref, "again")
    run("unfreeze_card", {"card": f"{ref}-C1"}, who=who(ref), key="between")
    before = bank.changes
    assert freeze(ref, "again") == first
    assert bank.changes == before, "the bank is not even asked"
    assert state_of(bank, ref) == "active"


def test_a_key_is_for_one_thing(bank: RunningBank, ref: str) -> None:
    freeze(ref, "one")
    for name, arguments, other in (
        ("unfreeze_card", {"card": f"{ref}-C1"}, ref),
        ("freeze_card", {"card": f"{ref}-C2"}, ref),
        ("freeze_card", {"card": f"{ref}-C1"}, "TW-100198"),
    ):
        result = run(name, arguments, who=who(other), key="one")
        assert (result.outcome, result.why) == (Outcome.REFUSED, Why.KEY)
        assert not result.facts


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 101, "a\r\nhost: evil"])
def test_a_write_without_a_usable_key_is_refused(bank: RunningBank, ref: str, key: str) -> None:
    assert freeze(ref, key).why is Why.KEY
    assert not Act.objects.exists()


@pytest.mark.parametrize(("name", "needed"), [(name, action.level) for name, action in ACTIONS.items()])
def test_below_its_level_nothing_is_told_or_done(bank: RunningBank, ref: str, name: str, needed: int) -> None:
    arguments: dict[str, str] = {}
    if name == "change_address":
        arguments = {"address": ADDRESS}
    elif ACTIONS[name].writes:
        arguments = {"card": f"{ref}-C1"}
    for level in range(needed):
        result = run(name, arguments, who=who(ref, level), key=f"{name}-{level}")
        assert (result.outcome, result.why, result.facts) == (Outcome.REFUSED, Why.LEVEL, {})
    assert not Act.objects.exists()
    unknown = run(name, arguments, who=Who("", 2, "assistant"), key="nobody")
    assert unknown.why is Why.LEVEL


def test_an_agent_answers_for_a_card_but_an_address_needs_proof_from_everybody(bank: RunningBank, ref: str) -> None:
    agent = who(ref, 0, "agent:5")
    assert run("freeze_card", {"card": f"{ref}-C1"}, who=agent, key="f").outcome is Outcome.DONE
    assert run("change_address", {"address": ADDRESS}, who=agent, key="a").why is Why.LEVEL


def test_a_new_address_reaches_the_bank_and_stays_out_of_the_record(bank: RunningBank, ref: str) -> None:
    result = run("change_address", {"address": ADDRESS}, who=who(ref), key="move")
    assert result.outcome is Outcome.DONE
    assert bank.get(f"/v1/accounts/{ref}/address")["address"] == ADDRESS
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(a)::text FROM operations_act a")
        (row,) = cursor.fetchone()
    assert "Harbour" not in row
    assert "Harbour" not in result.sentence + json.dumps(dict(result.facts))


def test_a_card_of_somebody_else_is_not_there(bank: RunningBank, ref: str) -> None:
    result = run("freeze_card", {"card": "TW-100005-C1"}, who=who(ref), key="theirs")
    assert (result.outcome, result.why) == (Outcome.REFUSED, Why.NO_RECORD)
    assert bank.get("/v1/cards/TW-100005-C1")["state"] == "active"


def test_what_the_bank_refuses_is_refused_for_good(bank: RunningBank) -> None:
    result = run("freeze_card", {"card": "TW-100015-C1"}, who=who("TW-100015"), key="ordered")
    assert (result.outcome, result.why) == (Outcome.REFUSED, Why.COMPANY)
    assert "ordered" in result.sentence
    asked = bank.changes
    assert run("freeze_card", {"card": "TW-100015-C1"}, who=who("TW-100015"), key="ordered").sentence == result.sentence
    assert bank.changes == asked


@pytest.mark.parametrize(
    "fault",
    [{"lose_answers": True}, {"garbage": True}, {"error_rate": 1}, {"latency_ms": 900}],
    ids=["500 after the deed", "garbage", "503", "slow"],
)
def test_when_no_readable_answer_comes_it_is_unknown_and_the_same_key_finds_out(
    bank: RunningBank, ref: str, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ACTIONS, "freeze_card", _patient(ACTIONS["freeze_card"], 0.4))
    _, made = bank.changes
    bank.faults(**fault, only="/freeze")
    key = f"lost-{ref}"
    result = freeze(ref, key)
    assert result.outcome is Outcome.UNKNOWN
    assert "may have happened, or not" in result.sentence
    assert Act.objects.get(key=key).state == "unknown"
    assert freeze(ref, key).outcome is Outcome.UNKNOWN, "and it stays so until an answer comes"
    bank.faults()
    monkeypatch.undo()
    assert freeze(ref, key).outcome is Outcome.DONE
    assert bank.changes[1] == made + 1
    assert Act.objects.get(key=key).attempts == 3


def _patient(action: Any, seconds: float) -> Any:
    from dataclasses import replace  # noqa: PLC0415

    return replace(action, timeout=seconds)


@pytest.mark.parametrize("fault", [{"garbage": True}, {"error_rate": 1}, {"latency_ms": 900}])
def test_a_question_that_gets_no_answer_is_a_sentence(
    bank: RunningBank, ref: str, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ACTIONS, "card_status", _patient(ACTIONS["card_status"], 0.4))
    bank.faults(**fault)
    result = run("card_status", {}, who=who(ref))
    assert (result.outcome, result.sentence) == (
        Outcome.UNAVAILABLE,
        "The company's systems do not answer just now.",
    )


def test_when_the_card_cannot_even_be_looked_up_nothing_was_asked_and_no_record_stays(
    bank: RunningBank, ref: str
) -> None:
    bank.faults(error_rate=1, only="/cards")
    result = freeze(ref, "early")
    assert result.outcome is Outcome.UNAVAILABLE
    assert "nothing was changed" in result.sentence
    assert not Act.objects.filter(key="early").exists()
    bank.faults()
    assert freeze(ref, "early").outcome is Outcome.DONE, "the key is still free"


def test_with_nobody_listening_and_with_no_system_at_all_a_sentence_says_so(settings: LazySettings, ref: str) -> None:
    for url in ("http://127.0.0.1:1", ""):
        settings.OPERATIONS_URL = url
        operations.cache_clear()
        assert freeze(ref, "away").outcome is Outcome.UNAVAILABLE
        assert run("card_status", {}, who=who(ref)).outcome is Outcome.UNAVAILABLE
    operations.cache_clear()


def test_the_breaker_of_one_action_opens_and_the_rest_goes_on(bank: RunningBank, ref: str) -> None:
    bank.faults(error_rate=1, only="/pin")
    outcomes = [run("resend_pin", {"card": f"{ref}-C1"}, who=who(ref), key=f"pin-{n}").outcome for n in range(6)]
    assert outcomes == [Outcome.UNKNOWN] * 5 + [Outcome.UNAVAILABLE], "from the sixth on nobody waits"
    asked, _ = bank.changes
    assert run("resend_pin", {"card": f"{ref}-C1"}, who=who(ref), key="pin-9").outcome is Outcome.UNAVAILABLE
    assert bank.changes[0] == asked
    assert run("card_status", {}, who=who(ref)).outcome is Outcome.DONE
    assert freeze(ref, "on").outcome is Outcome.DONE


def test_what_is_on_record_cannot_be_rewritten(bank: RunningBank, ref: str) -> None:
    freeze(ref, "final")
    for change in ({"state": "unknown"}, {"by": "agent:1"}, {"customer_ref": "TW-1"}, {"sentence": "x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Act.objects.filter(key="final").update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Act.objects.create(key="half", action="x", customer_ref="y", by="z", level=1, digest=b"", state="done",
                           asked_at=clock.now())  # fmt: skip


def test_a_record_whose_asker_vanished_is_asked_for_again(bank: RunningBank, ref: str) -> None:
    told = json.dumps(["freeze_card", ref, {"card": f"{ref}-C1"}], sort_keys=True)
    asker = who(ref)
    digest = blind_index("act", told)
    records.ask(key="gone", action="freeze_card", who=asker, digest=digest, timeout=0.1)
    again = records.ask(key="gone", action="freeze_card", who=asker, digest=digest, timeout=0.1)
    assert again.standing is records.Standing.BUSY
    later = clock.now() + timedelta(seconds=30)
    clock.set_source(lambda: later)
    try:
        result = run("freeze_card", {"card": f"{ref}-C1"}, who=asker, key="gone")
    finally:
        clock.set_source(None)
    assert result.outcome is Outcome.DONE
    assert Act.objects.get(key="gone").attempts == 2


@pytest.mark.django_db(transaction=True)
def test_a_write_inside_a_transaction_is_a_mistake_of_ours_and_acts_on_nothing(bank: RunningBank, ref: str) -> None:
    before = bank.changes
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        freeze(ref, "inside")
    assert bank.changes == before


@pytest.mark.django_db(transaction=True)
def test_fifty_equal_keys_at_once_act_once_and_all_get_the_answer(bank: RunningBank, ref: str) -> None:
    asked, made = bank.changes
    bank.faults(latency_ms=150, only="/freeze")
    start = threading.Barrier(50)

    def press(_: int) -> Outcome:
        start.wait()
        try:
            return freeze(ref, "fifty").outcome
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(press, range(50)))
    assert set(outcomes) == {Outcome.DONE}
    assert bank.changes == (asked + 1, made + 1), "the bank was asked once"
    assert Act.objects.filter(key="fifty").count() == 1
    assert state_of(bank, ref) == "frozen"


@pytest.mark.django_db(transaction=True)
def test_equal_keys_while_answers_get_lost_still_act_once(bank: RunningBank, ref: str) -> None:
    _, made = bank.changes
    bank.faults(lose_answers=True, only="/freeze")

    def press(_: int) -> Outcome:
        try:
            return freeze(ref, "storm").outcome
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(press, range(8)))
    assert set(outcomes) <= {Outcome.UNKNOWN, Outcome.UNAVAILABLE}
    assert bank.changes[1] == made + 1
    assert Act.objects.get(key="storm").state == "unknown"


def test_every_action_has_a_schema_a_level_and_a_question_if_it_writes() -> None:
    for schema in schemas():
        assert json.loads(json.dumps(schema)) == schema
        assert schema["input_schema"]["additionalProperties"] is False
        assert 0 <= schema["level"] <= 2
        assert schema["writes"] == bool(schema["confirm"])
        assert schema["description"].endswith(".")
        assert schema["undone_by"] is None or ACTIONS[schema["undone_by"]].undone_by == schema["name"]


@pytest.fixture
def nothing_listens(settings: LazySettings) -> Iterator[None]:
    settings.OPERATIONS_URL = "http://127.0.0.1:1"
    operations.cache_clear()
    yield
    operations.cache_clear()


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_near = st.fixed_dictionaries({}, optional={"card": _anything, "address": _anything, "extra": _anything})


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(ACTIONS)) | st.text(max_size=10), arguments=_near | _anything)
def test_whatever_is_passed_the_answer_is_a_sentence(nothing_listens: None, name: str, arguments: Any) -> None:
    result = run(name, arguments, who=Who("TW-100001", 2, "assistant"), key=str(uuid4()))
    assert result.sentence.endswith(".")
    assert len(result.sentence) < 500
    assert result.outcome in {Outcome.REFUSED, Outcome.UNAVAILABLE}
    assert not Act.objects.exists()


def test_what_is_wrong_with_arguments_is_said_without_repeating_them() -> None:
    result = run("change_address", {"address": "zqstreet", "zqother": 1}, who=who("TW-100001"), key="k")
    assert result.why is Why.ARGUMENTS
    assert result.sentence.startswith("address: ")
    assert "zq" not in result.sentence
