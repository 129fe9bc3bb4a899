"""Numbers that came as text, as fields and addresses give them."""

from __future__ import annotations


def whole(text: str | None, *, digits: int = 9) -> int | None:
    """Return a whole number written with 0 to 9 alone, at most so many `digits`; `None` for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= digits else None
