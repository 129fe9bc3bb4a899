"""From an open value to its page's word on the marks, and from a code or a photograph back to the session."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from PIL import Image
from tests.desk.conftest import Desk, make_desk

from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Conversation
from holdfast.guard.marks import queries
from holdfast.incidents.radius import trace_command as tracing
from holdfast.kit import clock
from holdfast.people.models import Agent

SignIn = Callable[[Agent], Client]
MEASURES = {"width": 1440, "height": 900, "left": 1160, "top": 300, "card_width": 262, "card_height": 78}
pytestmark = pytest.mark.django_db(transaction=True)  # the gate's own connection must see the grant


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    return make_desk()


@pytest.fixture
def case(desk: Desk) -> Conversation:
    conversation = desk.talk("My card was declined")
    assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.ana.pk)
    return conversation


def test_a_code_leads_back_to_the_session_and_what_the_page_said_is_kept(
    desk: Desk, case: Conversation, sign_in: SignIn, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    client = sign_in(desk.ana)
    shown = client.post(f"/desk/c/{case.number}/reveal/iban/", {"purpose": "payment"}).context["revealed"]
    assert [one.geometry for one in queries.shown(conversation_id=case.pk)] == [None]
    assert client.post(shown.overlay_url, MEASURES).status_code == 204
    (one,) = queries.shown(customer_ids=[desk.customer.pk])
    assert one.geometry is not None
    assert one.geometry.card_width == 262
    assert queries.shown(since=clock.now()) == []

    assert tracing.main(["--case", str(case.number), "--code", shown.marks.text[:9] + "??"]) == 0
    assert "Ana Test" in capsys.readouterr().out
    assert tracing.main(["--customer", "TW-1", "--code", "00000 00000", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["named"] is None
    Image.new("L", (300, 200), 90).save(tmp_path / "grey.png")
    assert tracing.main([str(tmp_path / "grey.png"), "--case", str(case.number)]) == 2
    assert "Nobody is named" in capsys.readouterr().out
    for wrong in (["--case", "99"], ["--customer", "TW-9"], ["x.png", "--at", "noon"], ["x.png"], []):
        assert tracing.main(wrong) == 1
        assert capsys.readouterr().err.count(".") >= 1


def test_a_value_whose_page_is_silent_or_says_no_is_a_reason_to_look(
    desk: Desk, case: Conversation, sign_in: SignIn
) -> None:
    client, start = sign_in(desk.ana), clock.now()
    whole, torn, silent = (
        client.post(f"/desk/c/{case.number}/reveal/{field}/", {"purpose": "payment"}).context["revealed"]
        for field in ("iban", "address", "name")
    )
    client.post(whole.overlay_url, MEASURES)
    client.post(torn.overlay_url, MEASURES | {"fault": "hidden"})
    client.post(torn.overlay_url, MEASURES)  # once missing stays on record
    assert queries.unmarked(since=start) == []  # they may still be heard
    clock.set_source(lambda: start + timedelta(minutes=2))
    try:
        assert {one.entry: one.why for one in queries.unmarked(since=start)} == {
            torn.entry: "hidden",
            silent.entry: "silent",
        }
    finally:
        clock.set_source(None)
