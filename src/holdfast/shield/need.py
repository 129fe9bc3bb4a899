"""Corroborated need: does the company's own data explain that this customer writes now?"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import structlog

from holdfast.kit.clock import now
from holdfast.operations.client import OperationsUnavailable, operations

_log = structlog.get_logger(__name__)
RECENT = timedelta(days=3)
"""An older fact explains a contact no more, unless it has no time, as a frozen card has none."""


def needs(references: Collection[str]) -> dict[str, bool]:
    """Return for each account whether a fact explains a contact now. Nothing is known while the systems are away."""
    client = operations()
    if client is None or not references:
        return {}
    try:
        facts = client.headlines(references)
    except OperationsUnavailable as error:
        _log.info("need is unknown", because=str(error))
        return {}
    since = now() - RECENT
    return {
        reference: (fact := facts.get(reference)) is not None and (fact.at is None or fact.at >= since)
        for reference in references
    }
