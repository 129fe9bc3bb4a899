"""The addresses of conversations and rows. A page names some eighty; to resolve each costs more than to fill it in."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from django.urls import reverse


def of_case(name: str, number: int) -> str:
    """Return the address that the URL `desk:<name>` has for a conversation."""
    before, after = _around(name, 0)
    return f"{before}{number}{after}"


def of_row(conversation_id: UUID) -> str:
    """Return the address of a conversation's row."""
    before, after = _around("row", UUID(int=0))
    return f"{before}{conversation_id}{after}"


@cache
def _around(name: str, stands_for: int | UUID) -> tuple[str, str]:
    before, _, after = reverse(f"desk:{name}", args=[stands_for]).partition(str(stands_for))
    return before, after
