"""Logs: one JSON object per line, or lines for a person at a terminal. Values that were sealed stay masked."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.dev import plain_traceback
from structlog.typing import Processor

# Frames' local values may hold what a customer wrote, so tracebacks are logged as text without them.
_traceback_without_values = structlog.processors.format_exc_info
_QUIET = ("asyncio", "procrastinate", "httpx", "httpcore", "PIL", "django.request", "mail.log")


def configure(*, json: bool, scrub: Processor | None = None, level: int = logging.INFO) -> None:
    """Send structlog's and the standard library's records to standard error in one format.

    `scrub` sees each event last, tracebacks included, and takes out what must not be in a log.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    ending: list[Any] = (
        [structlog.processors.JSONRenderer(default=str)]
        if json
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain_traceback)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    ending = [_traceback_without_values, *([scrub] if scrub else []), *ending]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
