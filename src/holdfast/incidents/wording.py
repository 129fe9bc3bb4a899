"""Where the words of an update are checked before they leave, and where holding texts come from.

Both are the matter of another room, plugged in while the house starts. A check takes an update with its incident and
what the ledger of facts holds, and answers with problems; one that falls over is a problem too: words that nobody could
check stay in the house.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from holdfast.incidents.contract import FactView, IncidentView, Problem, UpdateView

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """An update as it would leave: with its incident, and the facts that stand."""

    incident: IncidentView
    update: UpdateView
    facts: Sequence[FactView]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingAsked:
    """What a holding text is made for: there is nothing new `since` that update, and the next word comes then."""

    incident: IncidentView
    since: UpdateView
    next_update_due: datetime


@dataclass(frozen=True, slots=True)
class HoldingText:
    """An approved text, filled in, and the template with its version that it was made from."""

    text: str
    template: str


Texts = Mapping[str, HoldingText]
Check = Callable[[Outgoing], Sequence[Problem]]
HoldingSource = Callable[[HoldingAsked], Texts]
_checks: list[Check] = []
_holding: list[HoldingSource] = []


def plug(check: Check) -> None:
    """Let every update pass `check` from now on. Called while the house starts; the same check counts once."""
    if check not in _checks:
        _checks.append(check)


def plug_holding(source: HoldingSource) -> None:
    """Take holding texts from `source`: approved ones only, by language; none when there are none."""
    _holding[:] = [source]


def holding_texts(asked: HoldingAsked) -> Texts:
    """Return the holding text in each language there is one in; empty when nothing approved is there."""
    return _holding[0](asked) if _holding else {}


def problems(outgoing: Outgoing) -> list[Problem]:
    """Return what the checks say, in their order."""
    found: list[Problem] = []
    for check in _checks:
        try:
            found += check(outgoing)
        except Exception as error:
            _log.exception("words not checked", incident=outgoing.incident.number, error=type(error).__name__)
            said = "The words could not be checked, so they do not leave. Try again, and tell whoever keeps the system."
            found.append(Problem(rule="unchecked", sentence=said))
    return found
