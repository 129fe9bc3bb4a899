"""The web process while PostgreSQL is there and says nothing: stopped, as by a full machine or a broken disk."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.db import connection
from tests.intake.serving import Answer, WebProcess, web_process

from holdfast.channels.chat_sessions import begin
from holdfast.intake import tokens
from holdfast.runtime.postgres import EmbeddedPostgres

CONTACT = {"channel": "web", "from": {"email": "ana@customer.example"}, "text": "My card is lost."}


@dataclass
class Halting:
    """A web process on a database server of its own, which can be stopped without stopping other tests'."""

    web: WebProcess
    token: str
    server: EmbeddedPostgres

    @contextmanager
    def database_hanging(self) -> Iterator[None]:
        postmaster = psutil.Process(int((self.server.data / "postgres" / "postmaster.pid").read_text().split()[0]))
        stopped = [postmaster]
        postmaster.send_signal(signal.SIGSTOP)  # before its children are listed: it makes no more of them
        stopped += postmaster.children(recursive=True)
        for process in stopped:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in stopped:
                process.send_signal(signal.SIGCONT)

    def at_once(self, count: int, path: str) -> list[Answer]:
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(lambda _: self.web.get(path, self.token), range(count)))


@pytest.fixture
def halting(transactional_db: None, tmp_path: Path) -> Iterator[Halting]:
    token = tokens.create(name="shop", scopes=["contacts:write"])
    server = EmbeddedPostgres(data=tmp_path / "data", durable=False)
    with server.running() as url:
        _copy_database(server, url)
        with web_process(tmp_path / "web", DATABASE_URL=url, HOLDFAST_SECRET_KEY=settings.SECRET_KEY) as web:
            yield Halting(web, token, server)


def _copy_database(server: EmbeddedPostgres, url: str) -> None:
    """Fill a new server with the tables and rows of the test's database."""
    tools, known = server.binaries.directory, connection.settings_dict
    source = [str(tools / "pg_dump"), "--no-owner", "--no-privileges", "-h", known["HOST"], "-U", known["USER"]]
    source.append(known["NAME"])
    dump = subprocess.run(source, check=True, capture_output=True).stdout
    into = [str(tools / "psql"), "-q", "-v", "ON_ERROR_STOP=1", url]
    subprocess.run(into, check=True, input=dump, stdout=subprocess.DEVNULL, env=os.environ)


def test_while_the_database_hangs_callers_are_told_so_and_nobody_waits_for_ever(halting: Halting) -> None:
    web, token = halting.web, halting.token
    before = web.post(token, CONTACT).json["receipt"]
    assert web.get(f"/v1/receipts/{before}", token).json["state"] == "waiting"
    with halting.database_hanging():
        # More than there are threads for looking things up; the client's own patience is 15 seconds.
        refused = halting.at_once(10, f"/v1/receipts/{before}")
        assert [answer.status for answer in refused] == [503] * 10
        assert all(answer.fields == [] and answer.headers["retry-after"] for answer in refused)
        assert web.get("/readyz").json == {"database": "hangs", "door": "spooling"}
        assert web.post("hf_made_up", CONTACT).status == 401
        assert web.get("/healthz").status == 200
        kept = web.post(token, CONTACT)
        assert kept.status == 202
        assert web.get(f"/v1/receipts/{kept.json['receipt']}", token).json["state"] == "waiting"
    assert web.get(f"/v1/receipts/{before}", token).json["state"] == "waiting"


def test_a_chat_begins_while_every_thread_for_pages_waits_for_the_database(halting: Halting) -> None:
    web, (_, chat) = halting.web, begin()
    with halting.database_hanging():
        waiting = []
        for _ in range(20):  # more than there are threads
            waiting.append(web.connect())
            waiting[-1].sendall(f"GET /chat/state?token={chat} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        begun = web.request("POST", "/chat/session", body=b"{}")
        assert (begun.status, set(begun.json)) == (201, {"session", "token"})
        for connection_ in waiting:
            connection_.close()
