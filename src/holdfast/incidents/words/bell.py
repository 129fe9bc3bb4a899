"""How many texts wait for each of those who sign: every page says it, so one look a second serves all of a process."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping

from holdfast.incidents.words.models import Ask, Signatory

_KEPT = 1.0  # seconds
_read: tuple[float, Mapping[int, int]] | None = None


def waiting_for(agent_id: int) -> int:
    """Return how many texts wait for somebody's approval, at most a second late; 0 for whoever approves nothing."""
    global _read
    if _read is None or not 0 <= time.monotonic() - _read[0] < _KEPT:
        _read = time.monotonic(), {agent: len(asks) for agent, asks in by_signatory().items()}
    return _read[1].get(agent_id, 0)


def forget() -> None:
    """Count afresh with the next page."""
    global _read
    _read = None


def by_signatory() -> Mapping[int, list[Ask]]:
    """Return what waits for whom, by agent. Nobody approves what they asked for or had a hand in."""
    asks = list(Ask.objects.filter(state=Ask.State.OPEN).order_by("at"))
    found: dict[int, list[Ask]] = defaultdict(list)
    if not asks:
        return found
    signs: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for agent, role, place in Signatory.objects.filter(until=None).values_list("agent_id", "role", "jurisdiction"):
        signs[agent].add((role, place))
    for agent, roles in signs.items():
        for ask in asks:
            may = (ask.role, "") in roles or (ask.role, ask.jurisdiction) in roles
            if may and agent != ask.by_id and agent not in ask.writers:
                found[agent].append(ask)
    return found
