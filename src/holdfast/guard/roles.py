"""A role of its own owns the log of reveals, tickets, grants and customers' keys; the application only calls it.

The owner of the tables (`holdfast_vault`, as whom nobody can sign in) is not the role that web and worker processes
connect with (`holdfast_app`, no superuser, owner of nothing). So whatever speaks SQL through the application can ask
and redeem, and can neither read keys nor ciphertext, nor change, remove or invent a row of the log or a grant. Of
tables with sealed columns it reads the other columns; what it does not know of yet it does not read.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection, transaction

from holdfast.guard.rotating import sealed_columns

VAULT, APP = "holdfast_vault", "holdfast_app"

_KEPT = (
    "guard_reveallog",
    "guard_revealticket",
    "guard_datakey",
    "guard_grant",
    "guard_machineopening",
    "guard_watching_spent",
    "guard_watching_vendorspent",
    "retention_openings",
)
_READ = tuple(table for table in _KEPT if table != "guard_datakey")
# What the functions look at while they run with the vault's rights.
_SEEN = (
    "guard_watching_limits",
    "guard_watching_restraint",
    "guard_watching_widening",
    "guard_whereabouts_leave",
    "guard_whereabouts_rule",
    "guard_whereabouts_seat",
    "people_team",
    "people_customer",
    "people_identity",
    "conversations_assignment",
    "conversations_message",
    "conversations_attachment",
    "conversations_conversation",
    "notify_delivery",
    "outreach_outreach",
    "retention_hold",
)
# A case that may just be passed on is locked before it is looked at, which takes the right to change one column of it.
_LOCKED = {"conversations_conversation": "epoch", "outreach_outreach": "held_until"}
_CALLED = (
    "guard_keys_for_sealing(uuid[], text[])",
    "guard_sealed_for(text, text, uuid[])",
    "guard_machine_uses()",
    "guard_key_counts()",
    "guard_open_grants(timestamptz, bigint[], uuid[], uuid[])",
    "guard_close_grants(timestamptz, uuid[], bigint[])",
    "guard_live_grant(bigint, uuid, uuid)",
    "guard_request(uuid, timestamptz, bigint, text, uuid, uuid, text, text, text, text)",
    "guard_refuse(uuid, timestamptz, bigint, text, uuid, uuid, text, text, text, text, text)",
    "guard_redeem(uuid, timestamptz, uuid, bigint, text, text)",
    "guard_try(uuid, timestamptz, bigint, text, uuid, uuid, text, text)",
    "guard_conclude(uuid, timestamptz, uuid, text)",
    "guard_budget_limits()",
    "guard_budget_of_vendor(bigint, timestamptz, int, int)",
    "guard_budget_take()",
    "guard_whereabouts_ruling(bigint, text, timestamptz)",
    "guard_at_work()",
    "retention_keys_run_out(uuid[])",
    "retention_forget_openings(bigint[])",
)
# Not for the application: pieces of the functions above; and copying, bringing back, rotating and destroying keys, for
# the operator, who signs in as the owner of the database.
_NOT_CALLED = (
    "guard_value_of(text)",
    "guard_key_under(text)",
    "guard_ruling(uuid, text, uuid, uuid)",
    "guard_keys_after(uuid, int)",
    "guard_make_keys(uuid[], text[])",
    "guard_keys_not_under(text, uuid, int)",
    "guard_rewrap_keys(uuid[], text[], text[])",
    "guard_destroy_keys(uuid[])",
)


class CannotSeparate(Exception):  # noqa: N818 - reads as what is the matter
    """The database user may not make roles. The text is for the operator."""


class OwnerNeeded(Exception):  # noqa: N818 - reads as what is the matter
    """This is for the operator, as the owner of the database. The text is for them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the connection at hand stands to the log. `trusted`: it owns the log, or is a superuser."""

    user: str
    trusted: bool
    separated: bool


def separate(*, password: str = "") -> None:
    """Make both roles where they are missing and give each its rights; again after every migration.

    Needs a superuser, or a user that may create roles and owns the tables. Raises `CannotSeparate`. Without `password`
    the application's role can only sign in where the server trusts the socket, as the embedded one does.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for role, kind in ((VAULT, "NOLOGIN"), (APP, "LOGIN")):
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE ROLE {role} {kind} NOSUPERUSER NOCREATEDB NOCREATEROLE")
            if password:
                cursor.execute("SELECT format('ALTER ROLE %%I PASSWORD %%L', %s::text, %s::text)", [APP, password])
                cursor.execute(cursor.fetchone()[0])
            cursor.execute(_RIGHTS)
            _keep_ciphertext(cursor)
    except DatabaseError as error:
        cause = str(error).strip().splitlines()[0]
        raise CannotSeparate(
            f"The roles {VAULT} and {APP} could not be set up ({cause}). Let somebody who may create roles run "
            f"`holdfast vault roles` once with their DATABASE_URL, then run Holdfast as {APP}."
        ) from error


def _keep_ciphertext(cursor: Any) -> None:
    """Let the application's role read every column of a table but the sealed ones; the vault reads those for it."""
    columns: dict[str, list[str]] = defaultdict(list)
    for field in sealed_columns():
        columns[field.model._meta.db_table].append(str(field.column))
    for table, sealed in columns.items():
        cursor.execute(
            "SELECT format('REVOKE SELECT ON %%1$I FROM PUBLIC, %%3$I; GRANT SELECT (%%2$s) ON %%1$I TO %%3$I;"
            " GRANT SELECT ON %%1$I TO %%4$I', %s::text, string_agg(quote_ident(attname), ', '), %s::text, %s::text)"
            " FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            " AND attname <> ALL(%s)",
            [table, APP, VAULT, table, sealed],
        )
        cursor.execute(cursor.fetchone()[0])


def standing() -> Standing:
    """Return how the role that is connected stands to the log, by asking the server what it may do."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, pg_get_userbyid(c.relowner) = %s, (SELECT rolsuper FROM pg_roles WHERE rolname ="
            " current_user) OR pg_has_role(current_user, c.relowner, 'MEMBER')"
            " OR has_table_privilege(c.oid, 'INSERT') OR has_table_privilege(c.oid, 'DELETE')"
            " FROM pg_class c WHERE c.oid = 'guard_reveallog'::regclass",
            [VAULT],
        )
        user, vaulted, trusted = cursor.fetchone()
    return Standing(user, trusted, vaulted and not trusted)


def require_owner() -> None:
    """Raise `OwnerNeeded` where the connection may only do what the application may."""
    if not (now := standing()).trusted:
        raise OwnerNeeded(
            f"The database user {now.user} may not do this. Run it with the DATABASE_URL of the database's owner."
        )


def findings() -> list[tuple[bool, str]]:
    """Return what `holdfast doctor` says about it: never wrong, since a server may not allow roles, but plain."""
    now = standing()
    if now.separated:
        return [(True, f"The log of reveals belongs to {VAULT}; {now.user} can only ask.")]
    return [
        (
            True,
            f"The database user {now.user} owns the log of reveals or may change it: only triggers protect it from the "
            f"application. `holdfast vault roles` separates them; see docs/security.md.",
        )
    ]


_RIGHTS = "\n".join(
    [
        f"GRANT USAGE ON SCHEMA public TO {VAULT}, {APP};",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP};",
        f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {APP};",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {APP};",
        f"DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO {APP}', current_database()); END $$;",
        f"GRANT SELECT ON {', '.join(_SEEN)} TO {VAULT};",
        f"GRANT SELECT (id, team_id, role, created_at, is_active) ON people_agent TO {VAULT};",
        f"GRANT INSERT ON guard_ledger_pending TO {VAULT};",  # what the gate commits is noted for the ledger
        *(f"GRANT UPDATE ({column}) ON {table} TO {VAULT};" for table, column in _LOCKED.items()),
        f"GRANT CREATE ON SCHEMA public TO {VAULT};",  # only while ownership is handed over
        *(f"ALTER TABLE {table} OWNER TO {VAULT};" for table in _KEPT),
        *(f"ALTER FUNCTION {function} OWNER TO {VAULT};" for function in (*_CALLED, *_NOT_CALLED)),
        f"REVOKE CREATE ON SCHEMA public FROM {VAULT};",
        f"REVOKE ALL ON {', '.join(_KEPT)} FROM PUBLIC, {APP};",
        f"GRANT SELECT ON {', '.join(_READ)} TO {APP};",
        # Who may count what was given out could also set the count back.
        f"REVOKE ALL ON SEQUENCE guard_machineopening_id_seq FROM PUBLIC, {APP};",
        *(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC, {APP};" for function in (*_CALLED, *_NOT_CALLED)),
        *(f"GRANT EXECUTE ON FUNCTION {function} TO {APP};" for function in _CALLED),
        f"GRANT EXECUTE ON PROCEDURE guard_reveal TO {APP};",
        f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {APP};",
    ]
)
