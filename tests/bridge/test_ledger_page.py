"""The ledger of promises on its page, among what is due, and in the band of whoever promised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from tests.desk.conftest import BACKEND, Desk, make_desk
from tests.promises.conftest import NOON, Clock

from holdfast.bridge import charts, ledger
from holdfast.incidents import components, declaring, queries
from holdfast.kit import clock
from holdfast.people.models import Agent, Role
from holdfast.posture import current as posture
from holdfast.promises import ledger as promises
from holdfast.promises.contract import Kind
from holdfast.promises.models import Notice
from holdfast.promises.watch import Watch


@pytest.fixture
def time() -> Iterator[Clock]:
    source = Clock()
    clock.set_source(source)
    yield source
    clock.set_source(None)


@pytest.fixture
def desk(db: None, time: Clock) -> Desk:
    posture.forget()
    return make_desk()


@pytest.fixture
def as_() -> Callable[[Agent], Client]:
    def signed_in(agent: Agent) -> Client:
        client = Client()
        client.force_login(agent, BACKEND)
        return client

    return signed_in


def promise(desk: Desk, kind: Kind, subject: str, *, minutes: int, about: str, owner: Agent | None = None) -> None:
    due = clock.now() + timedelta(minutes=minutes)
    promises.make(kind=kind, subject=subject, about=about, due=due, owner=owner.pk if owner else None, by=desk.lead.pk)


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_tells_what_was_kept_late_and_broken_with_the_definition_of_each(
    desk: Desk, time: Clock, as_: Callable[[Agent], Client]
) -> None:
    for n, wait in enumerate((10, 31, 60)):
        promise(desk, Kind.PERSONAL, f"conversation:{uuid4()}", minutes=30, about=f"Word number {n}", owner=desk.ana)
        subject = ledger.queries.open_promises()[0].subject
        time.on(minutes=wait)
        if wait < 60:
            promises.keep(kind=Kind.PERSONAL, subject=subject, by=desk.ana.pk)
    time.on(minutes=31)
    Watch({}).look()
    page = text(as_(desk.ana), "/bridge/promises/")
    for wanted in ("done at or before its time", "no share below 10", "In 30 days 1 were kept, 1 late and 1 broken."):
        assert wanted in page
    assert "<p>Word number 2</p>" in text(as_(desk.ana), "/bridge/promises/?state=broken")
    for query in ("?state=kept", "?kind=callback", "?days=7&state=open"):
        assert "<p>Word number 2</p>" not in text(as_(desk.ana), f"/bridge/promises/{query}")
    assert "Word number" not in text(as_(desk.lead), "/bridge/promises/?mine=1")


@pytest.mark.parametrize("query", ["?kind=x&state=y&days=z&before=w", "?before=2026-13-40T00:00/1", "?days=0"])
def test_what_cannot_be_read_in_an_address_is_left_out(desk: Desk, query: str, as_: Callable[[Agent], Client]) -> None:
    assert "Promises" in text(as_(desk.ana), f"/bridge/promises/{query}")


def test_many_promises_come_in_pages(desk: Desk, as_: Callable[[Agent], Client]) -> None:
    for n in range(60):
        promise(desk, Kind.COMMITMENT, f"commitment:{n}", minutes=1 + n // 2, about=f"Thing {n:02}.")
    client = as_(desk.lead)
    first = text(client, "/bridge/promises/?kind=commitment")
    address = first.split('class="link" href="?')[1].split('"')[0].replace("&amp;", "&")
    second = text(client, f"/bridge/promises/?{address}")
    shown = [f"Thing {n:02}." in first for n in range(60)], [f"Thing {n:02}." in second for n in range(60)]
    assert (sum(shown[0]), sum(shown[1])) == (50, 10)
    assert all(one != other for one, other in zip(*shown, strict=True))


def test_promises_of_every_kind_stand_among_what_is_due(
    desk: Desk, time: Clock, as_: Callable[[Agent], Client]
) -> None:
    case = desk.talk("When do you write?")
    promise(desk, Kind.PERSONAL, f"conversation:{case.pk}", minutes=40, about="Word on the refund", owner=desk.ana)
    promise(desk, Kind.COMMITMENT, "commitment:1", minutes=60 * 30, about="Far away")
    (due,) = ledger.due(legal=True)
    assert (due.what, due.case) == ("Word to one person", case.number)
    assert "Word on the refund" in text(as_(desk.ana), "/bridge/owed/")
    time.on(hours=3)
    Watch({}).look()
    (broken,) = ledger.due(legal=True)
    assert broken.due < time.at
    promises.keep(kind=Kind.PERSONAL, subject=f"conversation:{case.pk}", by=desk.ana.pk)
    assert not ledger.due(legal=True)


def test_legal_clocks_are_shown_to_those_who_may_see_them(
    desk: Desk, time: Clock, as_: Callable[[Agent], Client]
) -> None:
    promise(desk, Kind.LEGAL, f"legal:{uuid4()}", minutes=60, about="Early warning (eu-nis2)")
    security = Agent.objects.create_user("sec@desk.example", name="Sec", role=Role.SECURITY)
    for agent, sees in ((desk.ana, False), (desk.lead, True), (security, True)):
        for address in ("/bridge/promises/", "/bridge/promises/?kind=legal", "/bridge/owed/"):
            assert ("Early warning" in text(as_(agent), address)) == sees


def test_the_owner_reads_in_the_band_of_every_page_what_is_due_soon(
    desk: Desk, time: Clock, as_: Callable[[Agent], Client]
) -> None:
    promise(desk, Kind.PERSONAL, f"conversation:{uuid4()}", minutes=30, about="Word on the refund", owner=desk.ana)
    ana, ben = as_(desk.ana), as_(desk.lead)
    assert "You promised" not in text(ana, "/bridge/band/")
    time.on(minutes=21)
    Watch({}).look()
    for address in ("/bridge/band/", "/desk/", "/bridge/"):
        assert "You promised" in text(ana, address)
        assert "You promised" not in text(ben, address)
    notice = Notice.objects.get()
    assert ben.post(f"/bridge/promises/notices/{notice.pk}/").status_code == 302
    assert "You promised" in text(ana, "/bridge/band/")  # it was not theirs to put away
    assert "Due soon" in text(ana, "/bridge/promises/")
    ana.post(f"/bridge/promises/notices/{notice.pk}/")
    assert "You promised" not in text(ana, "/bridge/band/")
    time.on(minutes=5)
    Watch({}).look()  # the next one comes all the same
    assert "You promised" in text(ana, "/bridge/band/")


def test_what_nobody_said_in_time_comes_to_those_who_lead(
    desk: Desk, time: Clock, as_: Callable[[Agent], Client]
) -> None:
    shown = components.add(name="Cards", by=desk.lead.pk)
    incident = declaring.declare(title="Cards are declined", by=desk.lead.pk, components={shown.id: "major_outage"})
    boss = Agent.objects.create_user("boss@desk.example", name="Boss", role=Role.LEAD)
    due = queries.promises.open_promise(kind=Kind.UPDATE, subject=f"incident:{incident}")
    assert due is not None
    time.at = due.due - timedelta(minutes=4)
    Watch({}).look()
    assert "You promised" not in text(as_(boss), "/bridge/band/")
    time.at = due.due
    Watch({}).look()
    assert "Not done in time" in text(as_(boss), "/bridge/band/")
    assert "It is time" in text(as_(boss), "/bridge/promises/")
    assert "Cards are declined" in text(as_(boss), "/bridge/promises/")  # among the incidents


def test_columns_are_drawn_only_where_there_is_something() -> None:
    day = NOON.date()
    assert charts.day_columns([(day, (0, 0, 0))]) == ""
    drawn = charts.day_columns([(day, (3, 0, 1)), (day + timedelta(days=1), (0, 2, 0))])
    assert drawn.count("<rect") == 3
    assert 'class="d-b" fill="url(#hatch)"' in drawn
    assert "style" not in drawn
