"""The middle pane: rows in groups, in words, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.http import urlencode

from holdfast.conversations import queries
from holdfast.conversations.queries import Counts, InboxFilter
from holdfast.desk import screens
from holdfast.desk.addresses import of_case, of_row
from holdfast.desk.filters import Chosen
from holdfast.desk.presence import present
from holdfast.desk.reach import Reach
from holdfast.desk.screens import Empty, ListPage, RowGroup
from holdfast.guard.radius import sightings
from holdfast.guard.radius.sightings import How

if TYPE_CHECKING:
    from uuid import UUID

    from holdfast.people.models import Agent

PAGE = 30
_KINDS = {"unreadable": "Could not be read", "machine": "Automatic mail"}
_STATES = {"mine": "open", "snoozed": "snoozed", "all": "open", "closed": "closed"}


def page_of(
    *, agent: Agent, reach: Reach, chosen: Chosen, counts: Counts | None, after: str = "", current: int | None = None
) -> ListPage:
    """One page of the list; `after` continues it. `current` is the number of the open conversation."""
    queue = reach.by_slug(chosen.queue)
    queue_id = queue.id if queue else None
    line = not chosen.text and not chosen.effective_view
    page = queries.inbox(agent, _asked(agent, chosen, queue_id), after or None, PAGE)
    found = [row for row in page.rows if _fits(row, chosen, queue_id)]
    held: Sequence[queries.Row] = ()
    if line and not after and (counts is None or counts.mine):
        mine = InboxFilter(assignee=agent.id, queue=queue_id, channel=chosen.channel, tag=chosen.tag)
        held = queries.inbox(agent, mine, None, PAGE).rows
    how = How.FOUND if chosen.text else How.LISTED
    rows = row_screens([*held, *found], agent=agent, reach=reach, query=chosen.query, current=current, how=how)
    groups = _groups(chosen, rows[: len(held)], rows[len(held) :], waiting=_waiting(counts, queue_id) if line else None)
    following = urlencode({"after": page.next}) if page.next else ""
    joined = "&".join(filter(None, [chosen.query, following]))
    return ListPage(
        title=_title(chosen, reach),
        icon=_icon(chosen, reach),
        summary=_summary(chosen, counts, queue_id, len(found), more=bool(page.next)),
        oldest=found[0].waiting_since if line and found and not after else None,
        groups=groups,
        next_url=f"{reverse('desk:list')}?{joined}" if following else "",
        continued=bool(after),
        searching=bool(chosen.text),
        empty=None if rows or after or page.next else _empty(chosen, reach, counts),
    )


def page_later(*, reach: Reach, chosen: Chosen, counts: Counts | None, current: int) -> ListPage:
    """The list beside a conversation asked for by its address: the head now, rows when the conversation is there."""
    queue = reach.by_slug(chosen.queue)
    query = "&".join(filter(None, [chosen.query, f"c={current}"]))
    return ListPage(
        title=_title(chosen, reach),
        icon=_icon(chosen, reach),
        summary="" if chosen.text else _summary(chosen, counts, queue.id if queue else None, 0, more=False),
        oldest=None,
        groups=(),
        next_url="",
        continued=False,
        searching=bool(chosen.text),
        empty=None,
        later_url=f"{reverse('desk:list')}?{query}",
    )


def row_screens(
    rows: Iterable[queries.Row],
    *,
    agent: Agent,
    reach: Reach,
    query: str = "",
    current: int | None = None,
    how: How = How.LISTED,
) -> tuple[screens.Row, ...]:
    """Rows as the list shows them, with who is there. One query, and another one to note those not shown before."""
    listed = list(rows)
    sightings.note(agent_id=agent.id, how=how, cases=[(row.id, row.customer_id) for row in listed])
    here = present(conversation_ids=[row.id for row in listed], but=agent.id) if listed else {}
    return tuple(_row(row, agent, reach, query, current, here) for row in listed)


def _row(
    row: queries.Row,
    agent: Agent,
    reach: Reach,
    query: str,
    current: int | None,
    here: dict[UUID, tuple[screens.PresenceView, ...]],
) -> screens.Row:
    url = of_case("conversation", row.number)
    mine = row.assignee_id == agent.id
    closed = row.state == "closed"
    return screens.Row(
        id=row.id,
        number=row.number,
        url=f"{url}?{query}" if query else url,
        row_url=of_row(row.id),
        channel=row.channel,
        who=row.customer_name or "Unknown sender",
        read=row.last_author != "customer",
        since=row.waiting_since or row.last_message_at,
        lead="" if row.found else _lead(row, mine=mine),
        what=row.found or row.preview or row.subject or "No words yet",
        fact=_fact(row, reach),
        snoozed_until=row.snoozed_until,
        mark="Closed" if closed else next(iter(row.tags), ""),
        mark_tone="" if closed else "line",
        held_by="" if mine else row.assignee_name,
        here=here.get(row.id, ()),
        current=row.number == current,
    )


def _lead(row: queries.Row, *, mine: bool) -> str:
    if row.last_author == "assistant":
        return "Assistant:"
    if row.last_author == "agent":
        return "You:" if mine else "Answered:"
    return ""


def _fact(row: queries.Row, reach: Reach) -> str:
    if row.kind in _KINDS:
        return _KINDS[row.kind]
    return row.subject if row.subject and row.subject != row.preview else reach.name(row.queue_id)


def _title(chosen: Chosen, reach: Reach) -> str:
    return f"“{chosen.text}”" if chosen.text and not chosen.saved else chosen.title(reach)


def _icon(chosen: Chosen, reach: Reach) -> str:
    return "search" if chosen.text and not chosen.saved else chosen.icon(reach)


def _asked(agent: Agent, chosen: Chosen, queue_id: int | None) -> InboxFilter:
    if chosen.text:
        return InboxFilter(state=None, text=chosen.text)
    view = chosen.effective_view
    if not view:
        return InboxFilter(queue=queue_id, unassigned=True, order="longest", channel=chosen.channel, tag=chosen.tag)
    own = view == "mine" or (view == "snoozed" and queue_id is None)
    return InboxFilter(
        state=_STATES[view],
        queue=queue_id,
        assignee=agent.id if own else None,
        channel=chosen.channel,
        tag=chosen.tag,
    )


def _fits(row: queries.Row, chosen: Chosen, queue_id: int | None) -> bool:
    """Whether a found row fits the rest of a filter; a search itself knows only words."""
    if not chosen.text:
        return True
    state = _STATES.get(chosen.effective_view)
    return (
        (queue_id is None or row.queue_id == queue_id)
        and (state is None or row.state == state)
        and (not chosen.channel or row.channel == chosen.channel)
        and (not chosen.tag or chosen.tag in row.tags)
    )


def _groups(
    chosen: Chosen, held: tuple[screens.Row, ...], found: tuple[screens.Row, ...], *, waiting: int | None
) -> tuple[RowGroup, ...]:
    if chosen.text or chosen.effective_view:
        return (RowGroup(chosen.effective_view or "found", "", None, found),) if found else ()
    groups = (RowGroup("mine", "With you", len(held), held), RowGroup("line", "Next in line", waiting, found))
    return tuple(group for group in groups if group.rows)


def _waiting(counts: Counts | None, queue_id: int | None) -> int | None:
    if counts is None:
        return None
    return counts.queues.get(queue_id, 0) if queue_id is not None else sum(counts.queues.values())


def _summary(chosen: Chosen, counts: Counts | None, queue_id: int | None, shown: int, *, more: bool) -> str:
    if chosen.text:
        return f"{shown} or more found, newest first" if more else f"{shown} found, newest first"
    if not chosen.effective_view:
        waiting = _waiting(counts, queue_id)
        return "" if waiting is None else f"{_counted(waiting)} waiting"
    return {"mine": "open with you", "snoozed": "put off until later", "all": "newest first"}.get(
        chosen.effective_view, "newest first"
    )


def _counted(number: int) -> str:
    return f"{number:,}" if number <= queries.COUNTED else f"more than {queries.COUNTED:,}"


def _empty(chosen: Chosen, reach: Reach, counts: Counts | None) -> Empty:
    home = reverse("desk:home")
    if chosen.text:
        detail = "Searched in all messages of your queues. Fewer or shorter words find more."
        return Empty("Nothing found", detail, home, "Back to the desk")
    if chosen.effective_view == "mine":
        return Empty("Nothing is with you", "Take the one who has waited longest.", home, "See who waits")
    if chosen.effective_view == "snoozed":
        return Empty("Nothing is snoozed", "What you put off comes back here at its time.", home, "Back to the desk")
    if chosen.effective_view == "closed":
        return Empty("Nothing is closed here", "Closed conversations stay here for good.", home, "Back to the desk")
    busiest = max(reach.queues, key=lambda queue: counts.queues.get(queue.id, 0), default=None) if counts else None
    waiting = counts.queues.get(busiest.id, 0) if counts and busiest else 0
    if busiest is not None and waiting:
        detail = f"{busiest.name} has {_counted(waiting)} waiting and could use you."
        return Empty("Nobody is waiting here", detail, f"{home}?queue={busiest.slug}", f"Go to {busiest.name}")
    if not reach.queues:
        return Empty("No queue is yours yet", "An admin puts your team into queues.", "", "")
    return Empty(
        "Nobody is waiting", "Every customer in your queues has an answer.", f"{home}?view=all", "See all open"
    )
