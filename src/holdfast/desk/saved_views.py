"""Filters kept under a name: an agent's own, and those a lead shares with everybody."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Max, Q

from holdfast.desk.models import SavedView

KEYS = ("queue", "view", "text", "channel", "tag")
MOST = 30


class ViewRefused(Exception):  # noqa: N818 - a decision told to the person, not a fault
    """The view cannot be kept; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def views_of(agent_id: int) -> list[SavedView]:
    """Return the agent's own views, then the shared ones. One query, and every page of the desk asks it."""
    return list(
        SavedView.objects.raw(
            "SELECT id, name, owner_id, query, position FROM desk_savedview WHERE owner_id = %s OR owner_id IS NULL"
            " ORDER BY owner_id, position, name",
            [agent_id],
        )
    )


def save(*, agent_id: int, name: str, query: Mapping[str, str], shared: bool = False) -> SavedView:
    """Keep `query` as `name`; the same name again replaces it. Raises `ViewRefused`."""
    name = " ".join(name.replace("\x00", "").split())[:60]
    kept = {key: query[key][:200] for key in KEYS if query.get(key)}
    owner_id = None if shared else agent_id
    mine = SavedView.objects.filter(owner_id=owner_id)
    if not name:
        raise ViewRefused("Give the view a name.")
    if not kept:
        raise ViewRefused("There is no filter to save. Choose a queue, a tag or some words first.")
    if mine.exclude(name=name).count() >= MOST:
        raise ViewRefused(f"There are {MOST} saved views. Delete one first.")
    last = mine.aggregate(last=Max("position"))["last"]
    view, _ = SavedView.objects.update_or_create(
        owner_id=owner_id,
        name=name,
        defaults={"query": kept},
        create_defaults={"query": kept, "position": 0 if last is None else last + 1},
    )
    return view


def delete(*, view_id: int, agent_id: int, leads: bool) -> bool:
    """Delete a view of one's own, or a shared one for those who lead. Returns whether there was one to delete."""
    allowed = Q(owner_id=agent_id) | Q(owner=None) if leads else Q(owner_id=agent_id)
    removed, _ = SavedView.objects.filter(allowed, id=view_id).delete()
    return bool(removed)
