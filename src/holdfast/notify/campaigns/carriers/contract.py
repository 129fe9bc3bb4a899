"""What a carrier is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol
from uuid import UUID

from holdfast.notify.campaigns.contract import Letter
from holdfast.notify.outcomes import Outcome


class Away(Exception):
    """The provider cannot be reached at all; nothing was handed over. The text is a sentence."""


class Carrier(Protocol):
    """Belongs to one thread, which keeps it between windows."""

    def hand_over(self, letters: Sequence[Letter], go_on: Callable[[], bool]) -> Iterator[tuple[UUID, Outcome]]:
        """Yield what became of each letter, as soon as that is known. `go_on` is asked before each.

        A letter for which nothing is yielded was not handed over. Raises `Away` before the first.
        """
        ...

    def close(self) -> None:
        """Give connections back. Never raises."""
        ...
