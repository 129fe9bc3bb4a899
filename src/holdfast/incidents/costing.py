"""How many an incident's words reached, channel by channel, and what telling and answering them cost, as reckoned.

Prices are those of the settings (`HOLDFAST_CAMPAIGN_COSTS`, `HOLDFAST_COST_…`). What has none is named, not taken as
free; refunds, fees and contracts are for people to write beside it. Who merely read the page is not counted: it is
served from memory and by caches, and nobody is followed there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from holdfast.conversations import handling
from holdfast.incidents import queries
from holdfast.incidents.contract import IncidentView, Linked
from holdfast.notify.campaigns.queries import Reached, reached

PAGE = 1000


@dataclass(frozen=True, slots=True)
class CostLine:
    """So many of something at a price; `each` and `total` are `None` where no price is set."""

    what: str
    number: float
    each: float | None

    @property
    def total(self) -> float | None:
        """What they cost together."""
        return None if self.each is None else self.number * self.each


@dataclass(frozen=True, slots=True)
class Reckoned:
    """Reach and cost of one incident. The total leaves out lines without a price."""

    messages: Sequence[Reached]
    lines: Sequence[CostLine]
    currency: str

    @property
    def total(self) -> float:
        """All that has a price."""
        return sum(each.total or 0.0 for each in self.lines)

    @property
    def unpriced(self) -> Sequence[str]:
        """What has none."""
        return [each.what for each in self.lines if each.each is None]


def reckon(incident: IncidentView, linked: Linked) -> Reckoned:
    """Return whom the words of an incident reached by message, and what these and the answers cost."""
    messages = reached(queries.subject_of(incident.id))
    prices = settings.CAMPAIGN_COSTS
    lines = [CostLine(each.name, each.sent, prices.get(each.channel)) for each in messages if each.sent]
    minutes = _minutes(incident)
    lines += [
        CostLine("minutes of people in conversations", round(minutes, 1), settings.COST_AGENT_MINUTE),
        CostLine("minutes of conversations, to providers", round(minutes, 1), settings.COST_CONTACT_MINUTE),
        CostLine("conversations, to providers", linked.total, settings.COST_CONTACT),
    ]
    return Reckoned(messages, [each for each in lines if each.number], settings.CURRENCY)


def in_words(found: Reckoned) -> str:
    """Return the sentence with which people begin to write about the cost."""
    if not found.lines:
        return ""
    parts = [
        f"{each.number:,.0f} {each.what} " + (f"{each.total:,.2f}" if each.total is not None else "without a price")
        for each in found.lines
    ]
    together = f"together {found.total:,.2f} {found.currency}"
    return f"Reckoned: {'; '.join(parts)}; {together}.\nNot in it: refunds, fees, contracts."


def _minutes(incident: IncidentView) -> float:
    spent = handling.minutes_of(since=incident.started_at)
    total, after = 0.0, 0
    while spent:
        page = queries.linked_conversations(incident.id, after=after, limit=PAGE)
        if not page:
            break
        total += sum(spent.get(conversation_id, 0.0) for _, conversation_id in page)
        after = page[-1][0]
    return total
