"""Every signal of one look, from facts alone. Pure: replays and benchmarks call it as the house does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from holdfast.guard.watching import approvers, at_once, over_time, peers, surprise
from holdfast.guard.watching.contract import Facts, Kind, Signal

_DETECTORS = (
    over_time.signals,
    surprise.signals,
    peers.signals,
    approvers.signals,
    at_once.denials,
    at_once.rhythm,
    at_once.marks,
)


def signals(facts: Facts, *, cleared: Mapping[tuple[int, Kind], datetime] | None = None) -> list[Signal]:
    """Return what should be looked at by a person, as sentences; about each person at most one of a kind.

    `cleared`: when a person found a kind of signal about somebody explained; what was before it is not counted again.
    Canaries and customers' reports are in `canaries.signals` and `common_point.signals`.
    """
    found: dict[tuple[int, Kind], Signal] = {}
    for detect in _DETECTORS:
        for signal in detect(facts, cleared=cleared or {}):
            found.setdefault((signal.agent_id, signal.kind), signal)
    return list(found.values())
