"""Where the words of an update are checked before they leave.

The checks themselves are the matter of another room; each takes an update with its incident and what the ledger of
facts holds, and answers with problems. A check that falls over is a problem too: words that nobody could check stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from holdfast.incidents.contract import FactView, IncidentView, Problem, UpdateView

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """An update as it would leave: with its incident, and the facts that stand."""

    incident: IncidentView
    update: UpdateView
    facts: Sequence[FactView]


Check = Callable[[Outgoing], Sequence[Problem]]
_checks: list[Check] = []


def plug(check: Check) -> None:
    """Let every update pass `check` from now on. Called while the house starts; the same check counts once."""
    if check not in _checks:
        _checks.append(check)


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
