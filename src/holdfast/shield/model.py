"""What one closed minute says of every contact that is judged after it: counts and log ratios, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Alarm = Literal["none", "surge", "flood"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The shield's view after a minute. Without an alarm of a flood it changes nothing for anybody."""

    version: int = 0
    minute: datetime | None = None
    alarm: Alarm = "none"
    flood_share: float = 0.0
    identity_down: bool = False
    log_ratios: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads back to the same model."""
        given = {name: getattr(self, name) for name in self.__slots__}
        return given | {"minute": self.minute and self.minute.isoformat()}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Model:
        """Read what `to_json` wrote."""
        minute = given.get("minute")
        return cls(**{**given, "minute": minute and datetime.fromisoformat(minute)})


CALM = Model()
