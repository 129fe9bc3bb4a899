"""In which order people are called. Counted where they are: nobody but those at the top passes through memory.

The order is value times tenure times severity times the age of an open case. Each is one and the share of the others
who stand lower in it, so it is made of counts, has no weights to argue about, and somebody who stands low in one is
not lost. It orders; what a person reads are the counts behind it, as sentences.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from holdfast.conversations.lookups import open_matters
from holdfast.incidents import queries as incidents
from holdfast.incidents.audiences import queries as audiences
from holdfast.incidents.outreach.contract import Standing
from holdfast.kit.clock import now
from holdfast.people.choosing import standing

NOT_AGAIN = timedelta(days=365)
"""How long somebody who asked not to be called is in no queue."""

_RANKED = """
WITH touched AS ({touched}),
matters AS ({matters}),
wrote AS (SELECT DISTINCT m.customer_id FROM matters m JOIN ({linked}) l ON l.conversation_id = m.id),
who AS MATERIALIZED (
    SELECT p.id, p.reference, p.tier, p.since, coalesce(extract(year FROM p.since)::int, 9999) AS year,
        coalesce(t.segment, '') AS segment
    FROM (SELECT customer_id FROM touched UNION SELECT customer_id FROM wrote) x
    JOIN ({people}) p ON p.id = x.customer_id LEFT JOIN touched t ON t.customer_id = x.customer_id
),
whole AS (
    SELECT count(*) AS everybody, greatest(count(*) - 1, 1)::float AS others,
        count(*) FILTER (WHERE segment = '') AS in_none, count(*) FILTER (WHERE segment <> 'high_value') AS lower
    FROM who
),
tiers AS (SELECT tier, count(*) AS number FROM who GROUP BY tier),
rarity AS (
    SELECT a.tier, a.number, CASE WHEN a.tier = '' THEN 0 ELSE
        coalesce(sum(b.number) FILTER (WHERE b.number > a.number OR b.tier = ''), 0) END AS below
    FROM tiers a LEFT JOIN tiers b ON b.tier <> a.tier GROUP BY a.tier, a.number
),
years AS (
    SELECT year, sum(number) OVER (ORDER BY year DESC) - number AS later
    FROM (SELECT year, count(*) AS number FROM who GROUP BY year) counted
),
cases AS (
    SELECT m.customer_id, min(m.created_at) AS since, count(*) AS number,
        (array_agg(m.number ORDER BY m.created_at))[1] AS oldest
    FROM matters m JOIN who ON who.id = m.customer_id GROUP BY 1
),
aged AS (
    SELECT cases.*, rank() OVER (ORDER BY since DESC) - 1 + (SELECT everybody FROM whole) - count(*) OVER () AS below
    FROM cases
),
taken AS (
    SELECT DISTINCT customer_id FROM outreach_outreach
    WHERE ended_at IS NULL OR (incident_id = %(incident)s AND "end" <> 'handed_back')
       OR ("end" = 'declined' AND ended_at > %(not_since)s)
)
SELECT who.id, who.reference, who.segment, who.tier, rarity.number, who.since, years.later,
    coalesce(aged.number, 0), aged.oldest, aged.since, whole.everybody - 1
FROM who CROSS JOIN whole JOIN rarity ON rarity.tier = who.tier JOIN years ON years.year = who.year
    LEFT JOIN aged ON aged.customer_id = who.id
    LEFT JOIN taken ON taken.customer_id = who.id
WHERE CASE WHEN %(only)s::uuid IS NULL THEN taken.customer_id IS NULL ELSE who.id = %(only)s END
ORDER BY (1 + greatest(rarity.below, CASE WHEN who.segment = 'high_value' THEN whole.lower ELSE 0 END) / whole.others)
    * (1 + years.later / whole.others)
    * (1 + CASE WHEN who.segment <> '' THEN whole.in_none ELSE 0 END / whole.others)
    * (1 + coalesce(aged.below, 0) / whole.others) DESC, who.year, who.id
LIMIT %(limit)s
"""


def ranked(incident_id: UUID, *, limit: int = 30, only: UUID | None = None) -> list[Standing]:
    """Return who is called next about an incident, the first first; with `only`, how that one person stands.

    Those an incident touched are in its newest frozen audience and not unaffected, or wrote about it. Who is being
    talked to, was talked to about it, or asked not to be called, is left out.
    """
    # Only constants written in these rooms are joined; what is asked for goes in as parameters.
    query = _RANKED.format(
        touched=audiences.touched(), matters=open_matters(), linked=incidents.linked_now(), people=standing()
    )
    given: dict[str, Any] = {
        "newest": audiences.newest(incident_id),
        "incident": incident_id,
        "only": only,
        "limit": limit,
        "not_since": now() - NOT_AGAIN,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return [
            Standing(
                customer_id=row[0], reference=row[1] or "", segment=row[2], tier=row[3], of_tier=row[4], since=row[5],
                came_later=row[6], open_cases=row[7], oldest_case=row[8], oldest_since=row[9], others=row[10],
            )
            for row in cursor.fetchall()
        ]  # fmt: skip
