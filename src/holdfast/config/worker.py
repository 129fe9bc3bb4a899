"""The worker process: triage, the assistant's turns and their deadlines, the shield, promises, campaigns and jobs.

Each is a thread, restarts alone and takes no other along. What campaigns send leaves from a process of its own.
"""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import cast

import structlog
from procrastinate.app import WorkerOptions
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from holdfast.assistant import turns
from holdfast.config import sender
from holdfast.config.options import options
from holdfast.config.worker_metrics import serving
from holdfast.desk.queries import queue_names
from holdfast.guard.ledger import pushing, sequencer, standing
from holdfast.guard.redaction import redact_event
from holdfast.incidents.holding import publish_holding
from holdfast.kit.logging import configure
from holdfast.notify.campaigns import minding
from holdfast.notify.deliveries import enqueue_many
from holdfast.promises import watch as promises
from holdfast.promises.contract import Kind
from holdfast.shield import loop as shield
from holdfast.triage import loop as triage

_log = structlog.get_logger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0  # seconds before a part that fell over starts again
_STEADY_AFTER = 60.0  # seconds of running after which earlier falls are forgotten
_COMMON: WorkerOptions = {"install_signal_handlers": False, "shutdown_graceful_timeout": 2.0}
_PATIENCE = 3.0  # seconds for the parts to finish what they have in hand


def run() -> None:
    """Run until SIGTERM or SIGINT. Call from the main thread, with Django set up."""
    configure(json=options().log_json, scrub=redact_event)
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    address = options().worker_metrics
    work(
        stop,
        parts={
            **({"metrics": serving(address)} if address else {}),
            "triage": triage.run,
            "turns": turns.run,
            "deadlines": turns.deadlines,
            "shield": _shield,
            "promises": _promises,
            "ledger": _ledger,
            "witnesses": pushing.run,
            "campaigns": _campaigns,
            "jobs": run_jobs,
        },
    )


def work(stop: threading.Event, *, parts: dict[str, Callable[[threading.Event], None]]) -> None:
    """Keep each part running in a thread of its own until `stop` is set, then wait a little for all to finish."""
    threads = [
        threading.Thread(target=_keep, args=(name, part, stop), name=name, daemon=True) for name, part in parts.items()
    ]
    for thread in threads:
        thread.start()
    while not stop.wait(1.0):  # in slices, so that the main thread sees signals
        pass
    deadline = time.monotonic() + _PATIENCE
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def run_jobs(stop: threading.Event) -> None:
    """Run Procrastinate's workers until `stop` is set: one for the queue `now` alone, one for every queue."""
    asyncio.run(_jobs(stop))


def _shield(stop: threading.Event) -> None:
    shield.run(stop, deliver=enqueue_many, queue_names=queue_names)


def _ledger(stop: threading.Event) -> None:
    sequencer.run(stop, measure=standing.measure)


def _promises(stop: threading.Event) -> None:
    promises.run(stop, hold={Kind.UPDATE: publish_holding})


def _campaigns(stop: threading.Event) -> None:
    minding.run(stop, spawn=sender.spawn)


def _keep(name: str, part: Callable[[threading.Event], None], stop: threading.Event) -> None:
    pause = _FIRST_PAUSE
    while not stop.is_set():
        started = time.monotonic()
        try:
            part(stop)
        except Exception as error:  # whatever it was, the part starts again
            _log.error("worker part fell over", part=name, error=type(error).__name__, detail=str(error).split("\n")[0])
        if time.monotonic() - started > _STEADY_AFTER:
            pause = _FIRST_PAUSE
        stop.wait(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _jobs(stop: threading.Event) -> None:
    connector = cast(DjangoConnector, app.connector)
    working = app.with_connector(connector.get_worker_connector())
    # Urgent jobs have places of their own, so a campaign or a model cannot keep a reply from leaving.
    places: list[WorkerOptions] = [
        {"name": "now", "queues": ["now"], "concurrency": 4, **_COMMON},
        {"name": "all", "concurrency": 2, **_COMMON},
    ]
    async with working.open_async():
        tasks = [asyncio.create_task(working.run_worker_async(**place)) for place in places]
        while not stop.is_set() and not any(task.done() for task in tasks):
            await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception) and not stop.is_set():
                raise outcome
