"""The page, the list and its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from holdfast.bridge import next_word
from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close
from holdfast.incidents.words import bell
from holdfast.people.models import Agent
from holdfast.posture import changes
from holdfast.posture import current as posture
from holdfast.posture.effects import Name
from holdfast.promises import told

from .conftest import Desk

SignIn = Callable[[Agent], Client]


def numbers(client: Client, path: str) -> list[int]:
    """Numbers of the rows a page shows, in order."""
    page = client.get(path).context["page"]
    return [row.number for group in page.groups for row in group.rows]


def test_a_stranger_is_asked_to_sign_in(client: Client, db: None) -> None:
    response = client.get("/desk/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_a_fragment_asked_for_by_a_stranger_sends_the_whole_page_to_sign_in(client: Client, db: None) -> None:
    response = client.get("/desk/list/", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert response["HX-Redirect"].startswith("/accounts/login/")


def test_the_desk_shows_what_is_mine_and_then_who_waits_longest(desk: Desk, sign_in: SignIn) -> None:
    first, second, mine = desk.talk("first"), desk.talk("second"), desk.talk("mine")
    assign(conversation_id=mine.pk, to=desk.ana.pk, by=desk.ana.pk)
    page = sign_in(desk.ana).get("/desk/").context["page"]
    assert [(group.key, group.count, [row.number for row in group.rows]) for group in page.groups] == [
        ("mine", 1, [mine.number]),
        ("line", 2, [first.number, second.number]),
    ]
    assert page.oldest == first.waiting_since


def test_names_in_the_list_are_masked(desk: Desk, sign_in: SignIn) -> None:
    desk.talk()
    text = sign_in(desk.ana).get("/desk/").content.decode()
    assert "Maren O." in text
    assert "Okafor" not in text


def test_an_agent_sees_the_queues_of_the_team_and_no_other(desk: Desk, sign_in: SignIn) -> None:
    here, there = desk.talk(), desk.talk(queue=desk.payments)
    assert numbers(sign_in(desk.ana), "/desk/") == [here.number]
    assert numbers(sign_in(desk.bob), "/desk/") == [there.number]
    assert numbers(sign_in(desk.ana), "/desk/?queue=payments") == [here.number], "a queue out of reach is no filter"
    assert sorted(numbers(sign_in(desk.lead), "/desk/")) == [here.number, there.number]


def test_queues_show_how_many_wait(desk: Desk, sign_in: SignIn) -> None:
    desk.talk(), desk.talk(), desk.talk(queue=desk.other)
    nav = sign_in(desk.ana).get("/desk/nav/").context["nav"]
    assert [(link.slug, link.waiting) for link in nav.queues] == [("cards", 2), ("other", 1)]


@pytest.mark.parametrize("view", ["mine", "snoozed", "all", "closed"])
def test_views_keep_to_their_state(desk: Desk, sign_in: SignIn, view: str) -> None:
    mine, closed, waiting = desk.talk(), desk.talk(), desk.talk()
    assign(conversation_id=mine.pk, to=desk.ana.pk, by=desk.ana.pk)
    close(conversation_id=closed.pk, by=desk.ana.pk)
    expected = {
        "mine": {mine.number},
        "snoozed": set(),
        "all": {mine.number, waiting.number},
        "closed": {closed.number},
    }
    assert set(numbers(sign_in(desk.ana), f"/desk/?view={view}")) == expected.get(view, set())


def test_an_empty_queue_names_the_one_that_could_use_help(desk: Desk, sign_in: SignIn) -> None:
    desk.talk(queue=desk.other)
    empty = sign_in(desk.ana).get("/desk/?queue=cards").context["page"].empty
    assert "Everything else has 1 waiting" in empty.detail
    assert empty.url == "/desk/?queue=other"


def test_a_long_list_comes_in_pages_without_gaps_or_repeats(desk: Desk, sign_in: SignIn) -> None:
    made = [desk.talk(in_line=False).number for _ in range(60)]
    client = sign_in(desk.ana)
    first = client.get("/desk/").context["page"]
    shown = [row.number for group in first.groups for row in group.rows]
    assert first.next_url.startswith("/desk/list/?after=")
    following = client.get(first.next_url)
    rest = following.context["page"]
    shown += [row.number for group in rest.groups for row in group.rows]
    assert shown == made
    assert rest.continued
    assert not rest.next_url


def test_a_row_alone_is_gone_for_who_may_not_see_it(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    assert sign_in(desk.ana).get(f"/desk/rows/{conversation.pk}/").status_code == 200
    assert sign_in(desk.bob).get(f"/desk/rows/{conversation.pk}/").status_code == 404


def test_a_conversation_is_a_whole_page_or_a_pane(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    client, path = sign_in(desk.ana), f"/desk/c/{conversation.number}/"
    assert "<html" in client.get(path).content.decode()
    pane = client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in pane
    assert "My card was declined at the shop" in pane


def test_the_home_page_costs_a_fixed_number_of_queries(desk: Desk, sign_in: SignIn) -> None:
    client = sign_in(desk.ana)

    def cost(path: str) -> int:
        asked: list[str] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            asked.append(sql)
            return execute(sql, params, many, context)

        for kept in (posture, next_word, bell, told):  # read once a second, in whichever request comes then
            kept.forget()
        with connection.execute_wrapper(note):
            assert client.get(path).status_code == 200
        return len(asked)

    mine = desk.talk()
    assign(conversation_id=mine.pk, to=desk.ana.pk, by=desk.ana.pk)
    client.get("/desk/")  # the first page of a session keeps in it when somebody acted
    desk.talk()
    few = cost("/desk/")
    for _ in range(10):
        desk.talk()
    assert cost("/desk/") == few
    assert 8 <= few <= 20


def test_nothing_of_the_desk_is_kept_by_the_browser(desk: Desk, sign_in: SignIn) -> None:
    assert "no-store" in sign_in(desk.ana).get("/desk/")["Cache-Control"]


def test_next_gives_the_one_who_waited_longest_to_the_agent(desk: Desk, sign_in: SignIn) -> None:
    first, _ = desk.talk(), desk.talk()
    response = sign_in(desk.ana).post("/desk/next/")
    assert response.status_code == 204
    assert f"/desk/c/{first.number}/" in response["HX-Location"]
    first.refresh_from_db()
    assert first.assignee_id == desk.ana.pk


@pytest.fixture
def read_afresh() -> Iterator[None]:
    """The posture is remembered for a second: neither before this test nor after it."""
    posture.forget()
    yield
    posture.forget()


@pytest.mark.usefixtures("read_afresh")
def test_next_follows_the_posture_in_force(desk: Desk, sign_in: SignIn) -> None:
    early, late = desk.talk(), desk.talk(queue=desk.payments)
    client = sign_in(desk.lead)
    changes.change(to=Name.SURGE, by=desk.lead.pk, why="Payments fail.", playbook="payments-degraded")
    posture.forget()
    client.post("/desk/next/")
    late.refresh_from_db()
    assert late.assignee_id == desk.lead.pk, "payments go first, says the playbook"
    for _ in range(6):
        desk.talk()
    answers = [client.post("/desk/next/").status_code for _ in range(6)]
    assert answers == [204] * 5 + [422], "six cases in hand are the most, says the playbook"
    early.refresh_from_db()
    assert early.assignee_id == desk.lead.pk


def test_next_says_so_when_nobody_waits(desk: Desk, sign_in: SignIn) -> None:
    response = sign_in(desk.ana).post("/desk/next/")
    assert response.status_code == 404
    assert "Nobody waits" in response.content.decode()


def test_search_finds_words_in_reach_only(desk: Desk, sign_in: SignIn) -> None:
    here, there = desk.talk("the pelican ate it"), desk.talk("a pelican again", queue=desk.payments)
    assert numbers(sign_in(desk.ana), "/desk/search/?q=pelican") == [here.number]
    assert set(numbers(sign_in(desk.lead), "/desk/search/?q=pelican")) == {here.number, there.number}
    assert sign_in(desk.ana).get("/desk/search/?q=walrus").context["page"].empty.title == "Nothing found"


def test_search_survives_what_people_type(desk: Desk, sign_in: SignIn) -> None:
    client = sign_in(desk.ana)
    for text in ("", "'", '"', "a & | !", "\x00", "%", "((", "x" * 5000, "#12", "🦀", "-", "or or"):
        assert client.get("/desk/search/", {"q": text}).status_code == 200, text


def test_a_case_asked_for_by_its_address_comes_before_its_list(desk: Desk, sign_in: SignIn) -> None:
    other, asked = desk.talk("another matter"), desk.talk("the matter that was linked to")
    client = sign_in(desk.ana)
    page = client.get(f"/desk/c/{asked.number}/?queue=cards")
    shown = page.context["page"]
    assert (shown.title, shown.summary, shown.groups, shown.empty) == ("Cards", "2 waiting", (), None)
    assert "the matter that was linked to" in page.content.decode()
    assert f'id="row-{other.pk}"' not in page.content.decode()
    later = client.get(shown.later_url, headers={"HX-Request": "true"}).context["page"]
    assert [(row.number, row.current) for row in later.groups[0].rows] == [(other.number, False), (asked.number, True)]
    assert later.later_url == ""
