"""Calls to the company's operations service: short, bounded, and refused early while the service is away."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import cache
from typing import Any, Protocol, Self, TypeVar
from urllib.parse import quote

import httpx
from django.conf import settings
from pydantic import TypeAdapter, ValidationError

from holdfast.operations.breaker import Breaker
from holdfast.operations.facts import (
    Account,
    AddressChanged,
    Card,
    Fact,
    Overview,
    Payment,
    PinSent,
    Refund,
    Transfer,
    headline_of,
)
from holdfast.operations.lists import Offered, Page

TIMEOUT = 2.0
BATCH = 100
REMEMBER = 20.0
LARGEST = 4 * 2**20  # bytes of an answer that are read

T = TypeVar("T")


class OperationsUnavailable(Exception):  # noqa: N818 - named for what it tells the caller
    """The company's systems did not answer. The sentence is fit for a screen."""


class OutcomeUnknown(OperationsUnavailable):
    """A change was asked for and no answer came that can be read: whether it was made is not known."""


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
    def resend_pin(self, card_id: str, *, key: str) -> PinSent: ...
    def change_address(self, ref: str, address: str, *, key: str) -> AddressChanged: ...
    def lists(self) -> Sequence[Offered]: ...
    def list_page(self, name: str, *, after: str, limit: int) -> Page: ...
    def for_action(self, name: str, *, within: float) -> OperationsClient: ...


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
        self.breaker = self._changing = breaker or Breaker()
        self._of_actions: dict[str, tuple[Breaker, Breaker]] = {}
        self._timeout = timeout
        self._until = float("inf")
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

    def lists(self) -> Sequence[Offered]:
        """Return the lists of accounts there are."""
        return _read(self._call("GET", "/v1/lists").get("lists", []), list[Offered])

    def list_page(self, name: str, *, after: str, limit: int) -> Page:
        """Return some accounts of a list, those behind `after`. To read a whole one see `lists.everybody`."""
        return _read(
            self._call("POST", f"/v1/lists/{quote(name, safe='')}", json={"after": after, "limit": limit}), Page
        )

    def for_action(self, name: str, *, within: float) -> Self:
        """Return a client for one run of an action: all its calls together get `within` seconds.

        Every action has breakers of its own, one for reading and one for changing: when sending PINs is broken, cards
        are still looked up, and that they are does not hide that sending PINs is broken.
        """
        own = copy(self)
        own.breaker, own._changing = self._of_actions.setdefault(name, (Breaker(), Breaker()))
        own._until = time.monotonic() + within
        return own

    def freeze_card(self, card_id: str, *, key: str) -> Card:
        """Freeze a card. The same `key` never acts twice. May raise `OperationsRefused`, `OutcomeUnknown`."""
        return self._change(f"/v1/cards/{quote(card_id, safe='')}/freeze", Card, key=key)

    def unfreeze_card(self, card_id: str, *, key: str) -> Card:
        """Unfreeze a card. The same `key` never acts twice. May raise `OperationsRefused`, `OutcomeUnknown`."""
        return self._change(f"/v1/cards/{quote(card_id, safe='')}/unfreeze", Card, key=key)

    def resend_pin(self, card_id: str, *, key: str) -> PinSent:
        """Have the PIN of a card sent by post again. May raise `OperationsRefused`, `OutcomeUnknown`."""
        return self._change(f"/v1/cards/{quote(card_id, safe='')}/pin", PinSent, key=key)

    def change_address(self, ref: str, address: str, *, key: str) -> AddressChanged:
        """Put another postal address on file. May raise `OperationsRefused`, `OutcomeUnknown`."""
        path = f"/v1/accounts/{quote(ref, safe='')}/address"
        return self._change(path, AddressChanged, key=key, json={"address": address})

    def _change(self, path: str, kind: type[T], *, key: str, json: Mapping[str, Any] | None = None) -> T:
        answer = self._call("POST", path, changes=True, headers={"idempotency-key": key}, json=json)
        try:
            changed = _read(answer, kind)
        except OperationsUnavailable as error:
            raise OutcomeUnknown(str(error)) from error
        self._seen.clear()  # a changed card changes the headline
        return changed

    def _remember(self, refs: list[str], *, until: float) -> None:
        answer = self._call("POST", "/v1/overviews", json={"refs": refs})
        found = _read(answer.get("overviews", {}), dict[str, Overview])
        if len(self._seen) > 5_000:
            self._seen.clear()
        self._seen |= {ref: (until, headline_of(found[ref]) if ref in found else None) for ref in refs}

    def _get(self, path: str, kind: type[T]) -> T:
        return _read(self._call("GET", path), kind)

    def _call(self, method: str, path: str, *, changes: bool = False, **more: Any) -> Any:
        breaker = self._changing if changes else self.breaker
        started = time.monotonic()
        until = min(started + self._timeout, self._until)
        if until <= started or not breaker.allows():
            raise OperationsUnavailable("The bank's systems did not answer just now. Trying again shortly.")
        lost = OutcomeUnknown if changes else OperationsUnavailable
        try:
            with self._http.stream(method, path, timeout=until - started, **more) as response:
                answer = _answered(response, until=until, lost=lost)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            breaker.failed()
            raise OperationsUnavailable("The bank's systems cannot be reached.") from error
        except (httpx.HTTPError, ValueError) as error:
            breaker.failed()
            raise lost("The bank's systems cannot be reached.") from error
        except BaseException:
            breaker.failed()
            raise
        breaker.succeeded()
        return _accepted(response, answer)


def _answered(response: httpx.Response, *, until: float, lost: type[OperationsUnavailable]) -> Any:
    """Read an answer that comes in time and is of a sane size. Raises `lost`, `ValueError` for what is no JSON."""
    if response.status_code == 429:
        raise OperationsUnavailable("The bank's systems answered 429.")
    if response.status_code >= 500:  # also what stands before a system answers so, after the system has acted
        raise lost(f"The bank's systems answered {response.status_code}.")
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > LARGEST or time.monotonic() > until:
            raise lost("The bank's systems took too long or said too much.")
    return json.loads(body)


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
