"""Handing rows to the door: over HTTP with a token, or as mail over SMTP. Every row is tried until it is answered."""

from __future__ import annotations

import asyncio
import json
import re
import smtplib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email import message_from_bytes
from email.utils import getaddresses, parseaddr
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from holdfast.drills.replay_files import Row

_PATIENCE = 60.0  # seconds one row is tried, over restarts of whatever is behind the door
_TIMEOUT = 30.0  # seconds for one answer


class DoorError(Exception):
    """The door will take nothing at all from us. The text is a sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How the door answered one row: a receipt, or why there is none. `gave_up`: it never answered at all."""

    receipt: UUID | None = None
    because: str = ""
    gave_up: bool = False


class Door(Protocol):
    """A way in, for any thread."""

    def hand_in(self, row: Row) -> Answered:
        """Try one row once. Raises `DoorError`."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


class Senders:
    """Tries rows at a door on as many threads as there are connections, each until there is an answer."""

    def __init__(self, door: Door, *, connections: int) -> None:
        self._door = door
        # Threads: a client that waits costs a tenth of an asynchronous one, and the door may be on this machine.
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="replay")

    async def send(self, row: Row) -> Answered:
        """Hand in one row, again and again for a minute if need be. Raises `DoorError`."""
        pause, tried = 0.2, 0.0
        while True:
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._door.hand_in, row)
            if not answer.gave_up or tried >= _PATIENCE:
                return answer
            await asyncio.sleep(pause)
            tried, pause = tried + pause, min(2 * pause, 5.0)

    def close(self) -> None:
        """Let go of the connections."""
        self._threads.shutdown()
        self._door.close()


class HttpDoor:
    """`POST /v1/contacts` on keep-alive connections. The key makes trying again safe."""

    def __init__(self, *, url: str, token: str, key: str) -> None:
        self._url = urlsplit(url)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._key = key
        self._idle: list[HTTPConnection] = []

    def hand_in(self, row: Row) -> Answered:
        """Try one row once. Raises `DoorError` when nothing of ours will be accepted."""
        body = json.dumps({**row.contact, "idempotency_key": f"{self._key}:{row.number}"}).encode()
        connection = self._idle.pop() if self._idle else self._connect()
        try:
            connection.request("POST", f"{self._url.path.rstrip('/')}/v1/contacts", body, self._headers)
            response = connection.getresponse()
            said = response.read()
        except (OSError, HTTPException) as error:
            connection.close()
            return Answered(because=type(error).__name__, gave_up=True)
        self._idle.append(connection)
        if response.status == 202:
            return Answered(UUID(json.loads(said)["receipt"]))
        detail = _detail(said)
        if response.status in (401, 403, 404, 405):
            raise DoorError(f"{self._url.geturl()} answers {response.status}: {detail}")
        passing = response.status >= 500 or response.status in (408, 429)
        return Answered(because=f"{response.status} {detail}", gave_up=passing)

    def close(self) -> None:
        """Let go of the connections."""
        for connection in self._idle:
            connection.close()

    def _connect(self) -> HTTPConnection:
        make: Callable[..., HTTPConnection] = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
        return make(self._url.hostname or "127.0.0.1", self._url.port, timeout=_TIMEOUT)


class SmtpDoor:
    """Mail over SMTP, each as it is; the receipt is in the answer to DATA."""

    def __init__(self, *, host: str, port: int, to: str) -> None:
        self._address = host, port
        self._to = to
        self._idle: list[smtplib.SMTP] = []

    def hand_in(self, row: Row) -> Answered:
        """Try one mail once."""
        try:
            session = self._idle.pop() if self._idle else smtplib.SMTP(*self._address, timeout=_TIMEOUT)
            code, text = self._deliver(session, row.mail)
        except (OSError, smtplib.SMTPException) as error:
            return Answered(because=type(error).__name__, gave_up=True)
        self._idle.append(session)
        said = text.decode("latin-1")
        if code == 250:
            found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", said)
            return Answered(UUID(found[0])) if found else Answered(because="250, but without a receipt", gave_up=True)
        return Answered(because=f"{code} {said}", gave_up=code < 500)

    def close(self) -> None:
        """Let go of the connections."""
        for session in self._idle:
            session.close()

    def _deliver(self, session: smtplib.SMTP, raw: bytes) -> tuple[int, bytes]:
        session.ehlo_or_helo_if_needed()
        head = message_from_bytes(raw.partition(b"\n\n")[0])
        to = (address for _, address in getaddresses([str(head.get("To", ""))]))
        recipient = next((address for address in to if "@" in address and address.isascii()), self._to)
        sender = parseaddr(str(head.get("From", "")))[1]
        code, text = session.mail(sender if sender.isascii() else "")
        if code == 250:
            code, text = session.rcpt(recipient)
        if code == 250:
            code, text = session.data(raw)
        if code != 250:
            session.rset()
        return code, text


def _detail(said: bytes) -> str:
    try:
        problem: dict[str, Any] = json.loads(said)
        fields = ", ".join(f"{error['field']}: {error['detail']}" for error in problem.get("errors", []))
        return fields or str(problem.get("detail", "no reason given"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "no reason given"
