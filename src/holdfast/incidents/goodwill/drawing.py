"""Drawing who gets an offer and who is held out: by a seed that is printed, so that anybody can draw again.

Everybody who may get it is put in the order of the SHA-256 of `<seed>:<customer's id>`; the first of them, so many in a
hundred, rounded, are held out. They are kept, or nobody could tell later whether the offer helped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from holdfast.incidents.audiences import queries as audiences
from holdfast.incidents.goodwill.errors import Refused
from holdfast.incidents.goodwill.models import Offer
from holdfast.notify.campaigns import texts
from holdfast.notify.campaigns.contract import Refused as CampaignRefused
from holdfast.people.choosing import Choice, chosen

VARIABLES = ("code", "name", "reference", "amount", "until")
"""What a mail with a code may name."""

_DRAW = """
INSERT INTO goodwill_drawn (offer_id, customer_id, locale, arm, through)
SELECT %s, id, locale, CASE WHEN place <= round(everybody * %s / 100.0) THEN 'held_out' ELSE 'offered' END, ''
FROM (
    SELECT who.id, coalesce(nullif(who.locale, ''), %s) AS locale, count(*) OVER () AS everybody,
        row_number() OVER (ORDER BY sha256(convert_to(%s || ':' || who.id::text, 'UTF8')), who.id) AS place
    FROM ({who}) who
    WHERE ({whom})
      AND NOT EXISTS (SELECT FROM goodwill_excluded x WHERE x.offer_id = %s AND x.reference = who.reference)
      AND NOT EXISTS (SELECT FROM goodwill_drawn d JOIN goodwill_offer o ON o.id = d.offer_id
                      WHERE d.customer_id = who.id AND o.incident_id = %s
                        AND (o.state <> 'ended' OR d.digest IS NOT NULL))
) eligible
"""


@dataclass(frozen=True, slots=True)
class Draw:
    offered: int
    held_out: int


def draw(offer: Offer, *, choice: Choice) -> Draw:
    """Draw everybody who may get it into one of the two. Nobody is in two offers of one incident.

    All of it happens in the database, where the people are. Raises `Refused` when the audience is of another incident.
    """
    who, given = chosen(choice if offer.audience_id is None else Choice())
    whom, of_audience = "TRUE", []
    if offer.audience_id is not None:
        if not audiences.is_of(offer.audience_id, incident_id=offer.incident_id):
            raise Refused("Choose an audience that was frozen for this incident.")
        whom, of_audience = f"who.id IN ({audiences.in_segments()})", [offer.audience_id, list(offer.segments)]
    values: list[Any] = [offer.pk, offer.hold_out, settings.LANGUAGE_CODE, str(offer.seed), *given, *of_audience]
    with connection.cursor() as cursor:
        # Only conditions written in these rooms are joined; what was asked for goes in as parameters.
        cursor.execute(_DRAW.format(who=who, whom=whom), [*values, offer.pk, offer.incident_id])
    held_out = offer.drawn.filter(arm="held_out").count()
    return Draw(offered=offer.drawn.count() - held_out, held_out=held_out)


def known_variables(text: str, *, locale: str) -> None:
    """Raise `Refused` for a variable that a mail with a code has no value for, or a brace that is none."""
    try:
        texts.check(text, what=f"The mail in {locale}")
    except CampaignRefused as refused:
        raise Refused(str(refused)) from None
    unknown = texts.variables(text) - set(VARIABLES)
    if unknown:
        known = ", ".join(f"{{{each}}}" for each in VARIABLES)
        raise Refused(f"There is no {{{min(unknown)}}} in such a mail. There are {known}.")
