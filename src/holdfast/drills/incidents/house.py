"""The house a case is played in: who works there, who signs, what customers it knows, and its prepared words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from holdfast.desk import routing
from holdfast.drills.incidents.prepared import WORDS, use_of
from holdfast.drills.incidents.scenario import Case
from holdfast.drills.incidents.world import Contact, World
from holdfast.guard.keys import blind_index
from holdfast.incidents import components, matching
from holdfast.incidents.words import approvals, library, signatories, templates
from holdfast.incidents.words.contract import Missing, Need, OutgoingText, Role
from holdfast.intake.contact import Incoming
from holdfast.kit.ids import derived
from holdfast.people.identify import PROVEN
from holdfast.people.models import Agent, Customer, Identity
from holdfast.people.models import Role as Work
from holdfast.posture import current as posture
from holdfast.shield import published

LOCALE = "en"
"""Everybody in a case reads English: the sources do."""
_APPROVED_FOR = timedelta(days=300)


@dataclass(frozen=True, slots=True)
class House:
    """Who acts, as ids of agents, and what broke. `bodies` are the prepared words by name."""

    writer: int
    second: int
    signs: int
    component: UUID
    bodies: Mapping[str, str]

    @classmethod
    def open(cls, world: World, *, at: datetime) -> House:
        """Write people and prepared words into a database that holds nobody's data."""
        forget()
        writer, second, signs = (_agent(name, at) for name in ("Writer", "Second", "Signatory"))
        _customers(range(world.case.people.number), at)
        bodies = {**WORDS, **{slug: body.strip() for slug, body in world.case.words.items()}}
        for role in Role:
            signatories.name(agent_id=signs, role=role, jurisdiction="", by=second)
        _prepare(bodies, case=world.case, by=writer, signs=signs)
        component = components.add(name=world.case.broke.service, by=writer)
        return cls(writer, second, signs, component.id, bodies)


def forget() -> None:
    """Let the process forget what it remembers of another database, or of an earlier minute."""
    routing.forget()
    posture.forget()
    published.forget()
    matching.forget()


def reference(person: int) -> str:
    """Return what a person calls their account."""
    return f"DR-{person:06d}"


def address(person: int) -> str:
    """Return where a person gets mail. RFC 2606 keeps `.example` for this: nobody is ever written to by mistake."""
    return f"person{person}@drill.example"


def person_of(mail: str) -> int:
    """Return whose address this is."""
    return int(mail.partition("@")[0].removeprefix("person"))


def customer_id(person: int) -> UUID:
    """Return the id of a person's customer."""
    return derived("drill", "person", str(person))


def incoming(contact: Contact, *, at: datetime) -> Incoming:
    """Return a contact as a channel hands it in."""
    return Incoming(
        channel="web",
        source="drill",
        sender={"email": address(contact.person)},
        text=contact.text,
        key=f"contact-{contact.number}",
        at=at,
        locale=LOCALE,
        payload={"verified": True},
    )


def _agent(name: str, at: datetime) -> int:
    row = Agent(email=f"{name.lower()}@drill.example", name=name, role=Work.LEAD, created_at=at)
    row.set_unusable_password()
    row.save()
    return row.pk


def _customers(people: Sequence[int], at: datetime) -> None:
    since = (at - timedelta(days=900)).date()
    Customer.objects.bulk_create(
        [
            Customer(
                id=customer_id(each),
                reference=reference(each),
                name=f"Person {each}",
                locale=LOCALE,
                since=since,
                created_at=at,
            )
            for each in people
        ],
        batch_size=2_000,
    )
    Identity.objects.bulk_create(
        [
            Identity(
                id=derived("drill", "mail", str(each)),
                customer_id=customer_id(each),
                kind="email",
                value=address(each),
                index=blind_index("email", address(each)),
                level=PROVEN,
                created_at=at,
            )
            for each in people
        ],
        batch_size=2_000,
    )


def _prepare(bodies: Mapping[str, str], *, case: Case, by: int, signs: int) -> None:
    """Write the words and have them approved by everybody whose approval the case's harm will need."""
    for slug, body in bodies.items():
        templates.add(slug=slug, title=slug, use=use_of(slug))
        templates.save(slug=slug, locale=LOCALE, body=body, seen=0, by=by)
        segment = slug if slug in {"affected", "unaffected"} else ""
        needed = approvals.needs(harm=case.broke.harm, severity=case.broke.severity, segment=segment)
        roles = {need.role for need in needed} | {Role.COMMUNICATIONS}
        text = OutgoingText(locale=LOCALE, text=library.template(slug).versions[LOCALE].body)
        missing = [Missing(text=text, need=Need(role=role)) for role in sorted(roles)]
        approvals.ask(subject=f"template:{slug}", about=f"Template: {slug}", missing=missing, by=by)
    for ask in library.asks(agent_id=signs, limit=500):
        approvals.approve(ask_id=ask.id, by=signs, expires_in=_APPROVED_FOR)
