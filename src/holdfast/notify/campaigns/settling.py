"""What is learnt later: mail that comes back, what providers report, and what a person decides about the unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F

from holdfast.kit import outbox
from holdfast.kit.clock import now
from holdfast.notify.campaigns.campaigns import TOPIC
from holdfast.notify.campaigns.contract import NotFound, Refused
from holdfast.notify.campaigns.mails import recipient_of
from holdfast.notify.campaigns.minding import recount
from holdfast.notify.campaigns.models import Campaign, Chunk, Recipient, Repeat, Suppression
from holdfast.notify.campaigns.suppression import suppress_many

State = Recipient.State
CAME_BACK = "It came back: the mail server there did not take it{code}."
_PERMANENT = "5"  # class of an enhanced status code (RFC 3463 2): permanent; 4 is temporary
_MAILBOX = ("5.1.", "5.0.", "5.2.1")  # bad address, no detail, mailbox disabled


def bounced(statuses: Mapping[str, str]) -> int:
    """Settle recipients whose mail came back for good: Message-IDs without brackets and status codes (RFC 3463).

    An address that does not exist is not written to again. In the caller's transaction, or one of its own. Ids of
    other mails are left alone. Returns how many recipients it was.
    """
    codes = {recipient: code for header, code in statuses.items() if (recipient := recipient_of(header)) is not None}
    return reported(codes, state=State.FAILED, reason=Suppression.Reason.BOUNCE)


@transaction.atomic
def reported(codes: Mapping[UUID, str], *, state: str, reason: str = "") -> int:
    """Settle recipients as a provider reported, whatever was known before; with `reason` their addresses are listed.

    Who is still pending is left alone: a report about somebody never written to is about something else. What arrived
    stays `sent` when it is only complained about. Returns how many it was.
    """
    found = Recipient.objects.filter(pk__in=list(codes)).exclude(state__in=[State.PENDING, State.CANCELLED])
    chunks = sorted(set(found.values_list("chunk_id", flat=True)))
    list(Chunk.objects.select_for_update().filter(pk__in=chunks).order_by("pk"))
    rows = list(found.select_for_update().order_by("pk"))
    for row in rows:
        code = codes[row.pk]
        row.state, row.settled_at = state, now()
        row.reason = "" if state == State.SENT else CAME_BACK.format(code=f" ({code})" if code else "")
    Recipient.objects.bulk_update(rows, ["state", "settled_at", "reason"])
    if reason:
        for row in rows:
            if reason != Suppression.Reason.BOUNCE or _is_hard(codes[row.pk]):
                suppress_many([bytes(row.index)], reason=reason, note=codes[row.pk])
    recount(chunks)
    _tell({row.campaign_id for row in rows})
    return len(rows)


def _is_hard(code: str) -> bool:
    """Whether an address is gone, rather than that one mail: without a code it is taken to be."""
    return not code or code.startswith(_MAILBOX)


@transaction.atomic
def send_again(*, campaign_id: UUID, by: int, seen: int) -> int:
    """Send once more to those of whom nobody knows whether it arrived: some may then get it twice. Returns how many.

    `seen` is how many the asker was shown; with more by now it is refused. The mails keep their Message-IDs. Raises
    `NotFound`, `Refused`.
    """
    campaign = _over_or_under_way(campaign_id)
    chunks = _of_unknown(campaign)
    found = Recipient.objects.filter(chunk__in=chunks, state=State.UNKNOWN)
    number = found.count()
    if number != seen:
        raise Refused("Their number changed since you looked. Look again, then decide.")
    if not number:
        raise Refused("There is nobody of whom it is not known.")
    found.update(state=State.PENDING, settled_at=None, reason="", repeats=F("repeats") + 1)
    Repeat.objects.create(campaign=campaign, by_id=by, at=now(), number=number)
    recount(chunks)
    if campaign.state == Campaign.State.DONE:
        campaign.state, campaign.ended_at = Campaign.State.RUNNING, None
    campaign.version += 1
    campaign.save()
    _tell({campaign.pk})
    return number


@transaction.atomic
def leave_it(*, campaign_id: UUID, by: int) -> int:
    """Take those of whom it is not known as not reached, so that they are reached another way. Returns how many."""
    campaign = _over_or_under_way(campaign_id)
    chunks = _of_unknown(campaign)
    number = Recipient.objects.filter(chunk__in=chunks, state=State.UNKNOWN).update(
        state=State.FAILED, settled_at=now(), reason="Not known whether it arrived; not sent again."
    )
    recount(chunks)
    _tell({campaign.pk})
    return number


def _of_unknown(campaign: Campaign) -> list[int]:
    held = Chunk.objects.select_for_update().filter(campaign=campaign, unknown__gt=0).order_by("pk")
    return list(held.values_list("pk", flat=True))


def _over_or_under_way(campaign_id: UUID) -> Campaign:
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound(campaign_id)
    if campaign.state == Campaign.State.CANCELLED:
        raise Refused("It was cancelled; nothing more of it is sent.")
    return campaign


def _tell(campaigns: Sequence[UUID] | set[UUID]) -> None:
    outbox.publish((TOPIC, {"kind": "campaign", "campaign": str(each)}) for each in sorted(campaigns))
