"""The shield's part of the worker: contacts are assessed within a second, minutes are closed when they are over."""

from __future__ import annotations

import threading
from contextlib import suppress

import structlog
from django.db import connection

from holdfast.shield import assess, friction, scorer
from holdfast.shield.friction import Deliver
from holdfast.shield.noticing import QueueNames

_log = structlog.get_logger(__name__)
_EVERY = 0.5  # seconds
_AFTER_A_FAULT = 2.0  # seconds


def run(stop: threading.Event, *, deliver: Deliver, queue_names: QueueNames = dict) -> None:
    """Assess, ask and count until `stop` is set. While it fails, everybody waits in the order of arrival."""
    while not stop.is_set():
        try:
            found = assess.assess_some()
            friction.take_some(deliver=deliver)
            scorer.tick(queue_names=queue_names)
        except Exception as error:
            _log.exception("shield failed", error=type(error).__name__)
            with suppress(Exception):
                connection.close()
            stop.wait(_AFTER_A_FAULT)
        else:
            if found < assess.BATCH:
                stop.wait(_EVERY)
