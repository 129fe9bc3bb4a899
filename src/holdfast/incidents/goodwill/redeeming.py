"""Codes and money: giving a code, redeeming it, and a test that the way is open before anybody is told.

The offer's row is locked first by whatever moves its money, so that the budget is exact however many come at once.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F

from holdfast.incidents import queries as incidents
from holdfast.incidents.goodwill import rules, second_look
from holdfast.incidents.goodwill.codes import digest_of, digest_of_key, new_code
from holdfast.incidents.goodwill.contract import Redeemed
from holdfast.incidents.goodwill.errors import NotFound, Over, Refused, Used
from holdfast.incidents.goodwill.models import Drawn, Offer, Trial
from holdfast.incidents.goodwill.offers import State, locked, say
from holdfast.kit.clock import now
from holdfast.people.queries import leads

RUNNING = (State.APPROVED, State.HANDED)


@transaction.atomic
def give_one(*, offer_id: UUID, customer_id: UUID, by: int) -> str:
    """Give one person their code, in a call say. Returned this once. A new one takes the place of one that was lost.

    Raises `NotFound`, `Refused`: for who is held out, who has redeemed theirs, and when the budget is used up.
    """
    offer = locked(offer_id)
    if not leads(by):
        raise Refused("Leads and admins give codes.")
    may_be_given(offer)
    row = Drawn.objects.select_for_update().filter(offer=offer, customer_id=customer_id).first()
    if row is None:
        raise Refused("This offer is not for that person.")
    if row.arm == Drawn.Arm.HELD_OUT:
        raise Refused("That person is held out of this offer, so that its effect can be seen.")
    if row.redeemed_at is not None:
        raise Refused("That person has redeemed their code.")
    if row.digest is None:
        reserve(offer, offer.amount)
    code = new_code()
    again = row.digest is not None
    row.digest, row.given_at = digest_of(code), now()
    row.save(update_fields=["digest", "given_at"])
    say(offer, "One code given anew; the one before is void." if again else "One code given.", by=by)
    return code


@transaction.atomic
def redeem(*, code: str, key: str, through: str) -> Redeemed:
    """Redeem a code, once. `key` names the request: the same again gets the same answer. `through`: who redeems it.

    Raises `NotFound` for no code of ours, `Used`, `Over`, `Refused`.
    """
    if not 0 < len(key) <= 200:
        raise Refused("Give the request a key of 1 to 200 characters, the same for every try.")
    digest, request = digest_of(code), digest_of_key(key)
    offer_id = Drawn.objects.filter(digest=digest).values_list("offer_id", flat=True).first()
    if offer_id is None:
        return _redeem_trial(digest, request, through)
    offer = locked(offer_id)
    row = Drawn.objects.select_for_update().filter(digest=digest, offer=offer).first()
    if row is None:  # another took its place while we waited
        raise NotFound(offer_id)
    if row.redeemed_at is not None:
        return _again(offer, row, request)
    _still_runs(offer)
    row.redeemed_at, row.request, row.through = now(), request, through[:60]
    row.save(update_fields=["redeemed_at", "request", "through"])
    Offer.objects.filter(pk=offer.pk).update(spent=F("spent") + offer.amount)
    return _shown(offer, row, repeat=False)


@transaction.atomic
def make_trial(*, offer_id: UUID, by: int) -> str:
    """Make a test code. Returned this once; it costs nothing. Raises `NotFound`, `Refused`."""
    offer = locked(offer_id)
    if not leads(by):
        raise Refused("Leads and admins make test codes.")
    if offer.state == State.ENDED:
        raise Refused("It has ended.")
    code = new_code()
    Trial.objects.create(offer=offer, digest=digest_of(code), by_id=by, made_at=now())
    return code


def may_be_given(offer: Offer) -> None:
    """Raise `Refused` when nobody may get a code of a locked offer now."""
    rules.no_breach(harm=_harm(offer))
    if offer.state not in RUNNING:
        raise Refused("It has ended." if offer.state == State.ENDED else "It has to be approved first.")
    _still_runs(offer)
    if why := second_look.look(offer):
        raise Refused(why)
    if offer.tried_at is None:
        raise Refused("Redeem a test code first. A code that is refused at the till does more harm than none.")


def reserve(offer: Offer, amount: Decimal) -> None:
    """Inside a verb: promise so much of a locked offer's budget. Raises `Refused` when it is used up."""
    if offer.promised + amount > offer.budget:
        raise Refused(f"The budget of {offer.budget:,.2f} {offer.currency} is promised to others already.")
    offer.promised += amount
    offer.save(update_fields=["promised"])


def _redeem_trial(digest: bytes, request: bytes, through: str) -> Redeemed:
    offer_id = Trial.objects.filter(digest=digest).values_list("offer_id", flat=True).first()
    if offer_id is None:
        raise NotFound("code")
    offer = locked(offer_id)
    row = Trial.objects.get(digest=digest)
    if row.redeemed_at is not None:
        return _again(offer, row, request)
    _still_runs(offer)
    row.redeemed_at, row.request, row.through = now(), request, through[:60]
    row.save(update_fields=["redeemed_at", "request", "through"])
    offer.tried_at = row.redeemed_at
    offer.save(update_fields=["tried_at"])
    say(offer, f"A test code was redeemed through {row.through}.", by=None)
    return _shown(offer, row, repeat=False)


def _again(offer: Offer, row: Drawn | Trial, request: bytes) -> Redeemed:
    if row.request is None or bytes(row.request) != request:
        raise Used("This code was redeemed before.")
    return _shown(offer, row, repeat=True)


def _still_runs(offer: Offer) -> None:
    if offer.state == State.ENDED or offer.expires_at <= now():
        raise Over("This offer has ended.")


def _shown(offer: Offer, row: Drawn | Trial, *, repeat: bool) -> Redeemed:
    return Redeemed(
        offer=offer.name,
        amount=offer.amount,
        currency=offer.currency,
        at=row.redeemed_at or now(),
        repeat=repeat,
        trial=isinstance(row, Trial),
    )


def _harm(offer: Offer) -> str:
    incident = incidents.incident_of_id(offer.incident_id)
    return incident.harm if incident is not None else ""
