"""Who is not written to: addresses that came back or do not want it, and people somebody talks to in person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from holdfast.guard.fields import Sealed
from holdfast.guard.keys import blind_index
from holdfast.guard.opening import MachineUse, opened_for_machine
from holdfast.kit.clock import now
from holdfast.notify.campaigns.adding import INDEX_KINDS
from holdfast.notify.campaigns.contract import Refused
from holdfast.notify.campaigns.models import Channel, Hold, Recipient, Stream, Suppression

Reason = Suppression.Reason


def suppress(*, channel: str, address: Sealed | str, reason: str, stream: str = "", note: str = "") -> None:
    """Do not write to `address` any more; doing it twice changes nothing. Raises `CannotOpen`.

    Unsubscribing from one `stream` leaves the others. Legal notices heed only addresses that came back.
    """
    plain = opened_for_machine(address, use=MachineUse.DELIVER) if isinstance(address, Sealed) else address
    suppress_many([blind_index(INDEX_KINDS[Channel(channel)], plain)], reason=reason, stream=stream, note=note)


def unsubscribe(*, recipient_id: UUID) -> bool:
    """Stop the stream of the campaign a recipient had this from. For one-click addresses; false: no such recipient."""
    found = Recipient.objects.filter(pk=recipient_id).values_list("index", "campaign__stream").first()
    if found is None or found[1] == Stream.LEGAL:
        return False
    suppress_many([bytes(found[0])], reason=Reason.UNSUBSCRIBED, stream=found[1])
    return True


def suppress_many(indexes: Sequence[bytes], *, reason: str, stream: str = "", note: str = "") -> None:
    """As `suppress`, for blind indexes of addresses."""
    Suppression.objects.bulk_create(
        [Suppression(index=index, reason=reason, stream=stream, at=now(), note=note[:60]) for index in indexes],
        ignore_conflicts=True,
    )


def release(*, channel: str, address: str, stream: str | None = None) -> int:
    """Write to `address` again: it works now, or they ask for it anew. Returns how many entries ended."""
    index = blind_index(INDEX_KINDS[Channel(channel)], address)
    found = Suppression.objects.filter(index=index)
    return (found if stream is None else found.filter(stream=stream)).delete()[0]


@transaction.atomic
def hold(*, person_key: str, why: str, by: int, until: datetime | None = None) -> None:
    """Write to nobody in bulk while somebody talks to them in person; legal notices still go. Raises `Refused`."""
    if until is not None and until <= now():
        raise Refused("The end of a hold lies in the future.")
    Hold.objects.update_or_create(
        person_key=person_key, defaults={"why": why[:200], "by_id": by, "at": now(), "until": until}
    )


def let_go(*, person_key: str) -> bool:
    """End a hold; return whether there was one."""
    return bool(Hold.objects.filter(person_key=person_key).delete()[0])


def held(person_keys: Collection[str]) -> set[str]:
    """Return which of these people are held now. What campaigns leave out, and nothing else, is the answer."""
    rows = Hold.objects.filter(Q(until=None) | Q(until__gt=now()), person_key__in=list(person_keys))
    return set(rows.values_list("person_key", flat=True))
