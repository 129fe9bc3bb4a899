"""Witnesses that wait to be told: each minute the latest checkpoint goes to them (c2sp.org/tlog-witness).

A witness that has seen more than there is, or another log of the same size, is told loudly: it is the one who noticed.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass

import httpx
import structlog
from django.db import connection

from holdfast.guard.ledger import proofs, witnesses
from holdfast.guard.ledger.models import Checkpoint
from holdfast.guard.ledger.witness_door import PATH, SIZE
from holdfast.guard.ledger.witnesses import NotTaken, Pushed
from holdfast.kit.addresses import NotReached, reached

EVERY = 30.0  # seconds; a witness is late after 120
_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_MOST_BYTES = 64_000
_log = structlog.get_logger(__name__)


class NotSigned(Exception):
    """A witness did not sign this time. The text is a sentence."""


class Disputed(NotSigned):
    """A witness has seen another log than this one, or more of it: somebody has to look."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The checkpoint that is pushed: how many entries it has, and the note as the log signed it."""

    size: int
    note: str


def run(stop: threading.Event) -> None:
    """Push to every witness with an address, twice a minute until `stop` is set. Any number of workers may run one."""
    known: dict[str, int] = {}
    with httpx.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client:
        while not stop.is_set():
            try:
                push_all(client, known)
            except Exception as error:
                _log.error("ledger_not_pushed", error=type(error).__name__, detail=str(error).split("\n")[0])
                with suppress(Exception):
                    connection.close()
            stop.wait(EVERY)


def push_all(client: httpx.Client, known: dict[str, int]) -> int:
    """Push the latest checkpoint to each; return how many signed. `known`: what each had seen, by name."""
    row = Checkpoint.objects.order_by("-size").first()
    if row is None:
        return 0
    latest, signed = Latest(row.size, f"{row.body}\n{row.signatures}"), 0
    for to in witnesses.pushed():
        try:
            push(to, latest, known, client)
            signed += 1
        except Disputed as disputed:
            _log.error("ledger_disputed", witness=to.name, detail=str(disputed))
        except NotSigned as refused:
            _log.warning("ledger_not_cosigned", witness=to.name, detail=str(refused))
    return signed


def push(to: Pushed, latest: Latest, known: dict[str, int], client: httpx.Client) -> None:
    """Have one witness sign the latest checkpoint, and keep what it signed. Raises `NotSigned`, `Disputed`."""
    old = min(known.get(to.name, to.last_size), latest.size)
    answer = _asked(to, latest, old, client)
    if answer.status_code == httpx.codes.CONFLICT:  # it knows better what it saw last
        seen = _size(answer)
        if seen > latest.size:
            raise Disputed(f"{to.name} has seen {seen} entries of this log, and it has {latest.size}.")
        if seen == old:
            raise Disputed(f"{to.name} has seen another log of {seen} entries.")
        old = seen
        answer = _asked(to, latest, old, client)
    if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        raise Disputed(f"{to.name} does not find that this log goes on from the {old} entries it has seen.")
    if answer.status_code != httpx.codes.OK:
        raise NotSigned(f"{to.name} answers {answer.status_code}: {_first_line(answer)}")
    try:
        witnesses.take(size=latest.size, text=answer.text)
    except NotTaken as refused:
        raise NotSigned(f"{to.name}: {refused}") from refused
    known[to.name] = latest.size


def _asked(to: Pushed, latest: Latest, old: int, client: httpx.Client) -> httpx.Response:
    body = f"old {old}\n{proofs.as_lines(proofs.consistency(old=old, size=latest.size))}\n{latest.note}"
    try:
        there = reached(f"{to.url.rstrip('/')}{PATH}", inside=to.inside)
        with client.stream(
            "POST",
            there.url,
            content=body.encode(),
            headers={"host": there.host, "content-type": "text/plain; charset=utf-8"},
            extensions={"sni_hostname": there.name},
        ) as answer:
            got = b""
            for part in answer.iter_raw():
                got += part
                if len(got) > _MOST_BYTES:
                    raise NotSigned(f"{to.name} answers more than signatures need.")
            return httpx.Response(answer.status_code, headers=answer.headers, content=got)
    except NotReached as error:
        raise NotSigned(f"{to.name} is not reached. {error}") from error
    except httpx.HTTPError as error:
        raise NotSigned(f"{to.name} does not answer ({type(error).__name__}).") from error


def _size(answer: httpx.Response) -> int:
    text = answer.text.strip()
    if answer.headers.get("content-type", "") != SIZE or not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise NotSigned("A conflict without the size that was seen: this is no witness.")
    return int(text)


def _first_line(answer: httpx.Response) -> str:
    return (answer.text.strip().split("\n") or [""])[0][:200]
