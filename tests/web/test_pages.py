"""The shell's own pages: sign-in, account pages, errors, the sheet of components."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client, RequestFactory

from holdfast.people.models import Agent
from holdfast.web import views

BACKEND = "holdfast.people.signed_in.SignedIn"


def signed_in(role: str) -> Client:
    agent = Agent.objects.create_user(
        f"{role}@desk.example", "tide in, tide out", name=f"{role.title()} Test", role=role
    )
    client = Client()
    client.force_login(agent, BACKEND)
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"])
def test_pages_before_sign_in_have_one_heading_and_a_policy_without_exceptions(client: Client, path: str) -> None:
    response = client.get(path)
    text = response.content.decode()
    assert response.status_code == 200
    assert text.count("<h1") == 1
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


@pytest.mark.django_db
def test_a_wrong_password_is_said_beside_the_form(client: Client) -> None:
    response = client.post("/accounts/login/", {"login": "nobody@desk.example", "password": "not the one at all"})
    assert 'role="alert"' in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/2fa/", "/accounts/password/change/"])
def test_account_pages_stand_in_the_frame(path: str) -> None:
    text = signed_in("agent").get(path).content.decode()
    assert 'class="band"' in text
    assert text.count("<h1") == 1
    assert "Sign out" in text


@pytest.mark.django_db
def test_the_sheet_of_components_is_for_admins() -> None:
    assert signed_in("agent").get("/components/").status_code == 403
    response = signed_in("admin").get("/components/")
    assert response.status_code == 200
    for state in ("clock open", "clock soon", "clock broken", "clock kept", "open-seal", "note amber", "note coral"):
        assert state in response.content.decode()


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (lambda request: views.bad_request(request, ValueError("raw details")), 400),
        (lambda request: views.forbidden(request, ValueError("raw details")), 403),
        (lambda request: views.not_found(request, ValueError("raw details")), 404),
        (views.server_error, 500),
        (lambda request: views.csrf_failure(request, "raw details"), 403),
    ],
)
def test_an_error_page_says_what_is_safe_and_what_next_without_the_database(answer: Any, status: int) -> None:
    response = answer(RequestFactory().get("/"))
    text = response.content.decode()
    assert response.status_code == status
    assert "What is safe" in text
    assert "What next" in text
    assert "raw details" not in text
    assert "!" not in re.sub(r"<[^>]*>", "", text)


@pytest.mark.django_db
def test_the_choices_of_an_account_are_there_before_the_first_paint() -> None:
    client = signed_in("agent")
    Agent.objects.update(theme="dark", density="compact", single_keys=False)
    text = client.get("/accounts/2fa/").content.decode()
    assert 'data-theme="dark"' in text
    assert 'data-density="compact"' in text
    assert 'data-single-keys="off"' in text
    assert text.index("theme.js") < text.index("<body")
