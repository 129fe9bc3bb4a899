"""How often a token may read: exactly so often for all processes together, and handing in contacts never too often."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.intake.serving import WebProcess

from holdfast.config.options import Options
from holdfast.intake import pace, tokens
from holdfast.intake.models import TokenPace
from holdfast.intake.tokens import CONTACTS_WRITE, LEDGER_READ, RECEIPTS_READ, SCOPES, KnownToken
from holdfast.kit import clock


@pytest.fixture
def at(settings: Any) -> Iterator[list[datetime]]:
    """A clock that stands still until it is moved."""
    settings.TOKEN_RATES = {RECEIPTS_READ: 6}
    moment = [datetime(2026, 3, 2, 9, tzinfo=UTC)]
    clock.set_source(lambda: moment[0])
    yield moment
    clock.set_source(None)


def known(name: str = "shop") -> KnownToken:
    return KnownToken(name, name.encode(), frozenset(SCOPES), None)


@pytest.mark.django_db
def test_a_minutes_worth_may_come_at_once_and_then_one_after_the_other(at: list[datetime]) -> None:
    assert [pace.take(known(), RECEIPTS_READ) for _ in range(8)] == [0] * 6 + [10, 10]
    assert pace.take(known("other"), RECEIPTS_READ) == 0, "each token has its own"
    assert pace.take(known(), LEDGER_READ) == 0, "and each scope"
    at[0] += timedelta(seconds=9)
    assert pace.take(known(), RECEIPTS_READ) == 1
    at[0] += timedelta(seconds=1)
    assert [pace.take(known(), RECEIPTS_READ) for _ in range(2)] == [0, 10]
    at[0] += timedelta(minutes=2)
    assert [pace.take(known(), RECEIPTS_READ) for _ in range(7)] == [0] * 6 + [10]


@pytest.mark.django_db
def test_handing_in_contacts_is_never_too_often(at: list[datetime]) -> None:
    assert {pace.take(known(), CONTACTS_WRITE) for _ in range(50)} == {0}
    assert not TokenPace.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_exactly_what_one_after_the_other_would(at: list[datetime]) -> None:
    def take_some(_: int) -> int:
        try:
            return sum(pace.take(known(), RECEIPTS_READ) == 0 for _ in range(3))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take_some, range(8))) == 6


@given(steps=st.lists(st.integers(0, 30), max_size=30))
@pytest.mark.django_db
def test_no_window_of_a_minute_holds_more_than_twice_the_limit_and_nobody_waits_in_vain(steps: list[int]) -> None:
    TokenPace.objects.all().delete()
    moment, went = datetime(2026, 3, 2, 9, tzinfo=UTC), []
    clock.set_source(lambda: moment)
    try:
        for seconds in steps:
            moment += timedelta(seconds=seconds)
            wait = pace.take(known(), tokens.METRICS_READ)
            if wait == 0:
                went.append(moment)
            else:
                moment += timedelta(seconds=wait)
                assert pace.take(known(), tokens.METRICS_READ) == 0
                went.append(moment)
    finally:
        clock.set_source(None)
    for first in went:
        assert sum(first <= each < first + timedelta(minutes=1) for each in went) <= 2 * pace.rates()["metrics:read"]


@pytest.mark.django_db
def test_one_use_too_many_is_refused_with_a_sentence_and_when_to_come_back(client: Client, settings: Any) -> None:
    settings.TOKEN_RATES = {LEDGER_READ: 1, tokens.GOODWILL_REDEEM: 1}
    token = tokens.create(name="audit", scopes=[LEDGER_READ, tokens.GOODWILL_REDEEM])
    bearer = {"authorization": f"Bearer {token}"}
    assert client.get("/ledger/entries", headers=bearer).status_code != 429
    often = client.get("/ledger/entries", headers=bearer)
    assert (often.status_code, often.headers["Retry-After"]) == (429, "60")
    assert often.content.startswith(b"This token may use ledger:read 1 times a minute. Try again in ")
    given_code: dict[str, Any] = {"data": {"code": "x", "key": "y"}, "content_type": "application/json"}
    assert client.post("/v1/goodwill/redemptions", headers=bearer, **given_code).status_code == 404
    often = client.post("/v1/goodwill/redemptions", headers=bearer, **given_code)
    assert (often.status_code, often.json()["status"]) == (429, 429)
    assert 0 < int(often.headers["Retry-After"]) <= 60


def test_receipts_and_metrics_are_read_so_often_and_contacts_taken_all_the_same(web: WebProcess, token: str) -> None:
    reads = tokens.create(name="reads", scopes=[RECEIPTS_READ, "metrics:read"])
    full = datetime.now(UTC) + timedelta(hours=1)
    TokenPace.objects.bulk_create(
        TokenPace(name=name, scope=scope, paid_until=full)
        for name in ("reads", "shop")
        for scope in (RECEIPTS_READ, "metrics:read", CONTACTS_WRITE)
    )
    refused = web.get("/v1/receipts/00000000-0000-7000-8000-000000000000", token=reads)
    assert (refused.status, refused.json["title"]) == (429, "Too Many Requests")
    assert int(refused.headers["retry-after"]) > 3_000
    assert web.get("/metrics", token=reads).status == 429
    contact = {"channel": "api", "text": "My card is gone", "from": {"email": "a@b.example"}}
    assert web.post(token, contact).status == 202


def test_only_scopes_that_are_paced_have_a_rate() -> None:
    assert Options(token_rates={"receipts:read": 5}).token_rates == {"receipts:read": 5}
    for wrong in ({"contacts:write": 5}, {"receipts:read": 0}):
        with pytest.raises(ValueError, match="token_rates"):
            Options(token_rates=wrong)
