"""The demo operations service over real HTTP, in a process of its own, and the client that calls it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest
from tests.operations.bank import AT, TOKEN, running

from holdfast.kit import clock
from holdfast.operations.breaker import Breaker
from holdfast.operations.client import HttpOperations, OperationsRefused, OperationsUnavailable, UnknownRecord


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with running() as address:
        yield address


@pytest.fixture
def http(base: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base, headers={"authorization": f"Bearer {TOKEN}"}, trust_env=False) as client:
        yield client
        client.post("/v1/faults", json={"latency_ms": 0, "error_rate": 0})


@pytest.fixture(autouse=True)
def at_the_instant_of_the_facts() -> Iterator[None]:
    clock.set_source(lambda: datetime.fromisoformat(AT))
    yield
    clock.set_source(None)


def client_for(base: str, **more: object) -> HttpOperations:
    return HttpOperations(base_url=base, token=TOKEN, **more)  # type: ignore[arg-type]


def test_without_the_token_nothing_but_health_is_told(base: str) -> None:
    for headers in ({}, {"authorization": "Bearer wrong"}):
        answer = httpx.get(f"{base}/v1/accounts/TW-100000", headers=headers, trust_env=False)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == "Bearer"


def test_the_service_refuses_to_start_without_a_token() -> None:
    env = {name: value for name, value in os.environ.items() if name != "HOLDFAST_OPERATIONS_TOKEN"}
    argv = [sys.executable, "-m", "holdfast.drills.tidewater.operations_service", "--port", "1"]
    ended = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "HOLDFAST_OPERATIONS_TOKEN" in ended.stderr


def test_two_processes_with_one_seed_tell_the_same_and_another_seed_does_not(http: httpx.Client) -> None:
    refs = {"refs": [f"TW-{100_000 + n}" for n in range(0, 200, 5)]}
    mine = http.post("/v1/overviews", json=refs).json()
    headers = {"authorization": f"Bearer {TOKEN}"}
    with running() as twin, running("--seed", "8") as other:
        assert httpx.post(f"{twin}/v1/overviews", json=refs, headers=headers, trust_env=False).json() == mine
        assert httpx.post(f"{other}/v1/overviews", json=refs, headers=headers, trust_env=False).json() != mine


def test_every_part_and_every_single_record_can_be_read(http: httpx.Client) -> None:
    overview = http.get("/v1/accounts/TW-100004/overview").json()
    assert http.get("/v1/accounts/TW-100004").json() == overview["account"]
    for part in ("cards", "transfers", "payments", "refunds"):
        assert http.get(f"/v1/accounts/TW-100004/{part}").json() == overview[part]
        for row in overview[part]:
            assert http.get(f"/v1/{part}/{row['id']}").json() == row


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/accounts/TW-999999", 404),
        ("GET", "/v1/accounts/TW-1", 404),
        ("GET", "/v1/accounts/%27%20OR%201", 404),
        ("GET", "/v1/accounts/TW-10000²", 404),
        ("GET", "/v1/cards/TW-100000-C9", 404),
        ("GET", "/v1/nothing", 404),
        ("PUT", "/v1/accounts/TW-100000", 405),
        ("POST", "/v1/cards/TW-100000-C1/freeze", 400),
        ("POST", "/v1/overviews", 400),
        ("POST", "/v1/faults", 400),
    ],
)
def test_a_wrong_question_gets_a_problem_document(http: httpx.Client, method: str, path: str, status: int) -> None:
    answer = http.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"].endswith(".")


def test_freezing_twice_with_one_key_acts_once(http: httpx.Client) -> None:
    key = {"idempotency-key": "k1"}
    first = http.post("/v1/cards/TW-100005-C1/freeze", headers=key)
    assert first.json()["state"] == "frozen"
    assert http.get("/v1/cards/TW-100005-C1").json()["state"] == "frozen"
    http.post("/v1/cards/TW-100005-C1/unfreeze", headers={"idempotency-key": "k2"})
    again = http.post("/v1/cards/TW-100005-C1/freeze", headers=key)
    assert again.json() == first.json(), "a repeated key gives the first answer"
    assert http.get("/v1/cards/TW-100005-C1").json()["state"] == "active", "and changes nothing"
    assert http.post("/v1/cards/TW-100005-C1/unfreeze", headers=key).status_code == 422


def test_a_pin_is_sent_once_and_only_for_an_active_physical_card(http: httpx.Client) -> None:
    sent = http.post("/v1/cards/TW-100007-C1/pin", headers={"idempotency-key": "p1"})
    assert sent.json()["expected_by"] == "2026-11-13"
    assert http.post("/v1/cards/TW-100007-C1/pin", headers={"idempotency-key": "p1"}).json() == sent.json()
    assert http.post("/v1/cards/TW-100007-C1/pin", headers={"idempotency-key": "p2"}).status_code == 409
    assert http.post("/v1/cards/TW-100015-C1/pin", headers={"idempotency-key": "p3"}).status_code == 409


def test_a_new_address_is_kept_and_not_told_back_to_who_changes_it(http: httpx.Client) -> None:
    path, address = "/v1/accounts/TW-100008/address", "14 Harbour Row, Galway, H91 X2P4"
    assert http.get(path).json() == {"ref": "TW-100008", "address": None, "changed_at": None}
    changed = http.post(path, json={"address": address}, headers={"idempotency-key": "a1"})
    assert address not in changed.text
    assert http.get(path).json()["address"] == address
    other = http.post(path, json={"address": "1 Elsewhere Street, Cork"}, headers={"idempotency-key": "a1"})
    assert other.status_code == 422, "a key is for one address"
    for wrong in ({}, {"address": 5}, {"address": "short"}, {"address": "x" * 201}):
        assert http.post(path, json=wrong, headers={"idempotency-key": "a2"}).status_code == 422


def test_faults_can_be_for_some_paths_only_and_lose_the_answer_to_what_was_done(http: httpx.Client) -> None:
    http.post("/v1/faults", json={"lose_answers": True, "only": "/freeze"})
    assert http.post("/v1/cards/TW-100009-C1/freeze", headers={"idempotency-key": "l1"}).status_code == 500
    assert http.get("/v1/cards/TW-100009-C1").json()["state"] == "frozen"
    http.post("/v1/faults", json={"garbage": True, "only": "/v1/cards/"})
    with pytest.raises(ValueError):
        http.get("/v1/cards/TW-100009-C1").json()
    assert http.get("/v1/accounts/TW-100009").json()["ref"] == "TW-100009"
    for wrong in ({"garbage": 1}, {"only": 3}, {"error_rate": 2}):
        assert http.post("/v1/faults", json=wrong).status_code == 400


def test_a_card_that_is_on_its_way_cannot_be_frozen(base: str, http: httpx.Client) -> None:
    with pytest.raises(OperationsRefused, match="ordered"):
        client_for(base).freeze_card("TW-100015-C1", key="k3")


def test_the_client_reads_typed_facts_and_headlines(base: str) -> None:
    client = client_for(base)
    assert client.account("TW-100000").currency == "EUR"
    assert client.transfers("TW-100000")[0].state == "held"
    facts = client.headlines([f"TW-{100_000 + n}" for n in range(16)] + ["TW-999999"])
    assert facts["TW-100000"].text.startswith("Salary late since ")
    assert facts["TW-100001"].text.startswith("Transfer held since ")
    assert "declines since" in facts["TW-100003"].text
    assert facts["TW-100004"].text.startswith("2 debits, ")
    assert "TW-100005" not in facts, "nothing stands out for her"
    assert client.headline("TW-999999") is None
    with pytest.raises(UnknownRecord, match="TW-999999"):
        client.account("TW-999999")


def test_freezing_shows_in_the_headline_at_once(base: str, http: httpx.Client) -> None:
    client = client_for(base)
    assert client.headline("TW-100006") is None
    card = client.cards("TW-100006")[0]
    client.freeze_card(card.id, key="k4")
    fact = client.headline("TW-100006")
    assert fact is not None
    assert fact.text == f"Card ending {card.last4} is frozen"


def test_headlines_are_remembered_for_a_while(base: str, http: httpx.Client) -> None:
    now = [100.0]
    client = client_for(base, clock=lambda: now[0])
    first = client.headline("TW-100000")
    http.post("/v1/faults", json={"error_rate": 1})
    assert client.headline("TW-100000") == first
    now[0] += 21
    with pytest.raises(OperationsUnavailable):
        client.headline("TW-100000")


def test_the_breaker_opens_after_failures_and_closes_after_one_success(base: str, http: httpx.Client) -> None:
    now = [0.0]
    client = client_for(base, breaker=Breaker(failures=3, pause=10, clock=lambda: now[0]))
    http.post("/v1/faults", json={"error_rate": 1})
    for _ in range(3):
        with pytest.raises(OperationsUnavailable, match="503"):
            client.account("TW-100000")
    assert client.breaker.is_open
    http.post("/v1/faults", json={"error_rate": 0})
    with pytest.raises(OperationsUnavailable, match="just now"):
        client.account("TW-100000")
    now[0] = 11.0
    assert client.account("TW-100000").ref == "TW-100000"
    assert not client.breaker.is_open


def test_a_slow_service_counts_as_away(base: str, http: httpx.Client) -> None:
    http.post("/v1/faults", json={"latency_ms": 1_500})
    started = time.monotonic()
    with pytest.raises(OperationsUnavailable, match="cannot be reached"):
        client_for(base, timeout=0.2).account("TW-100000")
    assert time.monotonic() - started < 1.2


def test_a_wrong_token_is_told_and_does_not_open_the_breaker(base: str) -> None:
    client = HttpOperations(base_url=base, token="wrong", breaker=Breaker(failures=1))
    with pytest.raises(OperationsUnavailable, match="401"):
        client.account("TW-100000")
    assert not client.breaker.is_open


def test_nobody_listening_is_a_clear_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(OperationsUnavailable, match="cannot be reached"):
        client_for(f"http://127.0.0.1:{port}").account("TW-100000")
