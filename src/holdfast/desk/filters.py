"""Which conversations a list shows: read from an address, written back into one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.http import urlencode

from holdfast.desk.models import SavedView
from holdfast.desk.reach import Reach
from holdfast.desk.screens import FilterView

VIEWS = ("mine", "snoozed", "all", "closed")
_TITLES = {"mine": "With me", "snoozed": "Snoozed", "all": "All open", "closed": "Closed"}
_ICONS = {"mine": "user", "snoozed": "alarm-clock", "all": "list", "closed": "archive"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter as asked for. Without a view it is the desk: what the reader has, then who is next in line."""

    queue: str = ""
    view: str = ""
    text: str = ""
    channel: str = ""
    tag: str = ""
    saved: SavedView | None = None

    @property
    def effective_view(self) -> str:
        """The view shown: a saved one's own, or the one asked for."""
        return self.view if self.view in VIEWS else ""

    @property
    def query(self) -> str:
        """The query string that leads here again."""
        if self.saved is not None:
            return urlencode({"view": self.saved.id})
        pairs = {"queue": self.queue, "view": self.view, "q": self.text, "channel": self.channel, "tag": self.tag}
        return urlencode({key: value for key, value in pairs.items() if value})

    def title(self, reach: Reach) -> str:
        """What the list is called."""
        if self.saved is not None:
            return self.saved.name
        queue = reach.by_slug(self.queue)
        title = _TITLES.get(self.effective_view, "")
        if queue is not None:
            return f"{queue.name}, {title.lower()}" if title else queue.name
        return title or "Desk"

    def icon(self, reach: Reach) -> str:
        """Name of the list's icon."""
        queue = reach.by_slug(self.queue)
        return "bookmark" if self.saved else queue.icon if queue else _ICONS.get(self.effective_view, "inbox")

    def shown(self) -> FilterView:
        """The filter for a template."""
        return FilterView(
            queue=self.queue,
            view=str(self.saved.id) if self.saved else self.view,
            text=self.text,
            channel=self.channel,
            tag=self.tag,
            query=self.query,
        )


def read(given: Mapping[str, str], *, views: Iterable[SavedView], reach: Reach) -> Chosen:
    """Read `queue, view, q, channel, tag`. What does not exist or is out of reach is left out, never an error."""
    asked = {
        key: given.get(key, "").replace("\x00", "").strip()[:200] for key in ("queue", "view", "q", "channel", "tag")
    }
    saved = next((view for view in views if str(view.id) == asked["view"]), None)
    if saved is not None:
        query: dict[str, str] = saved.query if isinstance(saved.query, dict) else {}
        kept = {key: str(query.get(key, "")) for key in ("queue", "view", "text", "channel", "tag")}
        return _within(Chosen(**kept, saved=saved), reach)
    view = asked["view"] if asked["view"] in VIEWS else ""
    return _within(Chosen(asked["queue"], view, asked["q"], asked["channel"][:20], asked["tag"][:40]), reach)


def _within(chosen: Chosen, reach: Reach) -> Chosen:
    if not chosen.queue or reach.by_slug(chosen.queue):
        return chosen
    return Chosen("", chosen.view, chosen.text, chosen.channel, chosen.tag, chosen.saved)
