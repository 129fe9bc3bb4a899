"""The worker's figures over a real socket: off by default, on a loopback address only, a port for each worker."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
from prometheus_client import Counter
from pydantic import ValidationError

from holdfast.config.options import Options
from holdfast.config.worker_metrics import place_of, serving

_counted = Counter("holdfast_test_of_worker_metrics", "Made for this test.")


@pytest.fixture
def port() -> int:
    """A free port whose next one is free too, below those that the system gives to other servers of this run."""
    while True:
        chosen = random.randrange(12_000, 30_000)  # noqa: S311 - no secret
        with suppress(OSError), socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", chosen))
            other.bind(("127.0.0.1", chosen + 1))
            return chosen


@pytest.fixture
def workers(port: int) -> Iterator[list[threading.Thread]]:
    """Two workers of one machine, both told the same address."""
    stop = threading.Event()
    threads = [threading.Thread(target=serving(f"127.0.0.1:{port}"), args=(stop,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    yield threads
    stop.set()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)


def answered(url: str) -> httpx.Response:
    return httpx.Client(transport=httpx.HTTPTransport(retries=5)).get(url, timeout=10)


@pytest.mark.usefixtures("workers")
def test_each_worker_answers_at_a_port_of_its_own(port: int) -> None:
    _counted.inc()
    (counted,) = (sample.value for sample in _counted.collect()[0].samples if sample.name.endswith("_total"))
    for each in (port, port + 1):
        answer = answered(f"http://127.0.0.1:{each}/metrics")
        assert answer.status_code == 200
        assert f"holdfast_test_of_worker_metrics_total {counted}" in answer.text
    assert answered(f"http://127.0.0.1:{port}/").status_code == 404
    assert httpx.post(f"http://127.0.0.1:{port}/metrics").status_code == 404


@pytest.mark.parametrize(("address", "place"), [("127.0.0.1:9101", ("127.0.0.1", 9101)), ("[::1]:99", ("::1", 99))])
def test_an_address_is_read(address: str, place: tuple[str, int]) -> None:
    assert place_of(address) == place


@pytest.mark.parametrize("address", ["0.0.0.0:9101", "10.0.0.1:9101", "127.0.0.1", "localhost:x", ":9101", "a b"])
def test_anything_that_is_no_loopback_address_is_refused_in_a_sentence(address: str) -> None:
    with pytest.raises(ValidationError, match=r"a loopback address with a port, as 127\.0\.0\.1:9101"):
        Options(worker_metrics=address)


def test_it_is_off_by_default() -> None:
    assert Options().worker_metrics == ""
