"""From an obeyed attack to the bank: the forms ask the customer, and until they say yes nothing changes there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.conf import LazySettings
from tests.assistant.llm.fake_endpoint import FakeEndpoint
from tests.assistant.llm.test_injection import ATTACKS, HOSTILE, text_of
from tests.operations.bank import TOKEN, RunningBank, running

from holdfast.assistant.acting import Acting, begin, go_on
from holdfast.assistant.llm.commands import propose
from holdfast.assistant.llm.contract import AllowedAction, DoAction, LlmTurn
from holdfast.operations.actions import ACTIONS
from holdfast.operations.client import operations

pytestmark = pytest.mark.django_db

ALLOWED = tuple(AllowedAction(each.name, each.does, each.arguments) for each in ACTIONS.values())
REFERENCE = "TW-100042"
WRITES = [name for name, action in ACTIONS.items() if action.writes]


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with running() as url:
        yield url


@pytest.fixture
def bank(service: str, settings: LazySettings) -> Iterator[RunningBank]:
    settings.OPERATIONS_URL, settings.OPERATIONS_TOKEN = service, TOKEN
    operations.cache_clear()
    yield RunningBank(service)
    operations.cache_clear()


def proven() -> Acting:
    """The worst case: this customer may have everything done."""
    return Acting(conversation_id=uuid4(), customer_id=None, reference=REFERENCE, level=2)


def begun(turn: LlmTurn, customer: str) -> list[str]:
    """What the house does with a turn: at most one action is begun, with the customer's own words."""
    command = propose(turn).command
    if not isinstance(command, DoAction):
        return []
    step = begin(command.name, customer, who=proven(), locale="en")
    assert step.done is None or command.name not in WRITES, "a write without a question"
    return [command.name]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["name"])
def test_no_write_comes_of_obedience(fake: FakeEndpoint, bank: RunningBank, attack: dict[str, str]) -> None:
    before = bank.changes
    text = text_of(attack)
    orders = [json.dumps({"command": "act", "action": name, "arguments": {}}) for name in WRITES]
    for said in (attack["obeyed"], *HOSTILE, *orders):
        fake.says(said)
        begun(LlmTurn(text=text, language="en", actions=ALLOWED), text)
    assert bank.changes == before


def test_the_customer_s_own_yes_is_what_writes(fake: FakeEndpoint, bank: RunningBank) -> None:
    """The other half: the test above would also pass if nothing could ever be done."""
    text = "Please freeze my card, it was stolen."
    fake.says('{"command": "act", "action": "freeze_card", "arguments": {}}')
    assert begun(LlmTurn(text=text, language="en", actions=ALLOWED), text) == ["freeze_card"]
    who, before = proven(), bank.changes
    step = begin("freeze_card", text, who=who, locale="en")
    if step.pending is not None and step.pending.asks == "card":
        last = bank.get(f"/v1/accounts/{REFERENCE}/cards")[0]["last4"]
        step = go_on(step.pending, last, who=who, locale="en")
    assert step.pending is not None
    assert step.pending.asks == "confirm"
    assert bank.changes == before
    assert go_on(step.pending, "yes", who=who, locale="en").done is not None
    assert bank.changes[1] == before[1] + 1
