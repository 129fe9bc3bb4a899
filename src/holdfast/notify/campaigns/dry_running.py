"""What would happen if a campaign were started now: counted from its rows, without opening more than three of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection

from holdfast.guard.masks import masked
from holdfast.guard.opening import CannotOpen, MachineUse, opened_for_machine
from holdfast.kit.clock import now
from holdfast.notify.campaigns import texts
from holdfast.notify.campaigns.contract import Cost, Count, DryRun, Excluded, NotFound, Sample
from holdfast.notify.campaigns.models import Campaign, Channel, Recipient, Stream
from holdfast.notify.campaigns.models import Text as StoredText
from holdfast.notify.campaigns.wording import MISSING, NO_TEXT

SAMPLES = 3
NAMED = 5  # recipients that are named per reason
_SHOWN_AS_THEY_ARE = frozenset({"reference", "product", "city", "date", "time", "amount", "incident"})

# Who is left out because of a list, with the same rules as when a window is claimed (`claiming.py`), and in groups of
# all that decides about the text.
_GROUPS = """
WITH judged AS (
    SELECT c.channel, r.locale, r.segment, r.given, r.person_key, CASE
        WHEN l.bounced THEN 'Not reached: mail to this address came back before.'
        WHEN %(legal)s THEN ''
        WHEN l.complained THEN 'Reported an earlier mail as unwanted.'
        WHEN l.unsubscribed THEN 'Does not want these any more.'
        WHEN h.person_key IS NOT NULL THEN 'Held: somebody of us talks to them in person.'
        ELSE '' END AS why
    FROM campaigns_recipient r JOIN campaigns_chunk c ON c.id = r.chunk_id
    LEFT JOIN (
        SELECT index, bool_or(reason = 'bounce') AS bounced, bool_or(reason = 'complaint') AS complained,
            bool_or(reason = 'unsubscribed' AND stream IN ('', %(stream)s)) AS unsubscribed
        FROM campaigns_suppression GROUP BY index
    ) AS l ON l.index = r.index
    LEFT JOIN campaigns_hold h ON h.person_key = r.person_key AND (h.until IS NULL OR h.until > %(now)s)
    WHERE r.campaign_id = %(campaign)s AND r.state = 'pending'
)
SELECT channel, locale, segment, given, why, count(*), (array_agg(person_key))[:%(named)s]
FROM judged GROUP BY channel, locale, segment, given, why ORDER BY count(*) DESC
"""


@dataclass(frozen=True, slots=True)
class _Group:
    channel: str
    locale: str
    segment: str
    given: frozenset[str]
    why: str
    number: int
    some: tuple[str, ...]


def dry_run(campaign_id: UUID) -> DryRun:
    """Return what would happen if the campaign were started (or went on) now. Raises `NotFound`."""
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound(campaign_id)
    said = {(text.locale, text.segment): text for text in StoredText.objects.filter(campaign=campaign)}
    groups = _groups(campaign)
    counts: dict[tuple[str, str, str, str], int] = defaultdict(int)
    excluded: dict[str, list[_Group]] = defaultdict(list)
    for group in groups:
        chosen, why = _judged(group, said, campaign)
        if why or chosen is None:
            excluded[why].append(group)
        else:
            counts[(group.channel, group.locale, group.segment, chosen[0])] += group.number
    by_number = sorted(counts.items(), key=lambda each: -each[1])
    found = [Count(*key, number) for key, number in by_number]
    return DryRun(
        total=sum(group.number for group in groups),
        reached=sum(count.number for count in found),
        counts=found,
        excluded=[_excluded(why, some) for why, some in excluded.items()],
        samples=list(_samples(campaign, found, said)),
        costs=_costs(found),
        currency=settings.CURRENCY,
    )


def _groups(campaign: Campaign) -> list[_Group]:
    with connection.cursor() as cursor:
        cursor.execute(
            _GROUPS,
            {
                "campaign": campaign.pk,
                "stream": campaign.stream,
                "legal": campaign.stream == Stream.LEGAL,
                "now": now(),
                "named": NAMED,
            },
        )
        return [
            _Group(channel, locale, segment, frozenset(given.split()), why, number, tuple(some))
            for channel, locale, segment, given, why, number, some in cursor.fetchall()
        ]


def _judged(
    group: _Group, said: Mapping[tuple[str, str], StoredText], campaign: Campaign
) -> tuple[tuple[str, str] | None, str]:
    if group.why:
        return None, group.why
    chosen = texts.chosen(
        said.keys(), locale=group.locale, segment=group.segment, fallback=settings.SUPPORT_LANGUAGES[0]
    )
    if chosen is None:
        return None, NO_TEXT.format(segment=group.segment or "everybody")
    if group.channel == Channel.WEBHOOK:
        return chosen, ""
    needed = texts.variables(said[chosen].subject, said[chosen].body)
    if campaign.stream != Stream.LEGAL:
        needed |= texts.variables(campaign.unsubscribe_url)
    missing = sorted(needed - group.given)
    return chosen, MISSING.format(name=missing[0]) if missing else ""


def _excluded(why: str, groups: Sequence[_Group]) -> Excluded:
    some = [key for group in groups for key in group.some]
    return Excluded(why, sum(group.number for group in groups), tuple(some[:NAMED]))


def _costs(counts: Sequence[Count]) -> list[Cost]:
    numbers: dict[str, int] = defaultdict(int)
    for count in counts:
        numbers[count.channel] += count.number
    each = settings.CAMPAIGN_COSTS
    return [
        Cost(channel, number, each.get(channel, 0.0), round(number * each.get(channel, 0.0), 2))
        for channel, number in sorted(numbers.items())
    ]


def _samples(
    campaign: Campaign, counts: Sequence[Count], said: Mapping[tuple[str, str], StoredText]
) -> Iterator[Sample]:
    """One recipient each of the largest groups, in their words, with their values masked."""
    for count in counts[:SAMPLES]:
        text = said[(count.text_locale, count.segment)]
        needed = texts.variables(text.subject, text.body)
        rows = Recipient.objects.filter(
            campaign=campaign, chunk__channel=count.channel, locale=count.locale, segment=count.segment
        )
        for row in rows[:20]:
            if needed <= set(row.given.split()) or count.channel == Channel.WEBHOOK:
                values = _masked_values(row)
                fill = texts.filled if count.channel != Channel.WEBHOOK else lambda words, _: words
                subject, body = fill(text.subject, values), fill(text.body, values)
                yield Sample(count.channel, count.locale, count.segment, subject, body, row.person_key)
                break


def _masked_values(row: Recipient) -> dict[str, str]:
    try:
        values = json.loads(opened_for_machine(row.sealed, use=MachineUse.DELIVER))["values"]
    except (CannotOpen, ValueError, KeyError):
        return dict.fromkeys(row.given.split(), "•••")
    return {name: _shown(name, str(value)) for name, value in values.items() if value}


def _shown(name: str, value: str) -> str:
    if name in _SHOWN_AS_THEY_ARE:
        return value
    return masked("name", value) if name in {"name", "first_name"} else masked("identity", value)
