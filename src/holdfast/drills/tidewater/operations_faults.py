"""How the bank's operations service misbehaves, for drills and tests: slow, failing, unreadable, or silent."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from holdfast.drills.tidewater.operations_http import Problem


@dataclass(slots=True)
class Faults:
    """Set by `POST /v1/faults`; what is not named there is off.

    `latency_ms` before each answer · `error_rate` of 503, from 0 to 1 · `garbage`: answers nobody can read ·
    `lose_answers`: what is asked for is done, and then the answer is a 500 · `only`: at paths that begin so or end so.
    """

    latency_ms: float = 0.0
    error_rate: float = 0.0
    garbage: bool = False
    lose_answers: bool = False
    only: str = ""
    _dice: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 (drill faults)

    def set(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Take new faults, all at once, and return them. Raises `Problem` 400."""
        latency, rate = wanted.get("latency_ms", 0), wanted.get("error_rate", 0)
        garbage, lose, only = wanted.get("garbage", False), wanted.get("lose_answers", False), wanted.get("only", "")
        if not all(isinstance(value, int | float) for value in (latency, rate)):
            raise Problem(HTTPStatus.BAD_REQUEST, "latency_ms and error_rate have to be numbers.")
        if not (0 <= latency <= 60_000 and 0 <= rate <= 1):
            raise Problem(HTTPStatus.BAD_REQUEST, "latency_ms is 0 to 60000, error_rate is 0 to 1.")
        if not (isinstance(garbage, bool) and isinstance(lose, bool) and isinstance(only, str)):
            raise Problem(HTTPStatus.BAD_REQUEST, "garbage and lose_answers are true or false, only is part of a path.")
        self.latency_ms, self.error_rate = float(latency), float(rate)
        self.garbage, self.lose_answers, self.only = garbage, lose, only
        return {
            "latency_ms": self.latency_ms,
            "error_rate": self.error_rate,
            "garbage": garbage,
            "lose_answers": lose,
            "only": only,
        }

    def touches(self, path: str) -> bool:
        """Whether requests for this path are concerned."""
        return path.startswith(self.only) or path.endswith(self.only)

    async def before(self) -> None:
        """Wait as told, then perhaps fail. Raises `Problem` 503."""
        if self.latency_ms:
            await asyncio.sleep(self.latency_ms / 1_000)
        if self._dice.random() < self.error_rate:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "A fault set for a drill.")

    def after(self) -> None:
        """Lose the answer to what has been done. Raises `Problem` 500."""
        if self.lose_answers:
            raise Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "A fault set for a drill: the answer got lost.")
