"""The demo bank's operations service in a process of its own, over real HTTP, and what a test does with it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

TOKEN = "only-for-this-test"
AT = "2026-11-10T14:00:00+00:00"


@dataclass
class RunningBank:
    """A bank that listens at `url`."""

    url: str

    @property
    def http(self) -> httpx.Client:
        """A client with the token, for looking past the house."""
        return httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {TOKEN}"}, trust_env=False)

    def faults(self, **wanted: Any) -> None:
        """Let it misbehave from now on; without arguments it behaves."""
        with self.http as http:
            http.post("/v1/faults", json=wanted).raise_for_status()

    def get(self, path: str) -> Any:
        """What it says at a path."""
        with self.http as http:
            return http.get(path).raise_for_status().json()

    @property
    def changes(self) -> tuple[int, int]:
        """How often it was asked for a change, and how many it made."""
        told = self.get("/v1/changes")
        return told["asked"], told["made"]


@contextmanager
def running(*more: str) -> Iterator[str]:
    """Run the service until the block ends, and yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "holdfast.drills.tidewater.operations_service", "--port", str(port), "--at", AT, *more],
        env={**os.environ, "HOLDFAST_OPERATIONS_TOKEN": TOKEN},
    )
    base = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while not _answers(base):
            assert process.poll() is None, "the service ended by itself"
            assert time.monotonic() < deadline, "the service did not start"
            time.sleep(0.05)
        yield base
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def _answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/healthz", timeout=1, trust_env=False).is_success
    except httpx.HTTPError:
        return False
