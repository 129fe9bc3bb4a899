"""The sender: a process of its own while campaigns run, so that a million mails take no turn from a waiting customer.

The worker starts it and it ends by itself when nothing is left. It gives way to everything else on the machine.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from types import FrameType

from django.conf import settings

from holdfast.config.options import options
from holdfast.guard.redaction import redact_event
from holdfast.kit import database
from holdfast.kit.logging import configure
from holdfast.notify.campaigns import pace, sending
from holdfast.runtime.processes import die_with_parent

_GIVES_WAY = 5  # niceness


def spawn() -> subprocess.Popen[bytes]:
    """Start a sender. When this process is gone, it is told to end as well."""
    return subprocess.Popen(
        [sys.executable, "-m", "holdfast", "sender"],
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent(death_signal=signal.SIGTERM),  # noqa: PLW1509 - forks, and execs at once
    )


def run() -> None:
    """Send what running campaigns have until SIGTERM, or until there is nothing more. From the main thread."""
    configure(json=options().log_json, scrub=redact_event)
    with suppress(OSError):
        os.nice(_GIVES_WAY)
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with database.connect(name="campaign rates") as connection:
        pace.limit(connection, {name: settings.CAMPAIGN_RATES.get(name) for name in sending.lanes_per_channel()})
    sending.run(stop, until_idle=True)
