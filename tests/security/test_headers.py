"""The headers that keep a browser from what it was not asked for, on refusals and files; pages: `test_crawl.py`."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.security.conftest import strict


@pytest.mark.parametrize(
    ("address", "extra", "status"),
    [
        ("/nothing/here/", {}, 404),
        ("/desk", {}, 301),
        ("/accounts/login/", {"HTTP_HOST": "evil.example"}, 400),
        ("/static/holdfast/icon.svg", {}, 200),
        ("/help/%00/", {}, 404),
    ],
)
def test_refusals_and_files_carry_them_too(db: None, address: str, extra: dict[str, str], status: int) -> None:
    response = Client(raise_request_exception=False).get(address, **extra)
    assert response.status_code == status
    assert strict(response.headers.get("Content-Security-Policy", ""))
    if status != 400:
        assert response.headers.get("X-Content-Type-Options") == "nosniff" or status == 200


def test_a_forged_form_is_refused_with_them(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a@b.example", "password": "x"})
    assert response.status_code == 403
    assert strict(response.headers["Content-Security-Policy"])
    assert "set-cookie" not in response.headers or "session" not in response.headers["set-cookie"]
