"""A desk whose customers' every sealed value is a marker, and the search for those markers in what comes out of it."""

from __future__ import annotations

import base64
import html
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.utils import timezone
from PIL import Image
from tests.opened import token_of

from holdfast.assistant import holding
from holdfast.assistant.contract import Held
from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close
from holdfast.conversations.merges import merge
from holdfast.conversations.models import Attachment, Conversation, Merge, Message
from holdfast.conversations.snoozes import snooze
from holdfast.conversations.to_thread import ToThread
from holdfast.desk import cutting_off
from holdfast.desk.models import CannedReply, Queue, SavedView
from holdfast.guard import reveals
from holdfast.guard.fields import Sealed, SealedField
from holdfast.guard.keys import blind_index
from holdfast.guard.marks import reading
from holdfast.guard.radius.contract import Question
from holdfast.guard.watching import notices
from holdfast.guard.watching.contract import Kind, Signal
from holdfast.incidents import components, declaring, links, updates
from holdfast.incidents.goodwill import limits, offers, redeeming
from holdfast.incidents.models import Incident
from holdfast.incidents.outreach import calls, taking
from holdfast.incidents.radius import making
from holdfast.incidents.status import subscribing
from holdfast.incidents.status.models import Subscriber
from holdfast.incidents.words import templates
from holdfast.intake import receipts
from holdfast.intake.accept import accept_now
from holdfast.intake.contact import Incoming
from holdfast.kit.blobs import BlobStore
from holdfast.notify import deliveries
from holdfast.notify.campaigns import adding, campaigns, minding
from holdfast.notify.campaigns.contract import Recipient, Text
from holdfast.notify.campaigns.models import Recipient as Addressee
from holdfast.people.accounts import create_agent
from holdfast.people.choosing import Choice
from holdfast.people.models import Agent, Customer, Identity, Role, Team, Vendor
from holdfast.triage.scrubbing import scrubbed


@dataclass(frozen=True)
class Planted:
    """One customer's markers. Each is unique in the world, so that finding one tells where it came from."""

    number: int

    @property
    def values(self) -> dict[str, str]:
        n = f"{self.number:02}"
        return {
            "name": f"Ayu Zqfamily{n}",
            "email": f"zqlocal{n}@zqhost{n}.example",
            "phone": f"+62 8{n}7 4401 93{n}",
            "account": f"ZQACC-{n}-77150{n}",
            "chat": f"zqchat{n}-5b1e",
            "iban": f"GB33ZQBK20{n}155555{n}55",
            "address": f"Jl. Zqstreet{n} 7, 40{n}1 Zqtown{n}",
            "birth_date": f"19{n}-11-07",
        }

    @property
    def needles(self) -> dict[str, list[str]]:
        """What must not be found: the parts of each value that no mask shows."""
        n = f"{self.number:02}"
        value = self.values
        return {
            "name": [f"zqfamily{n}"],
            "email": [f"zqlocal{n}", f"zqhost{n}"],
            "phone": [value["phone"], "".join(c for c in value["phone"] if c.isdigit())],
            "account": [value["account"]],
            "chat": [value["chat"]],
            "iban": [value["iban"], value["iban"][4:14]],
            "address": [f"zqstreet{n}", f"zqtown{n}"],
            "birth_date": [value["birth_date"], f"07.11.19{n}", f"11/07/19{n}"],
        }


@dataclass
class World:
    """Everything the crawl needs to fill in addresses."""

    planted: list[Planted] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    agents: dict[str, Agent] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    receipts: list[UUID] = field(default_factory=list)
    attachment: Attachment | None = None
    picture: Attachment | None = None
    mail: Message | None = None
    merge: Merge | None = None
    campaign: UUID | None = None
    view: SavedView | None = None
    queue: Queue | None = None
    incident: int = 0
    outreach: UUID | None = None
    offer: UUID | None = None
    radius: UUID | None = None
    trace: UUID | None = None
    cut_off: int = 0
    alias: str = ""
    tokens: list[str] = field(default_factory=list, repr=False)

    def leaks(self, where: str, content: str | bytes) -> list[str]:
        """Return `where: field of customer` for each marker found in `content`, however it is written."""
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
        spelled = _spellings(text)
        found = [
            f"{where}: {name} of customer {planted.number} ({needle})"
            for planted in self.planted
            for name, needles in planted.needles.items()
            for needle in needles
            if any(needle.lower() in one for one in spelled)
        ]
        return found + [f"{where}: ciphertext" for token in self.tokens if token.split(".")[2] in text]


def _spellings(text: str) -> list[str]:
    """The text as it is, unescaped in the ways pages, addresses and JSON escape, without spaces, and out of base64."""
    lower = text.lower()
    plain = html.unescape(lower)
    written = [
        lower,
        plain,
        re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), lower),
        re.sub(r"[\s-]", "", plain),
    ]
    written += [unquote_plus(lower)]
    written += [_decoded(piece) for piece in set(re.findall(r"[A-Za-z0-9+/_-]{16,}={0,2}", text))]
    return written


def _decoded(piece: str) -> str:
    plain = piece.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8", "ignore").lower()
    except ValueError:
        return ""


def all_spellings_of(value: str) -> Iterator[str]:
    """How a marker could be hidden; the search has to find each."""
    yield from (value, value.upper(), html.escape(value), quote(value, safe=""), quote_plus(value))
    yield json.dumps(value)
    yield base64.b64encode(f"padding {value} padding".encode()).decode()
    yield base64.urlsafe_b64encode(f"x{value}y".encode()).decode().rstrip("=")


def build() -> World:
    """Make the world: two teams of two vendors, an agent of each role, a conversation in each state."""
    world = World(planted=[Planted(n) for n in range(31, 37)])
    _staff(world)
    world.customers = [_customer(planted) for planted in world.planted]
    states = ["mine", "waiting", "snoozed", "closed", "elsewhere", "look_alike"]
    for state, planted in zip(states, world.planted, strict=True):
        customer = world.customers[0] if state == "look_alike" else world.customers[planted.number - 31]
        world.conversations[state] = _conversation(world, state, planted, customer)
    _spread(world)
    _form(world)
    _incident(world)
    _mass_mail(world)
    _subscriber(world)
    _call(world)
    _goodwill(world)
    _watched(world)
    _radius(world)
    _cut_off(world)
    world.tokens = [token_of(value) for value in _every_sealed_value() if value]
    return world


def _watched(world: World) -> None:
    """Something to be looked at about one agent, who is not named by it."""
    watched = world.agents["other"].pk
    notices.note([Signal(Kind.DENIALS, watched, timezone.now(), "Ten refusals.", (), ())], looked_for=[])
    world.alias = notices.alias_of(watched)


def _staff(world: World) -> None:
    here = Team.objects.create(name="Cards", vendor=Vendor.objects.create(name="Inside", internal=True))
    there = Team.objects.create(name="Loans", vendor=Vendor.objects.create(name="Outsourcer"))
    world.queue = Queue.objects.create(slug="cards", name="Cards", fallback=True)
    world.queue.teams.add(here)
    other = Queue.objects.create(slug="loans", name="Loans")
    other.teams.add(there)
    for name, role, team in [
        ("own", Role.AGENT, here),
        ("other", Role.AGENT, there),
        ("lead", Role.LEAD, here),
        ("admin", Role.ADMIN, here),
        ("security", Role.SECURITY, None),
    ]:
        world.agents[name] = create_agent(
            email=f"{name}@desk.example", name=f"{name.title()} Person", password="x" * 20, role=role, team=team
        )
    CannedReply.objects.create(shortcut="hello", title="Hello", body="Hello {{ customer.name }}, {{ customer.email }}.")
    world.view = SavedView.objects.create(name="Cards", owner=world.agents["own"], query={"queue": "cards"})


def _customer(planted: Planted) -> Customer:
    values = planted.values
    customer = Customer.objects.create(
        name=values["name"],
        address=values["address"],
        birth_date=values["birth_date"],
        iban=values["iban"],
        reference=f"TW-{planted.number}",
        city="Bandung",
    )
    for kind in ("email", "phone", "account", "chat"):
        index = blind_index(kind, values[kind])
        Identity.objects.create(customer=customer, kind=kind, value=values[kind], index=index, level=1)
    return customer


def _conversation(world: World, state: str, planted: Planted, customer: Customer) -> Conversation:
    values, now = planted.values, timezone.now()
    channel = "chat" if state == "waiting" else "email"
    raw = BlobStore(settings.BLOB_DIR).put(f"From: {values['name']} <{values['email']}>\r\n\r\nHello".encode())
    incoming = Incoming(
        channel=channel,
        source="smtp",
        sender={kind: values[kind] for kind in ("email", "phone", "account", "name")},
        text="My card was declined at the till.",
        subject="Card declined",
        key=f"world-{planted.number}",
        raw=raw,
    )
    (accepted,) = accept_now([incoming])
    world.receipts.append(accepted.receipt)
    queue = Queue.objects.get(slug="loans" if state == "elsewhere" else "cards")
    conversation = Conversation.objects.create(
        customer=customer,
        channel=channel,
        subject="Card declined",
        preview="My card was declined at the till.",
        last_author="customer",
        queue_id=queue.pk,
        waiting_since=now,
        last_message_at=now,
        created_at=now,
    )
    receipts.settle([accepted.receipt], state="waiting", conversation_id=conversation.pk, visible=True)
    message = Message.objects.create(
        conversation=conversation,
        author="customer",
        text="My card was declined at the till.",
        html="<p>My card was <b>declined</b> at the till.</p>",
        contact_id=accepted.receipt,
        created_at=now,
    )
    if state == "mine":
        world.mail = message
        content = f"a file of the customer's own, {world.planted[0].values['account']}".encode()
        world.attachment = Attachment.objects.create(
            message=message,
            name=_file_name(message, f"{planted.values['name']} statement.txt".replace(" ", "_")),
            type="text/plain",
            size=len(content),
            digest=BlobStore(settings.BLOB_DIR).put(content),
        )
        world.picture = _picture(message, world.planted[0].values["account"], named=world.planted[0].values["iban"])
    answer = Message.objects.create(
        conversation=conversation, author="agent", agent=world.agents["own"], text="We are looking.", created_at=now
    )
    if channel == "email":
        deliveries.enqueue(answer.pk)
    return conversation


def _picture(message: Message, marker: str, *, named: str) -> Attachment:
    """A picture with a marker in its metadata, as cameras leave the owner's name there, and one in its name."""
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x013B] = marker  # artist
    Image.new("RGB", (40, 30), "#88aacc").save(out, "JPEG", exif=exif)
    digest = BlobStore(settings.BLOB_DIR).put(out.getvalue())
    size = len(out.getvalue())
    name = _file_name(message, f"{named}_front.jpg")
    return Attachment.objects.create(message=message, name=name, type="image/jpeg", size=size, digest=digest)


def _file_name(message: Message, name: str) -> str:
    """What triage makes of the name a customer gave a file."""
    (item,) = scrubbed(
        [
            ToThread(
                contact_id=message.contact_id,
                customer_id=message.conversation.customer_id,
                channel="email",
                at=message.created_at,
                attachments=[{"name": name}],
            )
        ]
    )
    return str(item.attachments[0]["name"])


def _spread(world: World) -> None:
    cases, own = world.conversations, world.agents["own"].pk
    assign(conversation_id=cases["mine"].pk, to=own, by=own)
    assign(conversation_id=cases["elsewhere"].pk, to=world.agents["other"].pk, by=world.agents["other"].pk)
    snooze(conversation_id=cases["snoozed"].pk, by=own, until=timezone.now() + timedelta(days=1))
    close(conversation_id=cases["closed"].pk, by=own)
    spare = Conversation.objects.create(
        customer=cases["mine"].customer,
        channel="email",
        subject="Card declined again",
        queue_id=cases["mine"].queue_id,
        last_message_at=timezone.now(),
        created_at=timezone.now(),
    )
    world.merge = merge(source_id=spare.pk, target_id=cases["mine"].pk, by=own)
    for case in cases.values():
        case.refresh_from_db()
    mine = cases["mine"]
    for purpose in ("payment", "curious"):
        reveals.request(
            agent_id=own,
            session_key="some session",
            conversation_id=mine.pk,
            customer_id=mine.customer_id,
            sealed=world.customers[0].iban,
            field="iban",
            purpose=purpose,
            reason=f"asked by {world.planted[0].values['email']}",
        )


def _form(world: World) -> None:
    """A customer is asked whether their new address is right."""
    address = world.planted[1].values["address"]
    pending = {"action": "change_address", "asks": "confirm", "slots": {"address": address}, "key": "world"}
    holding.keep(world.conversations["waiting"].pk, Held(pending=pending))


def _incident(world: World) -> None:
    """Something is broken, was told once, and every conversation is about it."""
    lead, in_half_an_hour = world.agents["lead"].pk, timezone.now() + timedelta(minutes=30)
    part = components.add(name="Card payments", by=lead)
    broken = {part.id: "major_outage"}
    incident_id = declaring.declare(title="Card payments are declined", by=lead, components=broken)
    cases = [each.pk for each in world.conversations.values()]
    links.link_many(incident_id=incident_id, conversation_ids=cases, how="words", by=lead)
    said = updates.draft(
        incident_id=incident_id,
        by=lead,
        status="investigating",
        texts={"en": "We are looking into it."},
        next_update_due=in_half_an_hour,
        components=broken,
    )
    updates.publish(update_id=said.id, version=said.version, by=lead)
    templates.take_seeds(by=lead)
    world.incident = Incident.objects.values_list("number", flat=True).get(pk=incident_id)


def _mass_mail(world: World) -> None:
    """A campaign to everybody, of whom one was not reached and one is not known."""
    lead = world.agents["lead"].pk
    world.campaign = campaigns.create(name="Card payments", stream="incident", by=lead)
    text = Text(subject="Card payments", body="Dear {name}, your account {account} is safe.")
    campaigns.set_texts(campaign_id=world.campaign, by=lead, texts={("en", ""): text})
    everybody = [
        Recipient(
            person_key=f"customer:{planted.number}",
            channel="email",
            address=planted.values["email"],
            locale="en",
            values={"name": planted.values["name"], "account": planted.values["account"]},
        )
        for planted in world.planted
    ]
    adding.add_recipients(world.campaign, everybody)
    rows = list(Addressee.objects.filter(campaign=world.campaign).order_by("id"))
    for row, state in zip(rows, ("failed", "unknown"), strict=False):
        Addressee.objects.filter(pk=row.pk).update(state=state, reason="The connection broke.")
    minding.recount([rows[0].chunk_id])


def _subscriber(world: World) -> None:
    """A customer asks to be told of incidents."""
    address = world.planted[0].values["email"]
    asked = subscribing.ask(address=address, locale="en", components=[], incident_id=None, network="203.0.113.9")
    row = Subscriber.objects.get(pk=asked)
    row.webhook, row.webhook_secret = f"https://{address.partition('@')[2]}/hook", world.planted[0].values["account"]
    row.save()


def _call(world: World) -> None:
    """A lead has one of them for a call, in which their address was typed."""
    lead, at = world.agents["lead"].pk, timezone.now()
    world.outreach = taking.take(
        incident_id=Incident.objects.get(number=world.incident).pk,
        customer_id=world.customers[0].pk,
        executive=lead,
        window=(at, at + timedelta(hours=2)),
        held_until=at + timedelta(days=1),
        by=lead,
    )
    wanted = f"An answer to {world.planted[0].values['email']}"
    calls.note(outreach_id=world.outreach, by=lead, outcome="wants", wanted=wanted)


def _goodwill(world: World) -> None:
    """All of them are offered something, and one has a code."""
    lead, admin = world.agents["lead"].pk, world.agents["admin"].pk
    world.offer = offers.write(
        incident_id=Incident.objects.get(number=world.incident).pk,
        name="Ten back",
        amount=Decimal(10),
        currency="EUR",
        budget=Decimal(100),
        expires_at=timezone.now() + timedelta(days=9),
        whom=offers.Whom(choice=Choice(city="Bandung")),
        hold_out=0,
        mails={"en": offers.Mail(subject="We are sorry", body="Dear {name}, your code is {code}.")},
        by=lead,
    )
    limits.set_limit(agent_id=lead, amount=Decimal(100), currency="EUR", by=admin)
    limits.set_limit(agent_id=world.agents["own"].pk, amount=Decimal(100), currency="EUR", by=admin)
    offers.approve(offer_id=world.offer, by=world.agents["own"].pk)
    limits.set_limit(agent_id=world.agents["own"].pk, amount=None, currency="EUR", by=admin)
    redeeming.redeem(code=redeeming.make_trial(offer_id=world.offer, by=lead), key="1", through="till")
    redeeming.give_one(offer_id=world.offer, customer_id=world.customers[0].pk, by=lead)


def _radius(world: World) -> None:
    """Whose data one of them could know was counted."""
    since = timezone.now() - timedelta(days=1)
    question = Question(agents=(world.agents["own"].pk,), since=since, until=since + timedelta(days=2))
    world.radius = making.make(question, by=world.agents["security"].pk, places={"TW-1": "DE"}).id
    asked = reading.Asked(code="7K3MQ2X9HD")
    verdict, seen = reading.read(b"words", asked)
    world.trace = reading.keep(b"words", asked, verdict, seen, with_file=True)


def _cut_off(world: World) -> None:
    """Somebody of a third employer was cut off, and what they saw is frozen."""
    team = Team.objects.create(name="Evening", vendor=Vendor.objects.create(name="Vendor T"))
    gone = create_agent(email="gone@t.example", name="Gone Person", team=team)
    target = cutting_off.Target(cutting_off.Scope.AGENT, gone.pk)
    world.cut_off = cutting_off.cut_off(target=target, why="A check", by=world.agents["security"].pk).number
    cutting_off.settle(number=world.cut_off)


def _every_sealed_value() -> Iterator[Sealed]:
    for model in apps.get_models():
        for column in model._meta.get_fields():
            if isinstance(column, SealedField):
                yield from (getattr(row, column.attname) for row in model._default_manager.all())


def sealed_columns() -> set[str]:
    """Every sealed column of the house, so that the world can be checked to plant a marker in each."""
    return {
        f"{model._meta.label}.{column.name}"
        for model in apps.get_models()
        for column in model._meta.get_fields()
        if isinstance(column, SealedField)
    }


def as_text(value: Any) -> str:
    """Return anything as text to search."""
    return json.dumps(value, default=str, ensure_ascii=False)
