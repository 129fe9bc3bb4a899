"""Writing an offer and drawing whom it is for, approving it, and ending it.

What was written does not change: another amount or other people make another offer.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from holdfast.incidents import queries as incidents
from holdfast.incidents import timeline
from holdfast.incidents.goodwill import drawing, rules, second_look
from holdfast.incidents.goodwill.errors import NotFound, Refused
from holdfast.incidents.goodwill.limits import limit_of
from holdfast.incidents.goodwill.models import Approval, Event, Excluded, Offer, Wording
from holdfast.incidents.words import approvals, bans, forbidden
from holdfast.kit.clock import now
from holdfast.people.choosing import Choice
from holdfast.people.queries import leads

State = Offer.State
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Who may get it: of a frozen audience those in `segments`, or by rule; in both cases without `excluded`."""

    audience_id: UUID | None = None
    segments: Sequence[str] = ()
    choice: Choice | None = None
    excluded: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What the mail with the code says in one language; `{code}` stands for the code."""

    subject: str
    body: str


@transaction.atomic
def write(
    *,
    incident_id: UUID,
    name: str,
    amount: Decimal,
    currency: str,
    budget: Decimal,
    expires_at: datetime,
    whom: Whom,
    hold_out: int,
    mails: Mapping[str, Mail],
    by: int,
    seed: int | None = None,
) -> UUID:
    """Write an offer and draw at once who gets it and who is held out, `hold_out` in a hundred. Returns its id.

    `seed` is drawn when none is given, and kept. Raises `NotFound`, `Refused`.
    """
    incident = incidents.incident_of_id(incident_id)
    if incident is None:
        raise NotFound(incident_id)
    rules.no_breach(harm=incident.harm)
    _proper(name=name, amount=amount, budget=budget, expires_at=expires_at, hold_out=hold_out, whom=whom)
    if not leads(by):
        raise Refused("Leads and admins write offers.")
    _mails_are_proper(mails, incident_id=incident_id)
    offer = Offer.objects.create(
        incident_id=incident_id,
        name=" ".join(name.split()),
        amount=amount,
        currency=rules.currency(currency),
        budget=budget,
        expires_at=expires_at,
        audience_id=whom.audience_id,
        segments=list(whom.segments),
        rule=_rule(whom.choice) if whom.choice and whom.audience_id is None else {},
        hold_out=hold_out,
        seed=secrets.randbelow(1_000_000_000) if seed is None else seed,
        by_id=by,
        at=now(),
    )
    Wording.objects.bulk_create(
        Wording(offer=offer, locale=locale.lower(), subject=each.subject, body=each.body)
        for locale, each in mails.items()
    )
    Excluded.objects.bulk_create(
        [Excluded(offer=offer, reference=each) for each in dict.fromkeys(whom.excluded)], ignore_conflicts=True
    )
    drawn = drawing.draw(offer, choice=whom.choice or Choice())
    if not drawn.offered:
        raise Refused("Nobody is left whom it could be offered to. Check who belongs to it, and who is excluded.")
    say(offer, f"Drawn with seed {offer.seed}: {drawn.offered:,} offered, {drawn.held_out:,} held out.", by=by)
    timeline.note(incident_id=incident_id, by=by, what=f"Goodwill written: {offer.name}.")
    return offer.pk


@transaction.atomic
def approve(*, offer_id: UUID, by: int) -> bool:
    """Approve an offer within one's limit. Returns whether that is enough, or somebody with a higher limit is needed.

    One that waits for a second look is approved anew. Raises `NotFound`, `Refused`.
    """
    offer = locked(offer_id)
    anew = bool(second_look.look(offer))
    if offer.state != State.DRAWN and not anew:
        raise Refused("It is approved already, or over.")
    if offer.by_id == by:
        raise Refused("You wrote it, so somebody else approves it.")
    limit = limit_of(agent_id=by, currency=offer.currency)
    if limit is None:
        raise Refused(f"You may approve nothing in {offer.currency}. An admin sets who may approve how much.")
    before = [] if anew else list(offer.approvals.all())
    if any(each.by_id == by for each in before):
        raise Refused("You approved it. Somebody with a higher limit approves it too.")
    highest = max((each.limit for each in before), default=Decimal(0))
    if limit < offer.budget and limit <= highest:
        raise Refused("Somebody with as high a limit approved it. It needs one whose limit covers the budget.")
    Approval.objects.update_or_create(offer=offer, by_id=by, defaults={"limit": limit, "at": now()})
    if limit < offer.budget:
        say(offer, f"Approved up to a limit of {limit:,.2f} {offer.currency}; the budget is above it.", by=by)
        return False
    if anew:
        say(offer, f"Looked at again and approved: {offer.budget:,.2f} {offer.currency}.", by=by)
        return True
    offer.state = State.APPROVED
    offer.save(update_fields=["state"])
    say(offer, f"Approved: {offer.budget:,.2f} {offer.currency}.", by=by)
    return True


@transaction.atomic
def end(*, offer_id: UUID, by: int, anyway: bool = False) -> None:
    """End an offer before its time. With codes out it breaks a promise, and is done only `anyway`.

    Raises `NotFound`, `Refused`.
    """
    offer = locked(offer_id)
    if not leads(by):
        raise Refused("Leads and admins end offers.")
    if offer.state == State.ENDED:
        raise Refused("It has ended.")
    out = offer.drawn.filter(digest__isnull=False, redeemed_at=None).count()
    if out and not anyway:
        raise Refused(f"{out:,} people hold a code that would be refused from now on. Say that you mean it.")
    finish(offer)
    say(offer, f"Ended before its time, with {out:,} codes out." if out else "Ended.", by=by)


@transaction.atomic
def expire_due(*, limit: int = 100) -> int:
    """End the offers whose time is over; what was not redeemed leaves the budget. Returns how many."""
    rows = Offer.objects.select_for_update(skip_locked=True).filter(expires_at__lte=now()).exclude(state=State.ENDED)
    over = list(rows.order_by("expires_at")[:limit])
    for offer in over:
        finish(offer)
        say(offer, "Its time was over.", by=None)
    return len(over)


def locked(offer_id: UUID) -> Offer:
    """Return an offer, locked: whatever moves its money queues here. Raises `NotFound`."""
    offer = Offer.objects.select_for_update(of=("self",)).filter(pk=offer_id).first()
    if offer is None:
        raise NotFound(offer_id)
    return offer


def finish(offer: Offer) -> None:
    """Inside a verb: end a locked offer. Nothing is promised any more but what was redeemed."""
    offer.state, offer.ended_at, offer.promised = State.ENDED, now(), offer.spent
    offer.save(update_fields=["state", "ended_at", "promised"])


def say(offer: Offer, what: str, *, by: int | None) -> None:
    """Inside a verb: write a line of the offer's ledger."""
    Event.objects.create(offer=offer, at=now(), by_id=by, what=what)


def may_be_said(text: str, *, locale: str, incident_id: UUID) -> None:
    """Raise `Refused` for a text that makes a forbidden statement, or in which accepting gives up a right."""
    rules.no_waiver(text)
    at, places = now(), approvals.reach_of(incidents.subject_of(incident_id))
    for ban, words in bans.said(text, locale=locale, bans=forbidden.in_force(at), jurisdictions=places, at=at):
        raise Refused(f"“{words}” may not be said now: {ban.why.rstrip('.')}.")


def _proper(*, name: str, amount: Decimal, budget: Decimal, expires_at: datetime, hold_out: int, whom: Whom) -> None:
    plain = " ".join(name.replace("\x00", "").split())
    if not plain or len(plain) > 80:
        raise Refused("Give the offer a name of at most 80 characters.")
    if budget < amount:
        raise Refused("The budget is less than what one person gets.")
    if not now() < expires_at <= now() + LONGEST:
        raise Refused("Say until when it can be redeemed: ahead, and within a year.")
    if not 0 <= hold_out <= 50:
        raise Refused("Between none and half of them are held out, in whole per cents.")
    if whom.audience_id is not None and not whom.segments:
        raise Refused("Choose who of the audience it is for.")
    if whom.audience_id is None and (whom.choice is None or whom.choice.is_anybody):
        raise Refused("Choose a frozen audience, or say something about whom it is for.")
    if any(not each or len(each) > 40 for each in whom.excluded):
        raise Refused("An account reference has 1 to 40 characters. Put one on each line.")


def _mails_are_proper(mails: Mapping[str, Mail], *, incident_id: UUID) -> None:
    if not mails:
        raise Refused("Write what the mail with the code says, in the house's own language at least.")
    for locale, mail in mails.items():
        if not mail.subject.strip() or not mail.body.strip():
            raise Refused(f"The mail in {locale} needs a subject and words.")
        if "{code}" not in mail.body:
            raise Refused(f"The mail in {locale} does not say the code. Write {{code}} where it stands.")
        drawing.known_variables(f"{mail.subject} {mail.body}", locale=locale)
        may_be_said(f"{mail.subject}\n{mail.body}", locale=locale, incident_id=incident_id)


def _rule(choice: Choice) -> dict[str, str]:
    since: date | None = choice.since_before
    given = {"tier": choice.tier, "since_before": since.isoformat() if since else "", "locale": choice.locale,
             "city": choice.city}  # fmt: skip
    return {key: value for key, value in given.items() if value}
