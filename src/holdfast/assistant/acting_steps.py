"""What goes in and out of the forms: who acts, what is pending (as JSON), and one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from holdfast.assistant.slots import Hints


@dataclass(frozen=True, slots=True)
class Acting:
    """For whom: the conversation, its customer, their account reference, and how sure we are of them (0 to 2)."""

    conversation_id: UUID
    customer_id: UUID | None
    reference: str | None
    level: int


@dataclass(frozen=True, slots=True)
class Pending:
    """An action under way, waiting for an answer. Of the customer's words it keeps numbers, days and a new address."""

    action: str
    asks: str = ""
    """`who`, `code`, `card`, `record`, `address` or `confirm`."""
    tries: int = 0
    """Answers to this question that were not understood."""
    slots: Mapping[str, str] = field(default_factory=dict)
    hints: Hints = field(default_factory=Hints)
    key: str = ""
    """Of the write that is being confirmed: a second yes to the same question acts no second time."""

    def dump(self) -> dict[str, Any]:
        """Return it as JSON."""
        told = asdict(self)
        told["hints"]["days"] = [day.isoformat() for day in self.hints.days]
        return {name: value for name, value in told.items() if value or name == "action"}

    @classmethod
    def load(cls, told: Mapping[str, Any]) -> Pending:
        """Return what was dumped. Raises `ValueError` when it cannot be read."""
        try:
            return _PENDING.validate_python(dict(told))
        except (ValidationError, TypeError) as error:
            raise ValueError("This is nothing that was pending.") from error


@dataclass(frozen=True, slots=True)
class Done:
    """What was read or done, for the record: `action`, `key` (of a write) and the time it was read, as `14:03`."""

    action: str
    at: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """`say` to the customer. Then: `pending` waits for their answer, `done` is the end, `give_up` (one sentence for the
    agent) means that a person takes it. Without any of the three they changed their mind."""

    say: str = ""
    pending: Pending | None = None
    done: Done | None = None
    give_up: str = ""


_PENDING: TypeAdapter[Pending] = TypeAdapter(Pending)
