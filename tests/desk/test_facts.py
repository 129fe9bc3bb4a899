"""The rail shows what the company's systems say, read over real HTTP, and works without them."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client

from holdfast.conversations.models import Conversation
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Customer, Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_client")]


@pytest.fixture
def conversation() -> Conversation:
    customer = Customer.objects.create(reference="TW-100000", name="Maren Okafor")
    return Conversation.objects.create(customer=customer, channel="chat", last_message_at=now(), created_at=now())


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(Agent.objects.create_user("lead@example.com", name="Dara Whelan", role=Role.LEAD))
    return client


def test_the_facts_come_from_the_operations_service(
    service: str, desk: Client, conversation: Conversation, settings: LazySettings
) -> None:
    settings.OPERATIONS_URL, settings.OPERATIONS_TOKEN = service, "for-tests"
    page = desk.get(f"/desk/c/{conversation.number}/facts/").content.decode()
    assert "What our systems say" in page
    assert "since" in page or "looks as usual" in page or "look as usual" in page


def test_a_service_that_is_away_is_said_in_a_sentence(
    desk: Client, conversation: Conversation, settings: LazySettings
) -> None:
    settings.OPERATIONS_URL, settings.OPERATIONS_TOKEN = "http://127.0.0.1:1", "for-tests"
    page = desk.get(f"/desk/c/{conversation.number}/facts/").content.decode()
    assert "do not answer" in page


def test_without_a_service_or_a_reference_there_is_nothing(
    desk: Client, conversation: Conversation, settings: LazySettings
) -> None:
    settings.OPERATIONS_URL = ""
    assert desk.get(f"/desk/c/{conversation.number}/facts/").content.strip() == b""
