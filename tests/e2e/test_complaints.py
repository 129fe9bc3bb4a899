"""The browser tests' own conscience: what the browser refuses to run or load is a complaint, and fails the test."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Route

from .conftest import Server, Visitors

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "body",
    ["<script>1</script>", '<p style="color: red">x</p>', '<img src="https://elsewhere.example/seen.gif" alt="">'],
    ids=["a script of its own", "a style of its own", "something from elsewhere"],
)
def test_a_violation_of_the_policy_fails_a_browser_test(chromium: Browser, body: str) -> None:
    visitors = Visitors(chromium, Server("http://desk.example"))
    page = visitors.page()

    def answer(route: Route) -> None:
        policy = "default-src 'none'; img-src 'self'"
        route.fulfill(status=200, headers={"content-type": "text/html", "content-security-policy": policy}, body=body)

    page.route("http://desk.example/**", answer)
    page.goto("http://desk.example/")
    page.wait_for_function("document.readyState === 'complete'")
    visitors.contexts[0].close()
    assert any("Content Security Policy" in complaint for complaint in visitors.blamed())
