"""The headers that keep a browser from doing what a page did not ask for, on every page and every refusal."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client
from tests.security.conftest import Crawl

UNSAFE = ("unsafe-inline", "unsafe-eval", "*", "http:", "https:")
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\b(?:src=|type=\"(?:application|speculationrules)))", re.I
)


def _strict(policy: str) -> bool:
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";") if rule.strip()}
    if "sandbox" in rules:  # a file handed out: it may do nothing at all
        return rules["sandbox"] == [] and rules.get("default-src") == ["'none'"]
    basics = rules.get("default-src") == ["'none'"] and rules.get("frame-ancestors") is not None
    return basics and not any(word in value for value in rules.values() for word in UNSAFE)


def test_every_page_carries_them(crawl: Crawl) -> None:
    missing = []
    for visit in crawl.visits:
        head = visit.headers
        good = {
            "policy": _strict(head.get("Content-Security-Policy", "")),
            "nosniff": head.get("X-Content-Type-Options") == "nosniff",
            "frame": head.get("X-Frame-Options") in {"DENY", "SAMEORIGIN"},
            "referrer": head.get("Referrer-Policy") in {"same-origin", "no-referrer"},
            "opener": head.get("Cross-Origin-Opener-Policy") == "same-origin",
            # What is the same for everybody may be kept; nothing else for somebody signed in may.
            "stored": visit.role == "anonymous"
            or visit.name.startswith(("help:", "status:"))
            or visit.name == "robots"
            or "no-store" in head.get("Cache-Control", ""),
        }
        missing += [f"{visit.where}: {what}" for what, is_good in good.items() if not is_good]
    assert "\n".join(missing) == ""


def test_no_page_has_script_or_style_of_its_own(crawl: Crawl) -> None:
    pages = [visit for visit in crawl.visits if visit.headers.get("Content-Type", "").startswith("text/html")]
    found = [f"{visit.where}: {hit.group()}" for visit in pages if (hit := INLINE.search(visit.body))]
    assert "\n".join(found) == ""


def test_no_page_loads_anything_from_elsewhere(crawl: Crawl) -> None:
    source = re.compile(
        r"<(?:img|script|link|iframe|source|audio|video|form)\b[^>]*\b(?:src|href|action)=\"(?:https?:)?//[^\"]*", re.I
    )
    ours = re.compile(rf"\b(?:src|href|action)=\"{re.escape(settings.PUBLIC_URL)}/")  # canonical links, feeds
    hits = [(visit, hit.group()) for visit in crawl.visits for hit in source.finditer(visit.body)]
    assert "\n".join(f"{visit.where}: {hit}" for visit, hit in hits if not ours.search(hit)) == ""


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
    assert _strict(response.headers.get("Content-Security-Policy", ""))
    if status != 400:
        assert response.headers.get("X-Content-Type-Options") == "nosniff" or status == 200


def test_a_forged_form_is_refused_with_them(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a@b.example", "password": "x"})
    assert response.status_code == 403
    assert _strict(response.headers["Content-Security-Policy"])
    assert "set-cookie" not in response.headers or "session" not in response.headers["set-cookie"]
