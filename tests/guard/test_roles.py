"""What the application's role of the database can do with the log, its tickets and the keys: ask, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection
from tests.granted import granted
from tests.guard.conftest import IBAN, Case

from holdfast.desk import erasing
from holdfast.guard import command, reveals, roles
from holdfast.guard.models import RevealLog
from holdfast.guard.reveals import Ticket
from holdfast.kit.ids import uuid7
from holdfast.people.models import Customer


@contextmanager
def _as_app() -> Iterator[psycopg.Connection[Any]]:
    parameters = {**connection.get_connection_params(), "user": roles.APP}
    with psycopg.connect(**parameters, autocommit=True) as own:
        yield own


@pytest.fixture
def separated(case: Case) -> Case:
    granted(**case.grant)
    roles.separate()
    roles.separate()  # after every migration again
    return case


@pytest.fixture
def as_app(separated: Case) -> Iterator[Case]:
    """From here on Django and the gate sign in as the application's role."""
    owner = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = roles.APP
    try:
        yield separated
    finally:
        connection.close()
        connection.settings_dict["USER"] = owner


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE guard_reveallog SET agent_id = 8",
        "DELETE FROM guard_reveallog",
        "TRUNCATE guard_reveallog CASCADE",
        "INSERT INTO guard_reveallog SELECT * FROM guard_reveallog",
        "ALTER TABLE guard_reveallog DISABLE TRIGGER ALL",
        "DROP TRIGGER guard_reveallog_is_immutable ON guard_reveallog",
        "DROP TABLE guard_reveallog CASCADE",
        "INSERT INTO guard_revealticket (log_id, expires_at) SELECT id, now() + interval '1 day' FROM guard_reveallog",
        "UPDATE guard_revealticket SET redeemed_at = NULL",
        "UPDATE guard_watching_spent SET hour_customers = '{}'",
        "INSERT INTO guard_watching_vendorspent (vendor_id, hour, slot, room) VALUES (1, now(), 1, 9999)",
        "SELECT * FROM guard_datakey",
        "COPY guard_datakey TO STDOUT",
        "UPDATE guard_datakey SET wrapped = ''",
        "SELECT * FROM guard_keys_after('00000000-0000-0000-0000-000000000000', 1000)",
        "SET session_replication_role = replica",
        "SET ROLE holdfast_vault",
        "CREATE OR REPLACE FUNCTION guard_live_grant(agent bigint, conversation uuid, customer uuid) RETURNS uuid"
        " LANGUAGE sql AS 'SELECT gen_random_uuid()'",
        "CREATE FUNCTION guard_evil() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_the_applications_role_cannot(separated: Case, attack: str) -> None:
    separated.ask()
    with _as_app() as own, pytest.raises(psycopg.Error) as refused:
        own.execute(attack)
    assert refused.value.sqlstate == "42501", "insufficient privilege"


def test_an_object_of_its_own_does_not_get_in_the_way_of_the_functions(separated: Case) -> None:
    """A temporary table named like a real one would be asked instead, were the search path not pinned."""
    with _as_app() as own:
        own.execute(
            "CREATE TEMPORARY TABLE guard_grant (id uuid, agent_id bigint, conversation_id uuid,"
            " customer_id uuid, closed_at timestamptz)"
        )
        own.execute(
            "INSERT INTO guard_grant VALUES (%s, 99, %s, %s, NULL)",
            [uuid7(), separated.conversation_id, separated.customer.pk],
        )
        found = own.execute(
            "SELECT guard_live_grant(99, %s, %s)", [separated.conversation_id, separated.customer.pk]
        ).fetchone()
    assert found == (None,)


def test_asking_redeeming_and_comparing_work_for_it(as_app: Case) -> None:
    ticket = as_app.ask()
    assert isinstance(ticket, Ticket)
    assert as_app.redeem(ticket) == IBAN
    assert as_app.compare("4300") is True
    assert isinstance(as_app.ask(agent_id=8), reveals.Denied)
    assert as_app.outcomes() == ["allowed", "compared", "matched", "no_grant"]
    assert RevealLog.objects.count() == 4


def test_new_customers_are_sealed_by_it(as_app: Case) -> None:
    made = Customer.objects.create(name="Budi Santoso")
    assert str(Customer.objects.get(pk=made.pk).name) == "Budi S."


def test_doctor_says_which_of_both_it_is(as_app: Case) -> None:
    assert roles.standing() == roles.Standing(roles.APP, trusted=False, separated=True)
    assert "can only ask" in roles.findings()[0][1]


def test_doctor_says_when_only_triggers_protect_the_log(separated: Case) -> None:
    assert roles.standing().trusted
    assert "only triggers" in roles.findings()[0][1]


@pytest.mark.parametrize("arguments", [["rotate"], ["export-keys", "/dev/null"], ["import-keys", "/dev/null"]])
def test_who_is_not_the_owner_is_told_so(
    as_app: Case, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(arguments) == 1
    assert erasing.main([str(as_app.customer.pk), "--yes"]) == 1
    sentence = "The database user holdfast_app may not do this. Run it with the DATABASE_URL of the database's owner."
    assert capsys.readouterr().err.splitlines() == [sentence] * 2


def test_who_may_not_make_roles_is_told_whom_to_ask(as_app: Case) -> None:
    with pytest.raises(roles.CannotSeparate, match="vault roles"):
        roles.separate()
