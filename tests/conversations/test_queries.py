"""Reads: who sees what, pages, counts, search; with a bound on queries."""

from __future__ import annotations

import pytest

from holdfast.conversations.assignments import assign, transfer
from holdfast.conversations.closures import close
from holdfast.conversations.errors import NotFound
from holdfast.conversations.messages import post_note, post_reply
from holdfast.conversations.queries import (
    InboxFilter,
    access_conversation,
    counts,
    history,
    inbox,
    search,
    thread_of,
)
from holdfast.conversations.tags import add
from holdfast.people.models import Customer, Identity


def _numbers(page):
    return [row.number for row in page.rows]


def test_what_is_out_of_reach_looks_like_what_does_not_exist(house, in_line):
    conversation = in_line()
    for agent in (house.ana, house.ben, house.lead):
        assert access_conversation(agent, conversation.pk) == conversation
        assert access_conversation(agent, conversation.number) == conversation
    for agent in (house.lin, house.watch):
        for which in (conversation.pk, conversation.number, 0, 2**70):
            with pytest.raises(NotFound):
                access_conversation(agent, which)
        assert inbox(agent, InboxFilter()).rows == search(agent, "card").rows == []


def test_a_case_of_ones_own_is_in_reach_wherever_it_lies(house, in_line):
    conversation = in_line()
    transfer(conversation_id=conversation.pk, by=house.ana.pk, summary="For you", to_agent=house.lin.pk)
    assert _numbers(inbox(house.lin, InboxFilter())) == [conversation.number]
    assert access_conversation(house.lin, conversation.pk)


def test_pages_follow_each_other_without_gaps_or_repeats(house, in_line):
    made = [in_line(str(number)).number for number in range(7)]
    for agent in (house.ana, house.lead):
        for order, expected in (("newest", made[::-1]), ("longest", made)):
            seen, cursor = [], None
            while True:
                page = inbox(agent, InboxFilter(order=order), cursor, 3)
                seen += _numbers(page)
                if (cursor := page.next) is None:
                    break
            assert seen == expected


def test_a_made_up_cursor_is_the_first_page(house, in_line):
    number = in_line().number
    for cursor in ("x", "bm9wZQ", "W10", "WyIyMDI2LTAxLTAxIiwgIngiXQ"):
        assert _numbers(inbox(house.ana, InboxFilter(), cursor)) == [number]


def test_filters_narrow_down(house, in_line, write):
    mine, closed, chat = in_line("a"), in_line("b"), in_line("c", channel="chat")
    assign(conversation_id=mine.pk, to=house.ana.pk, by=house.ana.pk)
    close(conversation_id=closed.pk, by=house.ana.pk)
    add(conversation_id=chat.pk, name="urgent", by=house.ana.pk)
    post_reply(conversation_id=mine.pk, by=house.ana.pk, text="ok", client_key="1")
    asked = {
        InboxFilter(): {mine, chat},
        InboxFilter(state="closed"): {closed},
        InboxFilter(state=None): {mine, closed, chat},
        InboxFilter(assignee=house.ana.pk): {mine},
        InboxFilter(assignee=house.ben.pk): set(),
        InboxFilter(unassigned=True): {chat},
        InboxFilter(waiting=True): {chat},
        InboxFilter(channel="chat"): {chat},
        InboxFilter(tag="urgent"): {chat},
        InboxFilter(tag="unheard of"): set(),
        InboxFilter(queue=house.cards.pk): {mine, chat},
        InboxFilter(queue=house.loans.pk): set(),
    }
    for agent in (house.ana, house.lead):
        for filter_, expected in asked.items():
            assert set(_numbers(inbox(agent, filter_))) == {each.number for each in expected}, filter_


def test_a_page_takes_few_queries_and_asks_for_the_reach_once(house, in_line, django_assert_max_num_queries):
    for number in range(5):
        add(conversation_id=in_line(str(number)).pk, name="tag", by=house.ana.pk)
    ana = type(house.ana).objects.select_related("team").get(pk=house.ana.pk)
    with django_assert_max_num_queries(3):
        rows = inbox(ana, InboxFilter()).rows
        assert [(str(row.customer_name), row.tags) for row in rows] == [("Maria E.", ("tag",))] * 5
    with django_assert_max_num_queries(1):
        counts(ana)
    with django_assert_max_num_queries(1):
        conversation = access_conversation(ana, rows[0].id)
    with django_assert_max_num_queries(1):
        history(conversation.customer_id, agent=ana)
    with django_assert_max_num_queries(4):
        thread_of(conversation)


def test_counts_are_those_of_the_lines_and_of_ones_own_cases(house, in_line):
    cases = [in_line(str(number)) for number in range(4)]
    assign(conversation_id=cases[0].pk, to=house.ana.pk, by=house.ana.pk)
    found = counts(house.ana)
    assert (found.queues, found.mine, found.mine_waiting) == ({house.cards.pk: 3}, 1, 1)
    assert counts(house.lead).queues == {house.cards.pk: 3, house.loans.pk: 0}
    assert counts(house.watch).queues == {}


def test_the_thread_reads_in_order_from_anywhere(house, in_line):
    conversation = in_line("0")
    sent = [
        post_reply(conversation_id=conversation.pk, by=house.ana.pk, text=str(n), client_key=str(n))
        for n in range(1, 6)
    ]
    assert [message.text for message in thread_of(conversation)] == list("012345")
    assert [message.text for message in thread_of(conversation, limit=2)] == list("45")
    assert [message.text for message in thread_of(conversation, after=sent[2].pk)] == list("45")
    assert [message.text for message in thread_of(conversation, before=sent[2].pk, limit=2)] == list("12")
    assert [message.text for message in thread_of(conversation, after=sent[-1].pk)] == []


def test_search_finds_words_notes_and_numbers(house, in_line):
    card, loan = in_line("My card was swallowed by the machine"), in_line("About my mortgage")
    post_note(conversation_id=loan.pk, by=house.ana.pk, text="escalated to underwriting", client_key="n")
    for text, expected in {
        "swallowed machine": [card],
        "mortgage": [loan],
        "underwriting": [loan],
        "my -card": [loan],
        '"my card"': [card],
        "mortgage or swallowed": [loan, card],
        f"#{card.number}": [card],
        "nothing like it": [],
        "  ": [],
        "'); --": [],
    }.items():
        assert _numbers(search(house.ana, text)) == [each.number for each in expected], text
    assert _numbers(inbox(house.ana, InboxFilter(text="mortgage"))) == [loan.number]


def test_a_conversation_is_found_once_over_all_pages(house, in_line, write):
    cases = [in_line(f"card {number}", own=[f"mail:{number}@x"]) for number in range(6)]
    for round_ in range(3):
        for number in range(6):
            write(f"card again {round_}", thread=[f"mail:{number}@x"])
    seen, cursor = [], None
    while True:
        page = search(house.ana, "card", cursor, 2)
        seen += _numbers(page)
        if (cursor := page.next) is None:
            break
    assert sorted(seen) == sorted(case.number for case in cases)


def test_who_has_the_customers_address_finds_their_conversations(house, in_line, customer):
    conversation = in_line()
    Identity.objects.create(
        customer=customer, kind="email", value="maria@post.example", index=_index("maria@post.example")
    )
    Customer.objects.filter(pk=customer.pk).update(reference="TW-100042")
    for text in ("maria@post.example", "MARIA@post.example", "tw-100042"):
        assert _numbers(search(house.ana, text)) == [conversation.number]
    assert _numbers(search(house.ana, "maria@post")) == []
    assert _numbers(search(house.lin, "maria@post.example")) == []


def _index(address: str) -> bytes:
    from holdfast.guard.keys import blind_index

    return blind_index("email", address)


def test_history_shows_what_the_asking_agent_may_open(house, in_line, customer):
    conversation = in_line()
    assert [row.number for row in history(customer.pk)] == [conversation.number]
    assert [row.number for row in history(customer.pk, agent=house.ana)] == [conversation.number]
    assert history(customer.pk, agent=house.lin) == history(None) == []
