"""An offer that somebody wrote or approved who is cut off now waits until somebody else has approved it since."""

from __future__ import annotations

from holdfast.guard.cutoff.second_look import cut_off_since, unseen
from holdfast.incidents.goodwill.models import Offer
from holdfast.people.queries import names_of


def look(offer: Offer) -> str:
    """Return why no code of an approved offer is given now, as a sentence that names whom; empty when nothing waits.

    Codes that are out stay good: they were promised to customers, who did nothing.
    """
    if offer.state not in {Offer.State.APPROVED, Offer.State.HANDED} or not (since := cut_off_since()):
        return ""
    whom: set[int] = set()
    for each in offer.approvals.filter(limit__gte=offer.budget):
        waits = unseen(by=each.by_id, at=each.at, hands={offer.by_id}, since=since)
        if not waits:
            return ""
        whom.update(waits)
    names = names_of(whom)
    told = " and ".join(names.get(each, "Somebody") for each in sorted(whom))
    are = "is" if len(whom) == 1 else "are"
    return f"{told}, who {are} cut off, wrote or approved it. Somebody else whose limit covers it approves it first."
