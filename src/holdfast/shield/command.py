"""`holdfast shield`: reads arguments, calls the room."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run `holdfast shield ARGUMENTS` and return the exit code."""
    raise NotImplementedError
