"""Customers' values come out of this house in two places: a reveal, and the address line of a mail to that customer."""

from __future__ import annotations

import sys

import pytest
from django.core import mail
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.views.debug import technical_500_response
from tests.opened import opened
from tests.security.world import World, all_spellings_of, as_text, sealed_columns

from holdfast.kit.models import OutboxEvent
from holdfast.notify import deliveries


def test_every_sealed_column_holds_a_marker(world: World) -> None:
    assert sealed_columns() == {
        "people.Customer.name",
        "people.Customer.address",
        "people.Customer.birth_date",
        "people.Customer.iban",
        "people.Identity.value",
        "intake.Contact.sender",
        "notify.Delivery.recipient",
        "campaigns.Recipient.sealed",
        "assistant.Holding.given",
        "status.Subscriber.address",
        "status.Subscriber.webhook",
        "status.Subscriber.webhook_secret",
    }, "a new sealed column: plant a marker for it in world.py"
    assert len(world.tokens) >= 6 * 9


def test_the_search_finds_a_marker_however_it_is_spelled(world: World) -> None:
    for planted in world.planted:
        for name, value in planted.values.items():
            for spelling in all_spellings_of(value):
                assert world.leaks("here", f"before {spelling} after"), (name, spelling)
    assert world.leaks("here", f"x {world.tokens[0]} y") == ["here: ciphertext"]
    assert not world.leaks("here", " ".join(str(customer.name) + str(customer.iban) for customer in world.customers))


def test_no_event_carries_a_marker(world: World) -> None:
    events = list(OutboxEvent.objects.values())
    assert events
    assert not world.leaks("outbox", as_text(events))


def test_a_mail_names_its_customer_in_its_address_only(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    deliveries.send_due(limit=50)
    assert len(mail.outbox) >= 4
    leaks: list[str] = []
    for sent in mail.outbox:
        message = sent.message()
        assert world.leaks("to", str(message["To"])), "the marker is where it belongs"
        del message["To"]
        leaks += world.leaks(f"mail to {sent.to}", message.as_string() + sent.subject + sent.body)
        for part in message.walk():
            payload = part.get_payload(decode=True)
            leaks += world.leaks("mail part", payload if isinstance(payload, bytes) else b"")
    logged = capfd.readouterr()
    assert not leaks + world.leaks("log", logged.out + logged.err)


def test_no_statement_sent_to_the_database_holds_a_marker(world: World, clients: dict[str, Client]) -> None:
    """What PostgreSQL might log (slow statements, errors) is ciphertext and indexes."""
    case = world.conversations["mine"].number
    with CaptureQueriesContext(connection) as asked:
        for address in ("/desk/?view=all", f"/desk/c/{case}/", f"/desk/c/{case}/merge/", "/desk/search/?q=card"):
            assert clients["admin"].get(address).status_code == 200
    statements = "\n".join(query["sql"] for query in asked)
    assert [leak for leak in world.leaks("sql", statements) if "ciphertext" not in leak] == []


def _failing(request: HttpRequest, world: World) -> HttpResponse:
    customer = world.customers[0]
    everything = {"customer": customer, "iban": customer.iban, "all": vars(customer)}
    address = opened(world.customers[0].identities.get(kind="email").value)
    raise RuntimeError(f"failed for {customer.name}, {len(everything)} values, {len(address)}")


def _debug_page(request: HttpRequest, world: World) -> str:
    try:
        _failing(request, world)
    except RuntimeError:
        return technical_500_response(request, *sys.exc_info()).content.decode()  # type: ignore[arg-type]
    raise AssertionError


def test_the_debug_page_shows_masks(world: World) -> None:
    typed = {"iban": world.planted[0].values["iban"], "q": world.planted[0].values["email"]}
    page = _debug_page(RequestFactory().post("/x/", typed), world)
    assert "Ayu Z." in page
    assert "\n".join(world.leaks("debug page", page)) == ""


def test_the_error_page_and_its_log_say_nothing(
    world: World,
    clients: dict[str, Client],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    from holdfast.web import views

    monkeypatch.setattr(views, "samples", lambda: _failing(RequestFactory().get("/"), world))
    response = clients["admin"].get(reverse("web:components"))
    assert response.status_code == 500
    assert "RuntimeError" in caplog.text, "the fault is logged"
    logged = capfd.readouterr()
    assert not world.leaks("500", response.content)
    assert not world.leaks("log", logged.out + logged.err + caplog.text)


def test_values_that_reach_storage_outside_sealed_columns(world: World) -> None:
    """Every table but the sealed columns, row by row, as a database user or a backup would see it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        leaks = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            for (row,) in cursor.fetchall():
                leaks += [leak for leak in world.leaks(table, row) if "ciphertext" not in leak]
    assert "\n".join(leaks) == ""
