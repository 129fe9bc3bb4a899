"""Calls to the company's operations service: short, bounded, and refused early while the service is away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import httpx
from django.conf import settings
from pydantic import TypeAdapter, ValidationError

from holdfast.operations.breaker import Breaker
from holdfast.operations.facts import Account, Card, Fact, Overview, Payment, Refund, Transfer, headline_of

TIMEOUT = 2.0
BATCH = 100
REMEMBER = 20.0

T = TypeVar("T")


class OperationsUnavailable(Exception):  # noqa: N818 - named for what it tells the caller
    """The company's systems did not answer. The sentence is fit for a screen."""


class UnknownRecord(Exception):  # noqa: N818 - named for what it tells the caller
    """The company's systems answered that there is no such account or record."""


class OperationsRefused(Exception):  # noqa: N818 - named for what it tells the caller
    """The company's systems answered that this cannot be done now, and why."""


class OperationsClient(Protocol):
    """What Holdfast asks of a company's systems. Each call may raise `OperationsUnavailable` or `UnknownRecord`."""

    def account(self, ref: str) -> Account: ...
    def cards(self, ref: str) -> Sequence[Card]: ...
    def transfers(self, ref: str) -> Sequence[Transfer]: ...
    def payments(self, ref: str) -> Sequence[Payment]: ...
    def refunds(self, ref: str) -> Sequence[Refund]: ...
    def overview(self, ref: str) -> Overview: ...
    def headline(self, ref: str) -> Fact | None: ...
    def headlines(self, refs: Iterable[str]) -> dict[str, Fact]: ...
    def freeze_card(self, card_id: str, *, key: str) -> Card: ...
    def unfreeze_card(self, card_id: str, *, key: str) -> Card: ...


class HttpOperations:
    """`OperationsClient` over HTTP and JSON. One per process; safe to share between threads."""

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        timeout: float = TIMEOUT,
        breaker: Breaker | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = httpx.Client(
            base_url=base_url.rstrip("/"),
            timeout=timeout,
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
        )
        self.breaker = breaker or Breaker()
        self._clock = clock
        self._seen: dict[str, tuple[float, Fact | None]] = {}

    def account(self, ref: str) -> Account:
        return self._get(f"/v1/accounts/{quote(ref, safe='')}", Account)

    def cards(self, ref: str) -> Sequence[Card]:
        return self._get(f"/v1/accounts/{quote(ref, safe='')}/cards", list[Card])

    def transfers(self, ref: str) -> Sequence[Transfer]:
        return self._get(f"/v1/accounts/{quote(ref, safe='')}/transfers", list[Transfer])

    def payments(self, ref: str) -> Sequence[Payment]:
        return self._get(f"/v1/accounts/{quote(ref, safe='')}/payments", list[Payment])

    def refunds(self, ref: str) -> Sequence[Refund]:
        return self._get(f"/v1/accounts/{quote(ref, safe='')}/refunds", list[Refund])

    def overview(self, ref: str) -> Overview:
        return self._get(f"/v1/accounts/{quote(ref, safe='')}/overview", Overview)

    def headline(self, ref: str) -> Fact | None:
        """Return the one fact for the desk list and rail, or `None`. Remembered for 20 s."""
        return self.headlines([ref]).get(ref)

    def headlines(self, refs: Iterable[str]) -> dict[str, Fact]:
        """Return the headline of each customer that has one, in one call per hundred; remembered for 20 s."""
        now = self._clock()
        wanted = list(dict.fromkeys(refs))
        missing = [ref for ref in wanted if ref not in self._seen or self._seen[ref][0] <= now]
        for start in range(0, len(missing), BATCH):
            self._remember(missing[start : start + BATCH], until=now + REMEMBER)
        known = {ref: self._seen[ref][1] for ref in wanted if ref in self._seen}
        return {ref: fact for ref, fact in known.items() if fact is not None}

    def freeze_card(self, card_id: str, *, key: str) -> Card:
        """Freeze a card. The same `key` never acts twice. May raise `OperationsRefused`."""
        return self._switch(card_id, "freeze", key)

    def unfreeze_card(self, card_id: str, *, key: str) -> Card:
        """Unfreeze a card. The same `key` never acts twice. May raise `OperationsRefused`."""
        return self._switch(card_id, "unfreeze", key)

    def _switch(self, card_id: str, act: str, key: str) -> Card:
        path = f"/v1/cards/{quote(card_id, safe='')}/{act}"
        card = _read(self._call("POST", path, headers={"idempotency-key": key}), Card)
        self._seen.clear()  # a changed card changes the headline
        return card

    def _remember(self, refs: list[str], *, until: float) -> None:
        answer = self._call("POST", "/v1/overviews", json={"refs": refs})
        found = _read(answer.get("overviews", {}), dict[str, Overview])
        if len(self._seen) > 5_000:
            self._seen.clear()
        self._seen |= {ref: (until, headline_of(found[ref]) if ref in found else None) for ref in refs}

    def _get(self, path: str, kind: type[T]) -> T:
        return _read(self._call("GET", path), kind)

    def _call(self, method: str, path: str, **more: Any) -> Any:
        if not self.breaker.allows():
            raise OperationsUnavailable("The bank's systems did not answer just now. Trying again shortly.")
        try:
            response = self._http.request(method, path, **more)
            if response.status_code >= 500 or response.status_code == 429:
                raise OperationsUnavailable(f"The bank's systems answered {response.status_code}.")
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            self.breaker.failed()
            raise OperationsUnavailable("The bank's systems cannot be reached.") from error
        except BaseException:
            self.breaker.failed()
            raise
        self.breaker.succeeded()
        return _accepted(response, answer)


def _accepted(response: httpx.Response, answer: Any) -> Any:
    detail = str(answer.get("detail", "")) if isinstance(answer, dict) else ""
    if response.status_code == 404:
        raise UnknownRecord(detail or "There is no such record.")
    if response.status_code in {409, 422}:
        raise OperationsRefused(detail or "The bank's systems refused.")
    if response.status_code >= 400:
        # Wrong token or wrong question: waiting does not mend it, so the breaker is not told.
        raise OperationsUnavailable(f"The bank's systems refused the question ({response.status_code}): {detail}")
    return answer


def _read(answer: Any, kind: type[T]) -> T:
    try:
        return TypeAdapter(kind).validate_python(answer)
    except ValidationError as error:
        raise OperationsUnavailable("The bank's systems answered something that cannot be read.") from error


@cache
def operations() -> OperationsClient | None:
    """Return this process's client, or `None` when no operations service is configured."""
    if not settings.OPERATIONS_URL:
        return None
    return HttpOperations(base_url=settings.OPERATIONS_URL, token=settings.OPERATIONS_TOKEN)
