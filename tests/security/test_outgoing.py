"""Requests this house makes: to addresses that who runs it set, or through one guard that names cannot slip past.

A module that begins to speak to the network fails here until it says why it may.
"""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.intake.test_directories import PATH, Server

import holdfast
from holdfast.guard.fields import Sealed
from holdfast.intake import directories
from holdfast.kit import addresses
from holdfast.notify import challenges
from holdfast.notify.campaigns.carriers.http import HttpCarrier, webhook
from holdfast.notify.campaigns.contract import Letter

SPEAKS = {"httpx", "smtplib", "imaplib", "ftplib", "socket", "requests", "aiohttp"}
SPEAKS |= {"http.client", "urllib.request", "urllib3"}
SET = "its address is a setting of who runs the house"
GUARDED = "through kit.addresses"
TYPES = "names of faults only"
MAY_SPEAK = {
    "kit.addresses": "the guard",
    "notify.challenges": GUARDED,
    "notify.campaigns.carriers.http": f"{GUARDED}; text messages: {SET}",
    "intake.directories": GUARDED,
    "notify.campaigns.carriers.smtp": SET,
    "notify.deliveries": TYPES,
    "notify.outcomes": TYPES,
    "notify.codes": TYPES,
    "notify.reminders": TYPES,
    "people.single_sign_on": TYPES,
    "people.provider": SET,
    "channels.imap": SET,
    "kit.virus_scanner": SET,
    "desk.without_seeing": SET,
    "assistant.llm.client": SET,
    "operations.client": SET,
    "guard.ledger.witness": "run by a second organisation, towards the log it was given",
    "guard.ledger.pushing": GUARDED,
    "guard.ledger.command": "run by a second organisation, towards the log it was given",
    "drills.replay_watch": "a command, towards the house itself",
    "drills.replay_senders": "a command, towards the house itself",
    "runtime.up": "looks whether the house's own processes answer",
    "config.serving": "listens",
    "intake.accept": "names of options of its own connection to the database",
}


_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+([\w.]+)(?:[ \t]+import[ \t]+(\w+))?", re.M)
_FOLLOWS = re.compile(r"follow_redirects\s*=(?!\s*False\b)|allow_redirects\s*=(?!\s*False\b)")


def _sources() -> Iterator[tuple[str, str]]:
    root = Path(holdfast.__file__).parent
    for path in root.rglob("*.py"):
        yield ".".join(path.relative_to(root).with_suffix("").parts), path.read_text()


def test_every_module_that_speaks_to_the_network_says_why_it_may() -> None:
    speaking = {
        name
        for name, source in _sources()
        for module, part in _IMPORT.findall(source)
        if {module, f"{module}.{part}"} & SPEAKS
    }
    assert speaking == set(MAY_SPEAK), "say in MAY_SPEAK why, and let addresses of others go through kit.addresses"


def test_redirects_are_followed_nowhere() -> None:
    assert [name for name, source in _sources() if _FOLLOWS.search(source)] == []


class Rebinding:
    """A resolver for whom `localhost` is a public address when it is asked first, and our own network ever after.

    Two addresses of this machine play the two: only `OUTSIDE` counts as public while a test runs.
    """

    OUTSIDE, INSIDE = "127.0.0.2", "127.0.0.1"

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self._real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._found)
        monkeypatch.setattr(addresses, "is_public", lambda address: address == self.OUTSIDE)

    def _found(self, host: Any, *more: Any, **named: Any) -> Any:
        if host in {"localhost", b"localhost"}:
            self.asked += 1
            host = self.OUTSIDE if self.asked == 1 else self.INSIDE
        return self._real(host, *more, **named)


@contextmanager
def _serving(host: str, port: int, heard: list[str]) -> Iterator[int]:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            heard.append(f"{host} as {self.headers['host']}")
            self.send_response(302)
            self.send_header("location", f"http://{Rebinding.INSIDE}:{self.server.server_port}/inside")  # type: ignore[attr-defined]
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer((host, port), Answer)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def _campaign(url: str) -> object:
    letter = Letter(id=UUID(int=1), attempts=0, address=url, subject="", body="{}", locale="en", secret="synthetic")
    return list(HttpCarrier(webhook).hand_over([letter], lambda: True))


def _proof(url: str) -> object:
    return challenges.asked(id=UUID(int=1), url=Sealed(url, ""), secret=Sealed("synthetic", ""))


@pytest.mark.parametrize("place", [_campaign, _proof], ids=["a campaign's webhook", "the proof of a webhook"])
def test_a_name_that_means_something_else_a_moment_later_leads_where_it_was_looked_at(
    monkeypatch: pytest.MonkeyPatch, place: Callable[[str], object]
) -> None:
    monkeypatch.setattr(challenges, "opened_all_for_machine", lambda sealed, use: [each.token for each in sealed])
    heard: list[str] = []
    with _serving(Rebinding.OUTSIDE, 0, heard) as port, _serving(Rebinding.INSIDE, port, heard):
        resolver = Rebinding(monkeypatch)
        place(f"http://localhost:{port}/hook")
        assert heard == [f"{Rebinding.OUTSIDE} as localhost:{port}"], "once, outside, and no redirect inside followed"
        assert resolver.asked == 1
        place(f"http://localhost:{port}/hook")  # asked again, the name leads inside: nothing is sent
        assert len(heard) == 1


def test_a_directory_that_is_rebound_is_not_read_from_inside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inside = Server(tmp_path)  # on 127.0.0.1, where the name leads from its second look-up on
    try:
        resolver = Rebinding(monkeypatch)
        address = f"https://localhost:{inside.port}{PATH}"
        with pytest.raises(directories.Away):  # nobody listens outside
            asyncio.run(directories.read(address, context=inside.context))
        assert resolver.asked == 1
        with pytest.raises(directories.Away, match="private address"):
            asyncio.run(directories.read(address, context=inside.context))
        assert inside.asked == []
    finally:
        inside.close()
