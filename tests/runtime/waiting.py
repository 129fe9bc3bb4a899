"""Waiting for something that another process does."""

import time
from collections.abc import Callable


def eventually(happened: Callable[[], object], *, within: float = 8.0) -> float:
    """Wait until `happened()` is true and return the seconds it took; fail after `within` seconds."""
    started = time.monotonic()
    while not happened():
        assert time.monotonic() - started < within, f"did not happen within {within} s"
        time.sleep(0.02)
    return time.monotonic() - started
