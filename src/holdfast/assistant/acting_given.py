"""What a customer gave a form, between two of their messages: sealed for their conversation, opened to go on with it.

`holding` closes and keeps it; only `acting` opens it, as the one step it takes begins. Import contracts say so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.views.decorators.debug import sensitive_variables

from holdfast.guard.fields import NOTHING, Sealed, seal
from holdfast.guard.opening import CannotOpen, MachineUse, opened_for_machine

_PLAIN = frozenset({"action", "asks", "tries", "key"})


@sensitive_variables("pending", "values")
def closed(pending: Mapping[str, Any], *, conversation_id: UUID) -> tuple[dict[str, Any], Sealed]:
    """Part what is pending: how far the form is, in plain, and every value it was given, sealed for its row.

    What was read from the row and not opened goes back as it came.
    """
    plain = {name: value for name, value in pending.items() if name in _PLAIN}
    if isinstance(kept := pending.get("given"), Sealed):
        return plain, kept
    values = {name: value for name, value in pending.items() if name not in _PLAIN}
    if not values:
        return plain, NOTHING
    return plain, seal(f"assistant_holding.given.{conversation_id}", json.dumps(values), mask="hidden")


def joined(plain: Mapping[str, Any], given: Sealed) -> dict[str, Any]:
    """Return what is pending as it travels through the house: the values closed, under `given`."""
    return {**plain, "given": given} if given else dict(plain)


@sensitive_variables()
def opened(pending: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is pending with the values it was given. Raises `ValueError` when they cannot be opened."""
    given = pending.get("given")
    plain = {name: value for name, value in pending.items() if name != "given"}
    if not isinstance(given, Sealed):
        return plain
    try:
        return {**json.loads(opened_for_machine(given, use=MachineUse.ACT)), **plain}
    except CannotOpen as error:
        raise ValueError("What a form was given cannot be opened.") from error
