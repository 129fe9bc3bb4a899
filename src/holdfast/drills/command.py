"""`holdfast drill`: reads arguments, calls the room."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run `holdfast drill ARGUMENTS` and return the exit code."""
    raise NotImplementedError
