"""Who asks is asked back once; nobody learns who is known; ending it takes one click and no page."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar
from uuid import UUID

import jsonschema
import pytest
from django.conf import LazySettings
from django.core import mail
from django.db import connection
from django.test import Client
from tests.incidents.conftest import House, make_house
from tests.incidents.status.shape import INCIDENT
from tests.notify.campaigns.conftest import Sink, send, sink

from holdfast.incidents import updates
from holdfast.incidents.status import announcing, subscribing
from holdfast.incidents.status.models import Announcement, Link, Subscriber
from holdfast.incidents.status.words import _DATA
from holdfast.kit import clock
from holdfast.notify.campaigns.carriers.http import signature
from holdfast.notify.campaigns.mails import thread_root
from holdfast.posture import current as posture

__all__ = ["sink"]
ADA = "ada@people.example"


@pytest.fixture
def reader(house: House, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A browser without cookies, whose jobs run at once."""
    from holdfast.incidents.status import subscribe_views

    class AtOnce:
        def defer(self, subscriber: str) -> None:
            subscribing.send_link(UUID(subscriber))

    monkeypatch.setattr(subscribe_views, "send_link", AtOnce())
    return Client(enforce_csrf_checks=True)


def token_of(letter: Any) -> str:
    found = re.search(r"/status/link/([^/]+)/", str(letter.body))
    assert found is not None
    return found[1]


def test_double_opt_in_from_the_form_to_the_list(reader: Client, house: House) -> None:
    given = {"email": f" {ADA} ", "component": [str(house.cards.id), "made-up"], "locale": "pt-br"}
    answered = reader.post("/status/subscribe/", given)
    assert answered.status_code == 200
    assert not answered.cookies
    [letter] = mail.outbox
    assert (letter.to, letter.extra_headers["Auto-Submitted"]) == ([ADA], "auto-generated")
    assert letter.subject.startswith("Confirme")
    row = Subscriber.objects.get()
    assert (row.confirmed_at, row.components, row.words) == (None, [str(house.cards.id)], subscribing.WORDS)
    assert ADA not in str(row.address)
    link = f"/status/link/{token_of(letter)}/"
    assert reader.get(link).status_code == 200
    assert Subscriber.objects.get().confirmed_at is None, "a mail scanner that opens links agrees to nothing"
    assert reader.post(link).status_code == 200
    assert Subscriber.objects.get().confirmed_at is not None
    assert reader.post(link).status_code == 410, "a link is good once"


def test_only_the_hash_of_a_link_is_kept_and_it_lasts_two_days(reader: Client) -> None:
    reader.post("/status/subscribe/", {"email": ADA})
    token = token_of(mail.outbox[0])
    kept = Link.objects.get()
    assert token.encode() not in bytes(kept.token)
    assert len(token) >= 43  # 256 bits
    clock.set_source(lambda: kept.made_at + timedelta(hours=48, seconds=1))
    try:
        assert reader.post(f"/status/link/{token}/").status_code == 410
    finally:
        clock.set_source(None)


def test_the_answer_does_not_tell_who_is_known(reader: Client) -> None:
    first = reader.post("/status/subscribe/", {"email": ADA})
    subscribing.agree(token_of(mail.outbox[0]))
    again = reader.post("/status/subscribe/", {"email": ADA.upper()})
    other = reader.post("/status/subscribe/", {"email": "bob@people.example"})
    assert first.content == again.content == other.content
    known, unknown = (reader.post("/status/manage/", {"email": each}) for each in (ADA, "nobody@people.example"))
    assert known.content == unknown.content
    assert Subscriber.objects.filter(ended_at=None).count() == 2
    assert "nobody@people.example" not in {letter.to[0] for letter in mail.outbox}


def test_nobody_fills_a_mailbox_or_tries_addresses_without_end(reader: Client) -> None:
    for _ in range(5):
        reader.post("/status/subscribe/", {"email": ADA})
    assert len(mail.outbox) == subscribing.LETTERS_AN_HOUR
    answers = [reader.post("/status/subscribe/", {"email": f"p{n}@people.example"}).status_code for n in range(8)]
    assert answers == [200] * 5 + [429] * 3
    assert reader.post("/status/manage/", {"email": ADA}).status_code == 429


def test_what_is_no_address_gets_a_sentence(reader: Client) -> None:
    for wrong in ("", "ada", "a@b@c", "ada@people.example\nBcc: x@y.example", "x" * 400):
        answered = reader.post("/status/subscribe/", {"email": wrong})
        assert answered.status_code == 422
        assert "form like name@example.com" in answered.content.decode()
    assert not mail.outbox
    assert not Subscriber.objects.exists()


def test_one_click_ends_it_without_cookies_as_often_as_it_is_pressed_and_looking_does_not(reader: Client) -> None:
    reader.post("/status/subscribe/", {"email": ADA})
    row = subscribing.agree(token_of(mail.outbox[0]))
    address = f"/status/unsubscribe/{subscribing.unsubscribe_token(row.id)}/"
    assert b"<form" in reader.get(address).content
    assert Subscriber.objects.get().ended_at is None
    for _ in range(2):
        answered = reader.post(address, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert answered.status_code == 200
    ended = Subscriber.objects.get().ended_at
    assert ended is not None
    assert reader.post("/status/unsubscribe/forged.token/").status_code == 404
    reader.post("/status/subscribe/", {"email": ADA})
    assert Subscriber.objects.filter(ended_at=None, confirmed_at=None).count() == 1, "coming back is asked anew"


def test_what_somebody_gets_is_changed_and_ended_by_a_fresh_link(reader: Client, house: House) -> None:
    reader.post("/status/subscribe/", {"email": ADA})
    subscribing.agree(token_of(mail.outbox[0]))
    for given in ({"component": [str(house.app.id)]}, {"end": "1"}):
        reader.post("/status/manage/", {"email": ADA})
        link = f"/status/link/{token_of(mail.outbox[-1])}/"
        page = reader.get(link).content.decode()
        assert "Card payments" in page
        assert ADA not in page
        assert reader.post(link, given).status_code == 200
    row = Subscriber.objects.get()
    assert row.components == [str(house.app.id)]
    assert row.ended_at is not None


def test_who_never_agreed_is_forgotten(reader: Client) -> None:
    reader.post("/status/subscribe/", {"email": ADA})
    assert subscribing.forget_unconfirmed(clock.now()) == 1
    assert not Subscriber.objects.exists()


def test_every_language_has_every_sentence() -> None:
    def keys(table: Any, before: str = "") -> set[str]:
        return {f"{before}{key}" for key in table} | {
            each for key, value in table.items() if isinstance(value, dict) for each in keys(value, f"{before}{key}.")
        }

    for language, table in _DATA.items():
        assert keys(table) == keys(_DATA["en"]), language


def subscribe(address: str, components: list[str], locale: str = "en", incident_id: UUID | None = None) -> UUID:
    asked = subscribing.ask(
        address=address, locale=locale, components=components, incident_id=incident_id, network="203.0.113.5"
    )
    Subscriber.objects.filter(pk=asked).update(confirmed_at=clock.now())
    return asked


@pytest.mark.django_db(transaction=True)
def test_subscribers_get_each_update_once_in_one_thread_and_leave_by_the_address_in_it(
    sink: Callable[..., Sink], settings: LazySettings
) -> None:
    posture.forget()
    house, server = make_house(), sink()
    ada = subscribe(ADA, [])
    subscribe("cards@people.example", [str(house.cards.id)], "id")
    subscribe("app@people.example", [str(house.app.id)])
    subscribing.ask(address="pending@people.example", locale="en", components=[], incident_id=None, network="")
    incident_id = house.declare()
    house.draft(incident_id, "A draft.")
    assert announcing.announce_due() == 0
    discard(incident_id, house)
    house.publish(incident_id, "We are looking {into} it.")

    def work() -> None:
        announcing.announce_due()
        connection.close()

    together = [threading.Thread(target=work) for _ in range(3)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    send()
    assert server.took() == {ADA: 1, "cards@people.example": 1}
    head = server.heads()[ADA]
    leave = re.search(r"List-Unsubscribe: <([^>]+)>", head.replace("\r", ""))
    assert leave is not None
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    assert f"References: <{thread_root(f'incident-{incident_id}')}>" in head
    assert "Auto-Submitted: auto-generated" in head
    assert "List-Id:" in head
    assert "Subject: Looking into it - Card payments are declined" in head
    path = leave[1].removeprefix(settings.PUBLIC_URL)
    assert Client(enforce_csrf_checks=True).post(path).status_code == 200
    assert Subscriber.objects.get(pk=ada).ended_at is not None
    house.publish(incident_id, "We know why.", status="identified")
    assert announcing.announce_due() == 1
    assert announcing.announce_due() == 0
    send()
    assert server.took() == {ADA: 1, "cards@people.example": 2}
    assert Announcement.objects.count() == 2


class Hook(BaseHTTPRequestHandler):
    """A subscriber's server."""

    got: ClassVar[list[tuple[Mapping[str, str], bytes]]] = []

    def do_POST(self) -> None:
        self.got.append((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


def manage_token(address: str) -> str:
    owed = subscribing.ask_to_change(address=address)
    assert owed is not None
    subscribing.send_link(owed)
    return token_of(mail.outbox[-1])


@pytest.mark.django_db(transaction=True)
def test_a_webhook_gets_the_incident_as_statuspage_posts_it_signed_with_the_secret_that_was_shown(
    settings: LazySettings,
) -> None:
    posture.forget()
    house, settings.WEBHOOKS_INSIDE = make_house(), True
    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        subscribe(ADA, [])
        secret = subscribing.change(
            manage_token(ADA), components=[], locale="en", webhook=f"http://127.0.0.1:{server.server_port}/hook"
        )
        incident_id = house.declare()
        house.publish(incident_id, "We are looking into it.")
        announcing.announce_due()
        send("webhook")
    finally:
        server.shutdown()
    [(headers, body)] = Hook.got
    head = {name.lower(): value for name, value in headers.items()}
    stamp = int(head["x-holdfast-timestamp"])
    assert head["x-holdfast-signature"] == signature(secret=secret, timestamp=stamp, body=body)
    posted = json.loads(body)
    jsonschema.Draft202012Validator(INCIDENT).validate(posted["incident"])
    assert posted["incident"]["id"] == str(incident_id)
    assert posted["page"]["status_indicator"] == "minor"


@pytest.mark.parametrize(
    "url", ["http://hooks.example/x", "https://127.0.0.1/x", "https://localhost/x", "https://[::1]/", "ftp://a.example"]
)
def test_a_webhook_leads_outside_over_https_or_is_refused_and_the_link_stays_good(reader: Client, url: str) -> None:
    subscribe(ADA, [])
    link = f"/status/link/{manage_token(ADA)}/"
    assert reader.post(link, {"webhook": url}).status_code == 422
    assert not Subscriber.objects.get().webhook
    assert reader.get(link).status_code == 200


def discard(incident_id: UUID, house: House) -> None:
    from holdfast.incidents import queries

    drafted = queries.draft_of(incident_id)
    assert drafted is not None
    updates.discard(update_id=drafted.id, version=drafted.version, by=house.lead)


def test_who_asked_for_one_incident_hears_of_no_other_and_is_done_when_it_is_over(house: House) -> None:
    incident_id, other = house.declare(), house.declare("The app is slow")
    subscribe(ADA, [], incident_id=incident_id)
    house.publish(other, "We are looking into it.")
    announcing.announce_due()
    assert Announcement.objects.get().campaign_id is None
    house.resolve(incident_id)
    announcing.announce_due()
    assert Announcement.objects.exclude(campaign_id=None).count() == 1
    assert Subscriber.objects.get().ended_at is not None


def test_an_old_update_is_no_news(house: House) -> None:
    subscribe(ADA, [])
    house.publish(house.declare(), "We are looking into it.")
    later = clock.now() + announcing.NEWS_FOR + timedelta(minutes=1)
    clock.set_source(lambda: later)
    try:
        assert announcing.announce_due() == 0
    finally:
        clock.set_source(None)
