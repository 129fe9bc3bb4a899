"""The pages of one incident. A room inside that has one adds its line here, and its addresses to `urls.py`."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of one incident: its key, what the tab says, and the name of its address, which takes the number."""

    key: str
    label: str
    address: str


TABS = (
    Tab("work", "Update and facts", "incidents:incident"),
    Tab("audiences", "Audiences", "audiences:home"),
    Tab("outreach", "Outreach", "outreach:home"),
    Tab("goodwill", "Goodwill", "goodwill:home"),
    Tab("legal", "Legal clocks", "legal:home"),
    Tab("review", "Review", "incidents:review"),
)


def tabs(number: int) -> list[tuple[Tab, str]]:
    """Return the tabs of an incident with their addresses; a page that is not there has none."""
    found = []
    for tab in TABS:
        try:
            found.append((tab, reverse(tab.address, args=[number])))
        except NoReverseMatch:
            continue
    return found
