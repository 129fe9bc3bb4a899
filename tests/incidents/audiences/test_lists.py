"""Groups from lists of the company's systems: whole and fresh, or refused in a sentence with nothing taken."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings
from tests.incidents.audiences.conftest import SignIn
from tests.incidents.audiences.test_freezing import add, freeze, told
from tests.incidents.conftest import House

from holdfast.incidents import queries as incidents
from holdfast.incidents.audiences import groups, listing, queries
from holdfast.incidents.audiences.errors import Refused
from holdfast.incidents.audiences.models import Audience, Group, Listed
from holdfast.incidents.legal import clocks
from holdfast.kit import clock
from holdfast.kit.clock import now
from holdfast.operations import lists
from holdfast.operations.client import operations

AS_OF = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Systems:
    """The company's systems, which give lists page by page, and misbehave as a test says."""

    entries: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    fails_on: int = 0  # the page on which it answers 503
    shifts: bool = False  # whether the total grows while it is read
    short: int = 0  # how many it names and does not give
    circles: bool = False
    pages: int = 0

    def page(self, name: str, after: str, limit: int) -> tuple[int, Any]:
        self.pages += 1
        if self.pages == self.fails_on:
            return 503, {}
        rows = self.entries[name]
        start = int(after or 0)
        end = start + limit
        return 200, {
            "total": len(rows) + self.short + (self.pages if self.shifts else 0),
            "as_of": AS_OF.isoformat(),
            "entries": [{"ref": ref, "jurisdiction": place} for ref, place in rows[start:end]],
            "next": "" if end >= len(rows) else str(start if self.circles and start else end),
        }


@pytest.fixture
def systems(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systems]:
    here = Systems()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(200, {"lists": [{"name": name, "title": name.title()} for name in here.entries]})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self._say(*here.page(self.path.rsplit("/", 1)[1], asked["after"], asked["limit"]))

        def _say(self, status: int, answer: Any) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.OPERATIONS_URL = f"http://127.0.0.1:{server.server_port}"
    settings.OPERATIONS_TOKEN = "only-for-this-test"
    operations.cache_clear()
    monkeypatch.setattr(lists, "PAGE", 2)
    yield here
    server.shutdown()
    thread.join()
    server.server_close()
    operations.cache_clear()


@pytest.fixture
def later() -> Iterator[None]:
    yield
    clock.set_source(None)


def from_list(house: House, incident: UUID, name: str = "Declined", **given: Any) -> int:
    fields = {"segment": "affected", "list_name": "declined", **given}
    return groups.add(incident_id=incident, name=name, source="systems", by=house.lead, **fields)


DECLINED = [("TW-11", "IE"), ("TW-12", "ID"), ("TW-13", "BR"), ("TW-77", "BR"), ("TW-14", "US-CA")]


def test_a_list_is_taken_page_by_page_and_says_of_when_it_is(
    house: House, incident: UUID, people: dict[str, UUID], systems: Systems
) -> None:
    systems.entries = {"declined": DECLINED}
    from_list(house, incident)
    assert systems.pages == 3
    (group,) = queries.groups_of(incident)
    assert (group.as_of, group.rule) == (AS_OF, "Those the company's systems list as “Declined”.")
    assert set(told(freeze(house, incident), people)) == {"TW-11", "TW-12", "TW-13", "TW-14"}
    (view,) = queries.audiences_of(incident)
    assert view.groups[0].some_unknown == ("TW-77",)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"fails_on": 1}, "answered 503"),
        ({"fails_on": 2}, "2 of 5 accounts had come, so none was taken"),
        ({"shifts": True}, "The list changed while it was read"),
        ({"short": 3}, "named 8 accounts and gave 5"),
        ({"circles": True}, "went in circles"),
    ],
)
def test_half_a_list_is_no_list(
    house: House, incident: UUID, people: dict[str, UUID], systems: Systems, fault: dict[str, int], sentence: str
) -> None:
    systems.entries = {"declined": DECLINED[:3]}
    kept = from_list(house, incident)
    systems.entries, systems.pages = {"declined": DECLINED}, 0
    for name, value in fault.items():
        setattr(systems, name, value)
    with pytest.raises(Refused, match=sentence):
        from_list(house, incident, name="Again")
    systems.pages = 0
    with pytest.raises(Refused, match=sentence):
        groups.ask_again(incident_id=incident, group_id=kept)
    assert [each.name for each in queries.groups_of(incident)] == ["Declined"]
    assert Listed.objects.filter(group_id=kept).count() == 3


def test_what_the_systems_do_not_have_or_say_is_refused(
    house: House, incident: UUID, people: dict[str, UUID], systems: Systems, settings: LazySettings
) -> None:
    systems.entries = {"declined": []}
    with pytest.raises(Refused, match="name nobody on that list"):
        from_list(house, incident)
    with pytest.raises(Refused, match="Choose a list"):
        from_list(house, incident, list_name="others")
    settings.OPERATIONS_URL = ""
    operations.cache_clear()
    with pytest.raises(Refused, match="not connected"):
        from_list(house, incident)
    assert listing.offered() == []
    assert not Group.objects.exists()


def test_an_answer_of_hours_ago_freezes_nobody_until_it_is_asked_for_again(
    house: House, incident: UUID, people: dict[str, UUID], systems: Systems, later: None
) -> None:
    systems.entries = {"declined": DECLINED[:1]}
    group = from_list(house, incident)
    at = now() + timedelta(minutes=61)
    clock.set_source(lambda: at)
    with pytest.raises(Refused, match=r"was asked of the company's systems at .* Ask again, then freeze"):
        freeze(house, incident)
    assert not Audience.objects.exists()
    systems.entries = {"declined": DECLINED[1:3]}
    groups.ask_again(incident_id=incident, group_id=group)
    assert set(told(freeze(house, incident), people)) == {"TW-12", "TW-13"}


def test_who_needs_care_is_counted_within_the_affected_and_named_to_leads_only(
    house: House, incident: UUID, people: dict[str, UUID], systems: Systems
) -> None:
    systems.entries = {"declined": DECLINED, "care": [("TW-12", ""), ("TW-1", "")]}
    affected = from_list(house, incident)
    care = from_list(house, incident, "Need care", list_name="care", within=affected, discreet=True)
    add(house, incident, "The rest", "unaffected")
    groups.raise_up(incident_id=incident, group_id=care)
    frozen = freeze(house, incident)
    # TW-1 needs care and is not affected: who is told that nothing happened to them, and nobody is told otherwise.
    assert told(frozen, people) == {
        "TW-11": "affected", "TW-12": "affected", "TW-13": "affected", "TW-14": "affected", "TW-1": "unaffected",
    }  # fmt: skip
    (view,) = queries.audiences_of(incident)
    assert [(each.name, each.number) for each in view.groups] == [("Need care", 1), ("Declined", 3), ("The rest", 1)]
    assert queries.members_of(frozen, [people["TW-12"]]) == {people["TW-12"]: ("affected", "")}
    with pytest.raises(Refused, match="“Need care” counts within it"):
        groups.remove(incident_id=incident, group_id=affected)
    with pytest.raises(Refused, match="not itself within another"):
        from_list(house, incident, "Deeper", within=care)


def test_jurisdictions_are_those_in_which_clocks_run(
    house: House, incident: UUID, people: dict[str, UUID], systems: Systems
) -> None:
    systems.entries = {"declined": DECLINED}
    clocks.start(incident_id=incident, slugs=["eu-gdpr", "us-california", "sg-pdpa"], by=house.lead)
    from_list(house, incident, "In the Union", jurisdiction="EU")
    from_list(house, incident, "In America", jurisdiction="us")
    frozen = freeze(house, incident)
    assert set(told(frozen, people)) == {"TW-11", "TW-14"}
    (view,) = queries.audiences_of(incident)
    assert {each.place: each.number for each in queries.under_clocks(view, incident)} == {
        "European Union and EEA": 1,
        "United States, by state": 1,
        "Singapore": 0,
    }


def test_a_lead_takes_a_list_on_the_page_and_sees_how_old_it_is(
    house: House, incident: UUID, people: dict[str, UUID], systems: Systems, sign_in: SignIn
) -> None:
    systems.entries = {"declined": DECLINED}
    found = incidents.incident_of_id(incident)
    assert found is not None
    at, lead = f"/incidents/{found.number}/audiences/", sign_in(house.desk.lead)
    begun = lead.get(f"{at}?begin=care").content.decode()
    assert 'value="Affected, need care"' in begun
    assert 'name="discreet" checked' in begun
    lead.post(
        f"{at}groups/",
        {"name": "Declined", "segment": "affected", "source": "systems", "list": "declined", "discreet": "on"},
    )
    page = lead.get(at).content.decode()
    assert "Those the company&#x27;s systems list as “Declined”." in page
    assert "named to leads only" in page
    group = Group.objects.get()
    systems.fails_on = systems.pages + 1
    refused = lead.post(f"{at}groups/{group.pk}/", {"as": "anew"})
    assert "Nothing was taken" in refused.content.decode()
