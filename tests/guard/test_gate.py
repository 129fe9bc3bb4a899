"""Connections of the gate: kept where a process serves, never stale, never left in a transaction."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from tests.guard.conftest import Case

from holdfast.guard import gate
from holdfast.guard.reveals import Denied


@pytest.fixture
def kept(transactional_db: None) -> Iterator[None]:
    gate.keep(2)
    yield
    gate.keep(0)
    assert gate._idle == []


def _backend() -> int:
    with gate.gate() as cursor:
        return int(cursor.connection.info.backend_pid)


def test_one_after_the_other_share_a_connection(kept: None) -> None:
    assert _backend() == _backend()
    with gate.gate() as one, gate.gate() as other:
        assert one.connection is not other.connection


def test_one_that_the_server_closed_is_not_used(kept: None, case: Case) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [_backend()])
    assert isinstance(case.ask(), Denied), "it is asked, and the answer is about the case"
    assert case.outcomes() == ["no_grant"]


def test_one_that_failed_or_stands_in_a_transaction_is_closed(kept: None) -> None:
    with pytest.raises(psycopg.Error), gate.gate() as cursor:
        cursor.execute("SELECT 1/0")
    assert gate._idle == []
    with gate.gate() as cursor:
        cursor.execute("BEGIN")
    assert gate._idle == []


def test_without_being_told_none_is_kept(transactional_db: None) -> None:
    _backend()
    assert gate._idle == []
