"""The left pane: what is mine, the queues with who waits in them, the saved views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.urls import reverse

from holdfast.conversations import queries
from holdfast.desk.filters import Chosen
from holdfast.desk.models import SavedView
from holdfast.desk.reach import Reach
from holdfast.desk.saved_views import views_of
from holdfast.desk.screens import Nav, NavLink, QueueLink, ViewLink

if TYPE_CHECKING:
    from holdfast.people.models import Agent

_MINE = (
    ("", "Desk", "inbox"),
    ("mine", "With me", "user"),
    ("snoozed", "Snoozed", "alarm-clock"),
    ("all", "All open", "list"),
    ("closed", "Closed", "archive"),
)


def nav_of(
    *,
    agent: Agent,
    reach: Reach,
    chosen: Chosen | None,
    views: Sequence[SavedView] | None = None,
    counts: queries.Counts | None = None,
) -> Nav:
    """Build the left pane; `chosen` marks where the reader is. Two queries, three when `views` are not given."""
    home = reverse("desk:home")
    counts = queries.counts(agent) if counts is None else counts
    numbers = {"mine": counts.mine, "snoozed": counts.snoozed}
    here = _place(chosen)
    return Nav(
        mine=tuple(
            NavLink(
                key=key or "desk",
                label=label,
                icon=icon,
                url=f"{home}?view={key}" if key else home,
                count=numbers.get(key),
                current=here == f"view-{key}",
            )
            for key, label, icon in _MINE
        ),
        queues=tuple(
            QueueLink(
                slug=queue.slug,
                name=queue.name,
                icon=queue.icon,
                url=f"{home}?queue={queue.slug}",
                waiting=counts.queues.get(queue.id, 0),
                current=here == f"queue-{queue.slug}",
            )
            for queue in reach.queues
        ),
        views=tuple(
            ViewLink(
                id=view.id,
                name=view.name,
                url=f"{home}?view={view.id}",
                shared=view.owner_id is None,
                current=here == f"saved-{view.id}",
                delete_url=reverse("desk:view", args=[view.id]) if view.owner_id == agent.id or agent.leads else "",
            )
            for view in (views_of(agent.id) if views is None else views)
        ),
        open_cases=counts.mine,
        capacity=agent.capacity,
        reveals_url=reverse("desk:reveals"),
    )


def _place(chosen: Chosen | None) -> str:
    if chosen is None or chosen.text:
        return ""
    if chosen.saved is not None:
        return f"saved-{chosen.saved.id}"
    return f"queue-{chosen.queue}" if chosen.queue else f"view-{chosen.view}"
