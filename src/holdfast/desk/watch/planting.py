"""Making up customers: who write in, with a matter that needs nothing opened or one that does, or lie to be found.

Whatever a list, an export or an interface shows of them is as it is with others: what is plain is taken from a real
customer's row (town, language, tier, since when), what is sealed has the same form, and the mail goes through the same
parser as every mail. Only the id tells, to who has the key.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from uuid import UUID

from django.conf import settings
from django.db import transaction

from holdfast.channels.email_in import incoming_from_mail
from holdfast.desk.watch.made_up_accounts import account
from holdfast.guard.keys import blind_index, normalise
from holdfast.guard.watching import addresses, canaries, numbers
from holdfast.guard.watching.errors import Refused
from holdfast.guard.watching.models import Canary
from holdfast.intake.accept import accept_now
from holdfast.kit.blobs import BlobStore
from holdfast.kit.clock import now
from holdfast.people.models import Customer, Identity

_GIVEN = ("Amara", "Ben", "Clara", "David", "Elif", "Femi", "Greta", "Hana", "Ivo", "Jonas", "Kiran", "Lena", "Mateo")
_STREETS = ("Mill Lane", "Harbour Street", "Station Road", "Church Walk", "Park Avenue", "Bridge Street")
_MATTERS: tuple[tuple[str, str], ...] = (
    (
        "How long does a transfer take",
        "Hello, I am asking before I send it: how long does a transfer abroad usually take?",
    ),
    ("Opening hours", "Could somebody tell me whether you answer the phone on Saturdays as well? Thank you."),
    ("Paper statements", "Is it still possible to get statements on paper, and does that cost anything?"),
    ("Question about fees", "I would like to know what taking out cash in another country costs. A person, please."),
)
_NEEDS: tuple[tuple[Identity.Kind, str, str], ...] = (
    (
        Identity.Kind.EMAIL,
        "Your mails do not arrive",
        "For two months I have had none of your mails. My name is often misspelt: could you look whether the mail"
        " address you have for me has a slip in it, and tell me what it looks like?",
    ),
    (
        Identity.Kind.EMAIL,
        "Which address do you have",
        "I have an old mail address and a new one and no longer know which of them I gave you. Could you look it up?",
    ),
    (
        Identity.Kind.PHONE,
        "Is my number right",
        "No text came when I wanted to sign in. Could you look whether the number you have for me has all its digits?",
    ),
)
"""Nobody is asked to write or call there: who does as they are asked leaves no trace that looks like a leak."""
_FOUND_BY = (
    ("Out of office", "I am away until Monday. For the portfolio (2.4 million) please call my assistant."),
    ("Automatic reply", "Thank you. I read mail on Thursdays. Private banking, account in good standing, VIP."),
)


@transaction.atomic
def plant(*, kind: str, by: int, subject: str = "", text: str = "") -> UUID:
    """Make up a customer and have them write in; return their id. Triage takes the mail up like any other.

    `kind`: `honey` writes about something that needs nothing opened, `needs` about the address or number on file;
    `search` is an automatic reply nobody has to answer. Raises `Refused`.
    """
    if kind not in Canary.Kind.values:
        raise Refused("Choose a made-up case or a made-up customer to be found.")
    if not settings.CANARY_DOMAIN:
        raise Refused("Set HOLDFAST_CANARY_DOMAIN first: answers to a made-up customer need somewhere of yours to go.")
    customer, address = _customer()
    canaries.note(customer.pk, kind=kind, by=by)
    usual, automatic = secrets.choice(_usual(kind, customer)), kind == Canary.Kind.SEARCH
    mail = _mail(address, subject.strip() or usual[0], text.strip() or usual[1], automatic=automatic)
    accept_now([incoming_from_mail(mail, blobs=BlobStore(settings.BLOB_DIR))])
    return customer.pk


def free_address(*, at: datetime, initial: str) -> tuple[UUID, str]:
    """Return the id of a customer to be made up, as if made at `at`, and an address that goes with it and nobody has.

    There are some 200,000 for an initial, so that of a few hundred two may well be the same. Raises `Refused`.
    """
    for _ in range(100):
        customer_id = canaries.new_id(at)
        address = addresses.address_of(customer_id, viewer=0, initial=initial)
        if not Identity.objects.filter(kind=Identity.Kind.EMAIL, index=blind_index("email", address)).exists():
            return customer_id, address
    raise Refused("No address is free for one more made-up customer. Set another HOLDFAST_CANARY_DOMAIN.")


def _usual(kind: str, customer: Customer) -> Sequence[tuple[str, str]]:
    """What one of this kind may write: nobody asks for a number who has none."""
    if kind != Canary.Kind.NEEDS:
        return _MATTERS if kind == Canary.Kind.HONEY else _FOUND_BY
    has = set(Identity.objects.filter(customer=customer).values_list("kind", flat=True))
    return [(subject, text) for needed, subject, text in _NEEDS if needed in has]


def _customer() -> tuple[Customer, Address]:
    """Like a real one in all that is plain; with a name, an address and numbers that are nobody's."""
    like = Customer.objects.filter(reference__isnull=False).order_by("?").first()
    made_at = like.created_at + timedelta(minutes=secrets.randbelow(600)) if like else now()
    given = secrets.choice(_GIVEN)
    customer_id, address = free_address(at=min(made_at, now()), initial=given[0].lower())
    family = "".join(c for c in address.partition("@")[0][1:] if c.isalpha()).title()
    customer = Customer.objects.create(
        id=customer_id,
        reference=_reference(like.reference or "" if like else ""),
        name=f"{given} {family}",
        address=f"{1 + secrets.randbelow(120)} {secrets.choice(_STREETS)}" if like is None or like.address else "",
        birth_date=_birth_date() if like is None or like.birth_date else "",
        iban=account(settings.CANARY_COUNTRY) if like is None or like.iban else "",
        city=like.city if like else "",
        locale=like.locale if like else "en",
        since=like.since if like else None,
        tier=like.tier if like else "",
        created_at=min(made_at, now()),
    )
    reached = {Identity.Kind.EMAIL: address, Identity.Kind.PHONE: _number(like)}
    Identity.objects.bulk_create(
        Identity(
            customer=customer,
            kind=kind,
            value=normalise(kind, value),
            index=blind_index(kind, value),
            level=1,
            created_at=customer.created_at,
        )
        for kind, value in reached.items()
        if value
    )
    return customer, Address(f"{given} {family}", addr_spec=address)


def _number(like: Customer | None) -> str | None:
    """A number of the pool, for as many of the made-up as of the others."""
    if like is not None and not Identity.objects.filter(customer=like, kind=Identity.Kind.PHONE).exists():
        return None
    return numbers.for_file()


def _reference(like: str) -> str:
    """A reference of the same form that nobody has: the last six digits drawn anew."""
    for _ in range(100):
        drawn = list(like or "C-100000")
        places = [place for place, character in enumerate(drawn) if character.isdigit()][-6:]
        for place in places[1:] or places:
            drawn[place] = secrets.choice("0123456789")
        if not Customer.objects.filter(reference="".join(drawn)).exists():
            return "".join(drawn)
    raise Refused("No account reference of the usual form is free. Try again later.")


def _birth_date() -> str:
    return (date(1950, 1, 1) + timedelta(days=secrets.randbelow(365 * 50))).isoformat()


def _mail(sender: Address, subject: str, text: str, *, automatic: bool) -> bytes:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = settings.DEFAULT_FROM_EMAIL
    mail["Subject"] = subject
    mail["Date"] = format_datetime(now())
    mail["Message-ID"] = make_msgid(domain=sender.domain)
    if automatic:
        mail["Auto-Submitted"] = "auto-replied"
    mail.set_content(text)
    return mail.as_bytes()
