"""Who may reach what: every address of the desk, as every role."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern

from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Conversation, Message
from holdfast.desk.urls import urlpatterns
from holdfast.people.models import Agent

from .conftest import Desk

SignIn = Callable[[Agent], Client]

CASE = {
    "conversation": "get",
    "messages": "get post",
    "draft": "post delete",
    "assignment": "post",
    "transfer": "get post",
    "snooze": "get post delete",
    "closure": "post delete",
    "tags": "post delete",
    "merge": "get post",
    "presence": "post",
    "reveal": "get post",
    "sealed": "get",
    "compare": "get post",
    "call": "get post",
    "picture": "get post",
    "file": "get post",
    "overlay": "post",
    "raw": "get post",
    "formatted": "get",
    "facts": "get",
    "card": "get post",
    "delivery": "get",
    "again": "get post",
    "held": "get post",
    "proof": "get",
    "proof-code": "get post",
    "promised": "get post",
}
ANYWHERE = {"home", "list", "nav", "next", "search", "canned", "palette", "views", "preferences"}
BY_ID = {"row", "file-taken", "picture-blurred", "picture-shown", "unmerge", "view"}


def address(name: str, conversation: Conversation) -> str:
    """The address of one part of a case."""
    message = Message.objects.filter(conversation=conversation).values_list("pk", flat=True)[0]
    last = {
        "messages": "messages/",
        "transfer": "transfers/",
        "conversation": "",
        "reveal": "reveal/iban/",
        "sealed": "sealed/iban/",
        "compare": "compare/iban/",
        "call": "call/phone/",
        "picture": f"picture/{uuid4()}/",
        "file": f"file/{uuid4()}/",
        "overlay": f"overlay/{uuid4()}/",
        "raw": f"raw/{uuid4()}/",
        "formatted": f"html/{message}/",
        "card": "cards/TW-1-C1/",
        "delivery": f"delivery/{message}/",
        "again": f"delivery/{message}/again/",
        "held": f"delivery/{message}/held/",
        "proof-code": "proof/code/",
    }
    return f"/desk/c/{conversation.number}/{last.get(name, f'{name}/')}"


def test_every_address_of_the_desk_is_in_this_matrix() -> None:
    names = {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)}
    assert names == set(CASE) | ANYWHERE | BY_ID | {"reveals", "thread"}


@pytest.mark.parametrize("name", CASE)
def test_a_case_out_of_reach_does_not_exist(desk: Desk, sign_in: SignIn, name: str) -> None:
    conversation = desk.talk(queue=desk.payments)
    ana, security = sign_in(desk.ana), sign_in(desk.security)
    for method in CASE[name].split():
        path = address(name, conversation)
        form = {"to": "me", "kind": "reply", "text": "x", "client_key": "k", "version": "9", "name": "t", "typing": "1"}
        assert getattr(ana, method)(path, form).status_code == 404, (name, method)
        expected = 302 if name == "conversation" else 404
        assert getattr(security, method)(path, form).status_code == expected, (name, method)
    conversation.refresh_from_db()
    assert (conversation.assignee_id, conversation.state, conversation.version) == (None, "open", conversation.version)
    assert not conversation.messages.exclude(author="customer").exists()


@pytest.mark.parametrize("name", sorted(set(CASE) | ANYWHERE | {"reveals"}))
def test_nobody_gets_in_without_signing_in(desk: Desk, client: Client, name: str) -> None:
    conversation = desk.talk()
    path = address(name, conversation) if name in CASE else f"/desk/{'' if name == 'home' else f'{name}/'}"
    methods = CASE.get(name, "post" if name in {"next", "views", "preferences"} else "get")
    for method in methods.split():
        response = getattr(client, method)(path)
        assert response.status_code == 302, (path, method)
        assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", sorted(ANYWHERE))
def test_security_has_no_desk_but_the_log_of_reveals(desk: Desk, sign_in: SignIn, name: str) -> None:
    conversation = desk.talk()
    client = sign_in(desk.security)
    response = client.get(f"/desk/{'' if name == 'home' else f'{name}/'}")
    if name in {"home", "search"}:
        assert response["Location"] == "/desk/reveals/"
    else:
        assert response.status_code in {404, 405}
    log = client.get("/desk/reveals/")
    assert log.status_code == 200
    assert "/desk/?" not in log.content.decode(), "no queue, and no view of the desk"
    assert f"/desk/c/{conversation.number}/" not in log.content.decode()
    assert f"#{conversation.number}" not in log.content.decode()


def test_a_case_given_to_somebody_is_in_their_reach_whatever_its_queue(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk(queue=desk.payments)
    assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.lead.pk)
    assert sign_in(desk.ana).get(f"/desk/c/{conversation.number}/").status_code == 200


@pytest.mark.parametrize("number", ["0", "9223372036854775808", "99999999999999999999999"])
def test_impossible_numbers_are_not_found(desk: Desk, sign_in: SignIn, number: str) -> None:
    assert sign_in(desk.ana).get(f"/desk/c/{number}/").status_code == 404


def test_verbs_need_the_csrf_token(desk: Desk) -> None:
    conversation = desk.talk()
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.ana, "holdfast.people.signed_in.SignedIn")
    assert client.post(f"/desk/c/{conversation.number}/closure/").status_code == 403
    assert client.delete(f"/desk/c/{conversation.number}/closure/").status_code == 403


def test_reading_changes_nothing(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    client = sign_in(desk.ana)
    for name, methods in CASE.items():
        if "get" not in methods:
            assert client.get(address(name, conversation)).status_code == 405, name
    before = conversation.version
    client.get(f"/desk/c/{conversation.number}/")
    conversation.refresh_from_db()
    assert conversation.version == before
