"""A line in a customer's chat, where they read it at once or when they come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

from holdfast.conversations.errors import ConversationError
from holdfast.conversations.lookups import has_system_line
from holdfast.conversations.messages import post_system
from holdfast.notify.campaigns.contract import Letter
from holdfast.notify.outcomes import SENT, Kind, Outcome

KIND = "campaign"


class ChatCarrier:
    """Posts into conversations. One that has the line from an interrupted try is not given another."""

    def hand_over(self, letters: Sequence[Letter], go_on: Callable[[], bool]) -> Iterator[tuple[UUID, Outcome]]:
        """As `Carrier.hand_over`."""
        for letter in letters:
            if not go_on():
                return
            yield letter.id, self._one(letter)

    def close(self) -> None:
        """There is nothing to give back."""

    def _one(self, letter: Letter) -> Outcome:
        conversation_id, details = UUID(letter.address), {"recipient": str(letter.id)}
        if letter.attempts and has_system_line(conversation_id, kind=KIND, details=details):
            return SENT
        try:
            post_system(conversation_id=conversation_id, kind=KIND, text=letter.body, details=details, internal=False)
        except ConversationError:
            return Outcome(Kind.NEVER, "There is no such conversation any more.")
        return SENT
