"""Whoever is behind a request: found with how they stand at this moment, in one query."""

from __future__ import annotations

from functools import cache
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db import DEFAULT_DB_ALIAS, connection

from holdfast.guard.cutoff.states import State
from holdfast.people.models import Agent


class SignedIn(AuthenticationBackend):  # type: ignore[misc]
    """Signing in by address and password; and for each request afterwards, the person with their standing.

    Each page asks how its agent stands, so that a cut-off holds at once. Asked beside the person it costs no query.
    """

    def get_user(self, user_id: int) -> Agent | None:
        """Return whom a session is of; `None` when there is nobody any more, or they are deactivated. One query."""
        with connection.cursor() as cursor:
            cursor.execute(_select(), [user_id])
            found = cursor.fetchone()
        if found is None:
            return None
        *values, mode, epoch = found
        agent: Agent = Agent.from_db(DEFAULT_DB_ALIAS, [field.attname for field in _columns()], values)
        agent.standing = State(mode, epoch)
        return agent if self.user_can_authenticate(agent) else None


@cache
def _select() -> str:
    columns = ", ".join(f"agent.{field.column}" for field in _columns())
    return (
        f"SELECT {columns}, standing.mode, standing.epoch"  # noqa: S608
        " FROM people_agent AS agent, guard_cut_state(agent.id) AS standing WHERE agent.id = %s"
    )


def _columns() -> tuple[Any, ...]:
    return tuple(Agent._meta.concrete_fields)
