"""Jobs of this room."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.assistant.learning.gathering import LOOK_BACK, forgotten_before, gather
from holdfast.kit.clock import now


@app.periodic(cron="17 * * * *")
@app.task(queue="slow", queueing_lock="learning.gather", pass_context=False)
def gather_candidates(timestamp: int) -> int:
    """Look at what people resolved, every hour, and forget what nobody approved in three months."""
    forgotten_before(now() - 3 * LOOK_BACK)
    return gather()
