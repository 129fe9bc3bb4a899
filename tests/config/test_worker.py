from __future__ import annotations

import threading
import time

import pytest

from holdfast.config import worker


def test_a_part_that_falls_over_starts_again_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    starts: list[str] = []

    def falling(stop: threading.Event) -> None:
        starts.append("falling")
        if starts.count("falling") == 3:
            stop.set()
        raise RuntimeError("over")

    def steady(stop: threading.Event) -> None:
        starts.append("steady")
        stop.wait()

    monkeypatch.setattr(worker, "_FIRST_PAUSE", 0.01)
    worker.work(stop, parts={"falling": falling, "steady": steady})
    assert starts.count("falling") == 3
    assert starts.count("steady") == 1


def test_stopping_does_not_wait_for_a_part_that_will_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_PATIENCE", 0.2)
    stop, free = threading.Event(), threading.Event()
    stop.set()
    started = time.monotonic()
    worker.work(stop, parts={"stuck": lambda stop: free.wait(10) and None})
    assert time.monotonic() - started < 2
    free.set()
