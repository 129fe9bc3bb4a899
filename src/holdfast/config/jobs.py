"""The job app: Procrastinate on Django's own connection, so a job is part of the transaction that asks for it.

Queues: `now` (deliveries, wake-ups), `bulk` (campaigns), `slow` (models, exports). A job is
for a batch, never for one row. Here are only the jobs that keep the house itself in order.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from procrastinate import App, JobContext

from holdfast.kit import streams

_log = structlog.get_logger(__name__)
_DEAD_AFTER = 90.0  # seconds without a heartbeat; three times what Procrastinate itself calls stalled
_KEEP_JOBS = 72  # hours
_KEEP_EVENTS = timedelta(days=2)


def on_app_ready(app: App) -> None:
    """Called by Procrastinate's Django app once every room's `tasks` module is loaded."""
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    revive = app.task(name="jobs.revive", queue="now", queueing_lock="jobs.revive", pass_context=True)(_revive)
    sweep = app.task(name="jobs.sweep", queue="slow", queueing_lock="jobs.sweep", pass_context=True)(_sweep)
    forget = app.task(name="jobs.forget_events", queue="slow", queueing_lock="jobs.forget_events")(_forget_events)
    app.periodic(cron="* * * * *")(revive)
    app.periodic(cron="23 3 * * *")(sweep)
    app.periodic(cron="7 * * * *")(forget)


async def _revive(context: JobContext, timestamp: int) -> None:
    """Give jobs whose worker died to another. Without this they would stand at `doing` for ever."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_DEAD_AFTER):
        _log.warning("job revived", task=job.task_name, job=job.id)
        await manager.retry_job(job)
    await manager.prune_stalled_workers(seconds_since_heartbeat=_DEAD_AFTER)


async def _sweep(context: JobContext, timestamp: int) -> None:
    await context.app.job_manager.delete_old_jobs(nb_hours=_KEEP_JOBS)


def _forget_events(timestamp: int) -> None:
    streams.forget_older_than(_KEEP_EVENTS)
