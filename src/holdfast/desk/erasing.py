"""Forgetting one customer: the key of their values is destroyed, and what names them is taken out of the tables.

What they wrote stays in its conversations, without a sender; texts go with the retention of the installation.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from holdfast.conversations.models import Conversation, Message
from holdfast.guard import data_keys, roles
from holdfast.guard.cutoff.states import held_by
from holdfast.guard.grants import close_grants
from holdfast.guard.ledger.erasing import destroy_salts
from holdfast.intake.senders import forget_senders
from holdfast.notify.models import Delivery
from holdfast.people.models import Customer, Identity


class NobodyThere(Exception):  # noqa: N818 - reads as what is the matter
    """There is no such customer. The text is for the operator."""


class OnHold(Exception):  # noqa: N818 - reads as what is the matter
    """This customer is part of frozen evidence, or on a legal hold. The text is for the operator."""


KeptBecause = Callable[[Sequence[UUID]], str]
"""Tells why these customers may not be erased now; an empty text where nothing keeps them."""


def _nothing(_: Sequence[UUID]) -> str:
    return ""


_kept_because: KeptBecause = _nothing


def plug(source: KeptBecause) -> None:
    """Ask `source` before anybody is erased; legal holds live in a room above this one."""
    global _kept_because
    _kept_because = source


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done: customers (merged ones included), identities taken out, contacts left without a sender."""

    customers: int
    identities: int
    contacts: int
    deliveries: int


@transaction.atomic
def erase(*, reference: str) -> Erased:
    """Erase the customer with this reference or id, and who was merged into them. Cannot be undone.

    Raises `NobodyThere`, and `OnHold` while evidence of a cut-off or a legal hold keeps them. Backups keep ciphertext
    without a key; see docs/security.md for what else they keep.
    """
    owners = _all_of(reference)
    held = min(filter(None, map(held_by, owners)), default=None)
    if held is not None:
        raise OnHold(
            f"This customer is part of the evidence of cut-off {held}, so nothing of theirs is erased yet. "
            f"Note the request; when two people have lifted the hold (Cut-off {held}, Evidence), erase them then."
        )
    if because := _kept_because(owners):
        raise OnHold(because)
    data_keys.destroy(owners)
    for owner in owners:
        destroy_salts(customer_id=owner)
    conversations = list(Conversation.objects.filter(customer_id__in=owners).values_list("pk", flat=True))
    for conversation_id in conversations:
        close_grants(conversation_id=conversation_id)
    messages = Message.objects.filter(conversation_id__in=conversations)
    contacts = list(messages.filter(contact_id__isnull=False).values_list("contact_id", flat=True))
    deliveries = Delivery.objects.filter(message__conversation_id__in=conversations).update(recipient="")
    identities, _ = Identity.objects.filter(customer_id__in=owners).delete()
    Customer.objects.filter(pk__in=owners).update(
        reference=None, name="", address="", birth_date="", iban="", city="", since=None, tier=""
    )
    return Erased(len(owners), identities, forget_senders([each for each in contacts if each]), deliveries)


def _all_of(reference: str) -> list[UUID]:
    """Return the customer and everybody merged into them, whatever the number of steps."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE theirs (id) AS ("
            " SELECT id FROM people_customer WHERE reference = %s OR id::text = %s"
            " UNION SELECT c.id FROM people_customer c JOIN theirs t ON c.merged_into_id = t.id) SELECT id FROM theirs",
            [reference, reference.lower()],
        )
        owners = [row[0] for row in cursor.fetchall()]
    if not owners:
        raise NobodyThere("There is no customer with that reference or id.")
    return owners


def main(arguments: Sequence[str]) -> int:
    """`holdfast vault erase REFERENCE --yes`: forget one customer."""
    parser = argparse.ArgumentParser(prog="holdfast vault erase", description="Forget one customer, for good.")
    parser.add_argument("reference", help="the customer's reference or id")
    parser.add_argument("--yes", action="store_true", help="do it; without this nothing is changed")
    chosen = parser.parse_args(arguments)
    if not chosen.yes:
        sys.stderr.write("This cannot be undone. Add --yes to do it.\n")
        return 2
    try:
        roles.require_owner()
        done = erase(reference=chosen.reference)
    except (NobodyThere, OnHold, roles.OwnerNeeded) as nobody:
        sys.stderr.write(f"{nobody}\n")
        return 1
    sys.stdout.write(
        f"Erased: {done.customers} customers, {done.identities} identities; {done.contacts} contacts and "
        f"{done.deliveries} deliveries have no address any more. Export the keys again (holdfast vault export-keys).\n"
    )
    return 0
