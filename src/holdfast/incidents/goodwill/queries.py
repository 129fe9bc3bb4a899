"""Reads: offers with their sums, their mails and their ledgers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import Count, Q

from holdfast.incidents.audiences import queries as audiences
from holdfast.incidents.goodwill import second_look
from holdfast.incidents.goodwill.contract import ApprovalView, EventView, OfferView, Sums
from holdfast.incidents.goodwill.models import Event, Offer
from holdfast.people.queries import names_of

_SUMS = {
    "eligible": Count("drawn"),
    "held_out": Count("drawn", filter=Q(drawn__arm="held_out")),
    "given": Count("drawn", filter=Q(drawn__digest__isnull=False)),
    "redeemed": Count("drawn", filter=Q(drawn__redeemed_at__isnull=False)),
}


def of_incident(incident_id: UUID) -> Sequence[OfferView]:
    """Return the offers of an incident, the newest first."""
    return _views(list(Offer.objects.filter(incident_id=incident_id).annotate(**_SUMS).order_by("-at")))


def one(offer_id: UUID) -> OfferView | None:
    """Return one offer."""
    return next(iter(_views(list(Offer.objects.filter(pk=offer_id).annotate(**_SUMS)))), None)


def mails_of(offer_id: UUID) -> list[tuple[str, str, str]]:
    """Return what the mail with the code says: language, subject, words."""
    rows = Offer.objects.get(pk=offer_id).wordings.order_by("locale")
    return list(rows.values_list("locale", "subject", "body"))


def ledger_of(offer_id: UUID, *, limit: int = 100) -> list[EventView]:
    """Return what was done with an offer, the newest first."""
    rows = list(Event.objects.filter(offer_id=offer_id).order_by("-at", "-pk")[:limit])
    names = names_of([row.by_id for row in rows if row.by_id])
    return [EventView(at=row.at, by=names.get(row.by_id or 0, ""), what=row.what) for row in rows]


def _views(rows: Sequence[Offer]) -> list[OfferView]:
    approvals = {row.pk: list(row.approvals.order_by("at")) for row in rows}
    names = names_of([row.by_id for row in rows] + [each.by_id for found in approvals.values() for each in found])
    versions = audiences.versions([row.audience_id for row in rows if row.audience_id])
    return [
        OfferView(
            id=row.pk,
            incident_id=row.incident_id,
            name=row.name,
            state=row.state,
            label=Offer.State(row.state).label,
            amount=row.amount,
            currency=row.currency,
            budget=row.budget,
            promised=row.promised,
            spent=row.spent,
            expires_at=row.expires_at,
            whom=_whom(row, versions),
            hold_out=row.hold_out,
            seed=row.seed,
            by_id=row.by_id,
            by=names.get(row.by_id, ""),
            at=row.at,
            tried_at=row.tried_at,
            handed_at=row.handed_at,
            campaign_id=row.campaign_id,
            ended_at=row.ended_at,
            approvals=tuple(
                ApprovalView(by=names.get(each.by_id, ""), limit=each.limit, at=each.at) for each in approvals[row.pk]
            ),
            second_look=second_look.look(row),
            sums=_sums(row),
        )
        for row in rows
    ]


def _sums(row: Offer) -> Sums:
    counted = {name: getattr(row, name) for name in _SUMS}
    waiting = counted["given"] - counted["redeemed"]
    over = row.state == Offer.State.ENDED
    return Sums(
        **counted,
        offered=counted["eligible"] - counted["held_out"],
        open=0 if over else waiting,
        lapsed=waiting if over else 0,
    )


def _whom(row: Offer, versions: dict[UUID, int]) -> str:
    if row.audience_id is not None:
        who = ", ".join(each.replace("_", " ") for each in row.segments)
        return f"Of audience {versions.get(row.audience_id, '?')}: {who}."
    rule = row.rule
    said = [
        f"of tier {rule['tier']}" if "tier" in rule else "",
        f"since before {date.fromisoformat(rule['since_before']):%-d %b %Y}" if "since_before" in rule else "",
        f"who read {rule['locale']}" if "locale" in rule else "",
        f"in {rule['city']}" if "city" in rule else "",
    ]
    return f"Customers {', '.join(filter(None, said))}."
