"""Reading the key directory of an operator over the network: briefly, in bounds, and from public addresses only.

The address was typed by a person of the company, never taken from a request; all the same, what answers there is not
trusted to be short, quick, or where it should be (draft-ietf-webbotauth-httpsig-protocol, 6.7).
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import httpx
import structlog

from holdfast.intake import jwk, operators
from holdfast.intake.jwk import KeyRefused, PublicKey
from holdfast.intake.operators import Directory
from holdfast.kit.addresses import NotReached, reached_soon

SECONDS = 10.0
"""For one directory, from its name to its last byte."""
_AT_ONCE = 5
_SHORTEST, _USUAL, _LONGEST = timedelta(minutes=5), timedelta(hours=1), timedelta(hours=24)
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})")
_ACCEPT = "application/http-message-signatures-directory+json, application/jwk-set+json, application/json"

_log = structlog.get_logger(__name__)


class Away(Exception):
    """The directory could not be read. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a directory says, and for how long it may be believed without asking again."""

    keys: Sequence[PublicKey]
    refused: Sequence[str]
    fresh_for: timedelta


def read_due() -> int:
    """Read the directories that are due; return how many. Faults are noted with the operator."""
    due = operators.claim_due()
    for directory, outcome in zip(due, asyncio.run(_read_all(due)), strict=True):
        if isinstance(outcome, Read):
            operators.note_read(
                operator_id=directory.operator_id,
                keys=outcome.keys,
                fresh_for=outcome.fresh_for,
                fault=" ".join(outcome.refused),
            )
        else:
            _log.warning("operator's directory cannot be read", operator=directory.name, fault=str(outcome))
            operators.note_away(operator_id=directory.operator_id, fault=str(outcome))
    return len(due)


async def read(address: str, *, own_network: bool = False, context: ssl.SSLContext | None = None) -> Read:
    """Read one directory. Raises `Away`."""
    try:
        async with asyncio.timeout(SECONDS):
            return await _read(address, own_network, context or ssl.create_default_context())
    except TimeoutError:
        raise Away(f"The directory did not answer within {SECONDS:.0f} seconds.") from None
    except httpx.HTTPError as error:
        raise Away(f"The directory cannot be reached ({type(error).__name__}).") from None
    except KeyRefused as fault:
        raise Away(f"The directory cannot be used: {fault}") from None


async def _read_all(due: Sequence[Directory]) -> list[Read | Away]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(directory: Directory) -> Read | Away:
        async with gate:
            try:
                return await read(directory.address, own_network=directory.own_network)
            except Away as away:
                return away

    return list(await asyncio.gather(*map(one, due)))


async def _read(address: str, own_network: bool, context: ssl.SSLContext) -> Read:
    try:
        to = await reached_soon(address, inside=own_network)
    except NotReached as why:
        raise Away(f"The directory is not read. {why}") from None
    headers = {"host": to.host, "accept": _ACCEPT, "accept-encoding": "identity", "user-agent": "Holdfast"}
    async with (
        httpx.AsyncClient(verify=context, trust_env=False, follow_redirects=False, timeout=SECONDS) as client,
        client.stream("GET", to.url, headers=headers, extensions={"sni_hostname": to.name}) as response,
    ):
        if response.status_code != 200:
            raise Away(f"The directory answered {response.status_code}; 200 is needed, and no redirect is followed.")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Away("The directory answered compressed, which was not asked for.")
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > jwk.LONGEST:
                raise Away(f"The directory is longer than {jwk.LONGEST} bytes.")
        keys, refused = jwk.read_set(bytes(body))
        return Read(keys, refused, _fresh_for(response.headers.get("cache-control", "")))


def _fresh_for(cache_control: str) -> timedelta:
    said = cache_control.lower()
    if "no-store" in said or "no-cache" in said:
        return _SHORTEST
    found = _MAX_AGE.search(said)
    return min(max(timedelta(seconds=int(found[1])), _SHORTEST), _LONGEST) if found else _USUAL
