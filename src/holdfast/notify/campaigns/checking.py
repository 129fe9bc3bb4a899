"""Whether the words of a campaign may leave: the matter of another room, plugged in while the house starts.

It is asked about campaigns that are `about` something, by who knows that something, before they are approved, started
and gone on with; and while they are sent, about what may lapse meanwhile. One that falls over is a problem too: words
that nobody could check stay in the house. What rests on the publishing of a text is not asked about again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from holdfast.notify.campaigns.contract import Refused, Text
from holdfast.notify.campaigns.models import Campaign, Stream

_LOOKED_AT: Final = (Stream.INCIDENT, Stream.LEGAL)
_UNCHECKED: Final = "The words could not be checked, so they do not leave. Try again, and tell who keeps the system."
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What a campaign says, by (locale, segment), and what it is about. `sending`: some of it has left already."""

    campaign: UUID
    about: str
    texts: Mapping[tuple[str, str], Text]
    sending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What stands in the way, in sentences; until when what it rests on is good; who had a hand in the words."""

    problems: Sequence[str] = ()
    lacks_approval: bool = False
    until: datetime | None = None
    writers: Collection[int] = ()


Check = Callable[[Outgoing], Finding]
Ask = Callable[[Outgoing, int], int]
_plugged: list[tuple[Check, Ask]] = []


def plug(check: Check, ask: Ask) -> None:
    """Have campaigns looked at by `check`; `ask` asks for the approvals that are missing and says how many."""
    _plugged[:] = [(check, ask)]


def looked_at(campaign: Campaign) -> bool:
    """Tell whether the words of a campaign have to stand up to a check of their own."""
    return bool(campaign.about) and campaign.stream in _LOOKED_AT and not campaign.approved_on


def look(campaign: Campaign, *, sending: bool = False) -> Finding:
    """Return what the check finds; nothing for one that is not looked at. Inside a verb what it rests on holds."""
    if not looked_at(campaign):
        return Finding()
    try:
        check, _ = _plugged[0]
        return check(_outgoing(campaign, sending=sending))
    except Exception as error:
        _log.exception("campaign not checked", campaign=str(campaign.pk), error=type(error).__name__)
        return Finding(problems=[_UNCHECKED])


def stand(campaign: Campaign) -> Finding:
    """Return what the words rest on. Raises `Refused` with what stands in their way."""
    found = look(campaign)
    if found.problems:
        more = f" There are {len(found.problems)} things to mend." if len(found.problems) > 1 else ""
        raise Refused(f"{found.problems[0]}{more}")
    return found


def ask(campaign: Campaign, *, by: int) -> int:
    """Ask for the approvals that are missing; return how many were asked for newly. Raises `Refused`."""
    if not looked_at(campaign) or not _plugged:
        raise Refused("No approval is missing.")
    return _plugged[0][1](_outgoing(campaign, sending=False), by)


def _outgoing(campaign: Campaign, *, sending: bool) -> Outgoing:
    texts = {(row.locale, row.segment): Text(subject=row.subject, body=row.body) for row in campaign.texts.all()}
    return Outgoing(campaign=campaign.pk, about=campaign.about, texts=texts, sending=sending)
