"""The web process while PostgreSQL is away, and after it was killed itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from tests.intake.serving import WebProcess, web_process

from holdfast.intake import receipts, tokens
from holdfast.intake.models import Contact
from holdfast.intake.spool import Spool
from holdfast.kit import database

CONTACT = {"channel": "web", "from": {"email": "ana@customer.example"}, "text": "My card is lost."}


@contextmanager
def database_away() -> Iterator[None]:
    """Nobody can connect to the database, and whoever was connected is thrown out."""
    connection.close()
    known: dict[str, Any] = database.parameters()
    name = sql.Identifier(known["dbname"])
    with psycopg.connect(**{**known, "dbname": "postgres"}, autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        there = "FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
        admin.execute(f"SELECT pg_terminate_backend(pid) {there}", [known["dbname"]])
        eventually(lambda: not admin.execute(f"SELECT {there}", [known["dbname"]]).fetchall())
        try:
            yield
        finally:
            admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


def eventually(found: Callable[[], Any], *, seconds: float = 15) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def spool_of(web: WebProcess) -> Spool:
    return Spool(web.data / "spool")


def test_contacts_are_accepted_told_about_and_filed_when_the_database_is_back(web: WebProcess, token: str) -> None:
    before = web.post(token, CONTACT).json["receipt"]
    with database_away():
        posted = [web.post(token, CONTACT, idempotency_key=f"{n}") for n in range(5)]
        assert [answer.status for answer in posted] == [202] * 5
        told = web.get(f"/v1/receipts/{posted[0].json['receipt']}", token).json
        assert told["state"] == "waiting"
        assert "database is away" in told["reason"]
        assert web.get(f"/v1/receipts/{before}", token).status == 503
        assert web.get(f"/v1/receipts/{uuid4()}", token).headers["retry-after"]
        assert web.post("hf_made_up", CONTACT).status == 401
        assert web.get("/healthz").status == 200
        ready = eventually(lambda: (answer := web.get("/readyz")).status == 503 and answer)
        assert ready.json == {"database": "away", "door": "spooling"}
        assert spool_of(web).counts() == {"web": 5}
    eventually(lambda: not spool_of(web).waiting())
    assert Contact.objects.count() == 6
    assert {receipts.status(answer.json["receipt"]).state for answer in posted} == {"waiting"}  # type: ignore[union-attr]
    again = web.post(token, CONTACT, idempotency_key="3").json
    assert again["receipt"] == posted[3].json["receipt"]
    assert again["accepted_at"] == posted[3].json["accepted_at"]
    eventually(lambda: web.get("/readyz").status == 200)


def test_what_lies_in_the_spool_is_sealed_and_readable_by_nobody_else(web: WebProcess, token: str) -> None:
    with database_away():
        assert web.post(token, CONTACT).status == 202
        segments = list((web.data / "spool").glob("*.jsonl"))
        assert segments
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in segments)
        assert (web.data / "spool").stat().st_mode & 0o777 == 0o700
        assert b"ana@customer.example" not in b"".join(path.read_bytes() for path in segments)
    eventually(lambda: Contact.objects.count() == 1)


def test_when_the_spool_cannot_be_written_either_nothing_is_acknowledged(
    transactional_db: None, tmp_path: Path
) -> None:
    token = tokens.create(name="shop", scopes=["contacts:write"])
    with web_process(tmp_path / "web") as web:
        (web.data / "spool").write_text("a file where the directory should be")  # as root, modes would stop nobody
        with database_away():
            answer = web.post(token, CONTACT)
            assert answer.status == 503
            assert answer.headers["retry-after"]
            assert "not accepted" in answer.json["detail"]
        (web.data / "spool").unlink()
        eventually(lambda: web.post(token, CONTACT).status == 202)


def test_a_process_starts_without_a_database_and_files_what_another_left(
    transactional_db: None, tmp_path: Path
) -> None:
    token = tokens.create(name="shop", scopes=["contacts:write"])
    with web_process(tmp_path / "web") as web:
        with database_away():
            assert web.post(token, CONTACT).status == 202
            web.kill()
            web.start()
            assert web.post(token, CONTACT).status == 503  # its tokens are unknown until the database was seen once
            assert spool_of(web).counts() == {"web": 1}
        eventually(lambda: web.post(token, CONTACT).status == 202)
        eventually(lambda: Contact.objects.count() == 2)


@pytest.mark.parametrize("away", [False, True], ids=["database there", "database away"])
def test_sigkill_under_load_loses_nothing_acknowledged(transactional_db: None, tmp_path: Path, away: bool) -> None:
    token = tokens.create(name="shop", scopes=["contacts:write"])
    acknowledged: list[str] = []
    over = threading.Event()
    with web_process(tmp_path / "web") as web:

        def customer() -> None:
            while not over.is_set():
                try:
                    answer = web.post(token, CONTACT)
                except OSError:
                    time.sleep(0.02)
                    continue
                if answer.status == 202:
                    acknowledged.append(answer.json["receipt"])

        def load_and_kill() -> None:
            customers = [threading.Thread(target=customer) for _ in range(8)]
            for each in customers:
                each.start()
            eventually(lambda: len(acknowledged) > 50)
            web.kill()
            web.start()
            over.set()
            for each in customers:
                each.join()

        if away:
            with database_away():
                load_and_kill()
        else:
            load_and_kill()
        eventually(lambda: not spool_of(web).waiting())
    stored = {str(pk) for pk in Contact.objects.values_list("pk", flat=True)}
    assert set(acknowledged) <= stored
    assert len(acknowledged) == len(set(acknowledged))
