"""The worker's part: a little every minute, until the day's run is done."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

from holdfast.retention import working

_SECONDS = 20.0
_log = structlog.get_logger(__name__)


# No lock: a worker that was killed leaves its job standing, and the next one must not wait for that. Runs lock a row.
@app.periodic(cron="* * * * *")
@app.task(queue="slow", queueing_lock="retention.take_out", pass_context=False)
def take_out(timestamp: int) -> int:
    """Take out what the plan says, some of it each minute; return how many batches."""
    worked = working.work(seconds=_SECONDS)
    if worked.went:
        _log.info("retention_went", **worked.went)
    return worked.batches
