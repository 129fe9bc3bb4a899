"""The widget as a file: small, alone, and quiet about the page around it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

LARGEST = 12_000  # bytes, gzipped


@pytest.fixture(scope="module")
def script() -> str:
    return Path(str(finders.find("widget/holdfast-chat.js"))).read_text()


def test_it_is_at_most_twelve_kilobytes_gzipped(script: str) -> None:
    assert len(gzip.compress(script.encode(), 9)) <= LARGEST


def test_it_needs_nothing_else(script: str) -> None:
    assert not re.search(r"\bimport\b|\brequire\(|https?://(?!www\.w3\.org)[\w.]+", script)


@pytest.mark.parametrize("sink", ["innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "document.write", "cookie"])
def test_it_never_makes_markup_or_reads_cookies(script: str, sink: str) -> None:
    assert sink not in script


def test_every_language_has_all_the_words_and_their_places(script: str) -> None:
    block = script[script.index("const WORDS") : script.index("const words")]
    languages = re.findall(r"^    (\w+): \{(.*?)^    \},", block, re.M | re.S)
    assert [name for name, _ in languages] == ["en", "id", "pt"]
    words = [dict(re.findall(r'(\w+): "([^"]*)"', body)) for _, body in languages]
    for other in words[1:]:
        assert other.keys() == words[0].keys()
        for name, text in other.items():
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", words[0][name])), name
    used = set(re.findall(r'say\("(\w+)"', script)) | set(re.findall(r'\? "(\w+)" : "(\w+)"', script)[0])
    assert used <= words[0].keys()
    assert not [text for text in words[0].values() if "!" in text or "unfortunately" in text.lower()]


@pytest.mark.django_db
def test_the_demo_page_is_nowhere_but_in_the_demo(settings: Any) -> None:
    assert not settings.DEMO
    assert Client().get("/chat/demo/").status_code == 404
    settings.DEMO = True
    assert Client().get("/chat/demo/").status_code == 200


@pytest.mark.django_db
def test_the_demo_page_embeds_it_under_the_strict_policy(settings: Any) -> None:
    settings.DEMO = True
    answer = Client().get("/chat/demo/")
    assert answer.status_code == 200
    assert b"widget/holdfast-chat.js" in answer.content
    assert b"<style" not in answer.content
    assert b" style=" not in answer.content
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
