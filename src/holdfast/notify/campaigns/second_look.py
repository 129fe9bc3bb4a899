"""A campaign that somebody wrote or approved who is cut off now waits for a second look by somebody else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from holdfast.guard.cutoff.second_look import cut_off_since, unseen
from holdfast.notify.campaigns import checking
from holdfast.notify.campaigns.contract import Refused
from holdfast.notify.campaigns.models import Campaign, Text
from holdfast.people.queries import names_of

_ON_THE_WAY = (Campaign.State.APPROVED, Campaign.State.RUNNING, Campaign.State.PAUSED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A campaign that waits for a second look."""

    id: UUID
    name: str


def look(campaign: Campaign, *, writers: Collection[int] = ()) -> str:
    """Return why an approved campaign waits, as a sentence that names whom; empty when it does not.

    `writers` had a hand in what it says, besides those the campaign knows itself.
    """
    if campaign.state not in _ON_THE_WAY or not (since := cut_off_since()):
        return ""
    return _sentence(_whom(campaign, writers, since))


def stand(campaign: Campaign, found: checking.Finding) -> None:
    """Raise `Refused` with that sentence."""
    if why := look(campaign, writers=found.writers):
        raise Refused(why)


def hands_cut_off(campaign: Campaign) -> str:
    """Return who of those that wrote a draft is cut off, as a sentence for whoever approves it; empty for nobody."""
    if campaign.state != Campaign.State.DRAFT or not (since := cut_off_since()):
        return ""
    hands = hands_of(campaign) & since.keys()
    return f"{_names(hands)}, who {_is(hands)} cut off, wrote it. Read it as if it were new." if hands else ""


def waiting() -> list[Waiting]:
    """Return every campaign that is approved, being sent or paused and waits for a second look, the oldest first."""
    since = cut_off_since()
    if not since:
        return []
    rows = Campaign.objects.filter(state__in=_ON_THE_WAY).order_by("created_at")
    return [Waiting(row.pk, row.name) for row in rows if _whom(row, checking.look(row, sending=True).writers, since)]


def hands_of(campaign: Campaign) -> set[int]:
    """Return who began a campaign or wrote one of its texts."""
    return {campaign.written_by_id, *Text.objects.filter(campaign=campaign).values_list("by_id", flat=True)}


def _whom(campaign: Campaign, writers: Collection[int], since: Mapping[int, datetime]) -> tuple[int, ...]:
    hands = hands_of(campaign).union(writers)
    return unseen(by=campaign.approved_by_id, at=campaign.approved_at, hands=hands, since=since)


def _sentence(whom: Collection[int]) -> str:
    if not whom:
        return ""
    return f"{_names(whom)}, who {_is(whom)} cut off, wrote or approved it. Somebody else renews the approval first."


def _names(whom: Collection[int]) -> str:
    names = names_of(whom)
    return " and ".join(names.get(each, "Somebody") for each in sorted(whom))


def _is(whom: Collection[int]) -> str:
    return "is" if len(whom) == 1 else "are"
