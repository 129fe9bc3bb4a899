"""The feeds, read by a parser that many readers use."""

from __future__ import annotations

from typing import Any

import feedparser
import pytest
from django.conf import settings
from tests.incidents.conftest import House

from holdfast.incidents.status.feeds import ATOM, RSS, feeds
from holdfast.incidents.status.picture import look


def read(path: str) -> Any:
    found = feedparser.parse(feeds(look())[path])
    assert not found.bozo, found.get("bozo_exception")
    return found


@pytest.mark.parametrize("path", [ATOM, RSS])
def test_an_incident_is_one_entry_with_all_its_words_whatever_is_said_later(house: House, path: str) -> None:
    incident_id = house.declare("Cards & transfers <late>")
    house.publish(incident_id, "First <b>word</b>.")
    [before] = read(path).entries
    said = house.publish(incident_id, "Second word.", status="identified")
    [entry] = read(path).entries
    assert entry.id == before.id == f"{settings.PUBLIC_URL}/status/incidents/{incident_id}/"
    assert entry.title == "Cause known - Cards & transfers <late>"
    body = entry.content[0].value if "content" in entry else entry.summary
    assert body.index("Second word.") < body.index("First &lt;b&gt;word")
    assert said.published_at is not None
    if path == ATOM:
        assert entry.updated_parsed[:6] == said.published_at.utctimetuple()[:6]


@pytest.mark.parametrize("path", [ATOM, RSS])
def test_a_feed_without_entries_does_not_change_by_itself(house: House, path: str) -> None:
    assert read(path).entries == []
    assert feeds(look())[path] == feeds(look())[path]
