"""A real `holdfast web` process on the test's own database, and a real browser that must find no fault."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.desk.conftest import BACKEND, Desk, make_desk

from holdfast.people.models import Agent

# Playwright's synchronous interface runs an event loop in this thread; the database is used outside of it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# A reply waits five seconds, in which it can be taken back; the machine may be busy besides.
expect.set_options(timeout=20_000)
START_SECONDS = 60
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
# Widths and colour schemes in which pages are examined: contrast hangs on the scheme, what fits on the width.
LOOKS = [(1440, "light"), (1024, "dark"), (390, "light")]


@dataclass
class Server:
    """A running web process."""

    url: str


@pytest.fixture(scope="session")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    """`holdfast web` on a free port, on this worker's test database; stopped at the end of the run."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = connection.settings_dict
    address = f"postgresql://{quote(given['USER'])}@/{quote(given['NAME'])}?{urlencode({'host': given['HOST']})}"
    environment = os.environ | {"DATABASE_URL": address, "HOLDFAST_PORT": str(port), "HOLDFAST_SMTP_PORT": "0"}
    environment["HOLDFAST_DEMO"] = "1"  # for the page of the made-up bank
    log = settings.DATA_DIR / f"web-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "holdfast", "web"], env=environment, stdout=output, stderr=output
        )
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}/readyz", process, log)
            yield Server(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Any) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"The web process ended at once:\n{log.read_text(errors='replace')[-3000:]}")
        try:
            with urlopen(url, timeout=2) as response:
                if response.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The web process was not ready in {START_SECONDS} s:\n{log.read_text(errors='replace')[-3000:]}")


@pytest.fixture(scope="session")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """Debian's chromium without a window."""
    flags = ["--no-sandbox", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=flags)
        yield browser
        browser.close()


@dataclass
class Visitors:
    """Opens pages, signed in as somebody, and remembers every complaint of the browser."""

    browser: Browser
    server: Server
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def page(self, agent: Agent | None = None, **options: Any) -> Page:
        """A new browser of its own; with an agent it has their session. `options` are the context's."""
        context = self.browser.new_context(**({"base_url": self.server.url, "viewport": WIDE} | options))
        self.contexts.append(context)
        if agent is not None:
            client = Client()
            client.force_login(agent, BACKEND)
            morsel = client.cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": morsel.key, "value": morsel.value, "url": self.server.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        return page

    def _said(self, message: Any) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def forgive(self, words: str) -> None:
        """Pass over complaints that a test provokes on purpose, now and until it ends: they contain `words`."""
        self.forgiven.append(words)

    def blamed(self) -> list[str]:
        """Return the complaints that nobody forgave."""
        return [each for each in self.complaints if not any(words in each for words in self.forgiven)]


@pytest.fixture
def visitors(chromium: Browser, server: Server, transactional_db: None) -> Iterator[Visitors]:
    """Browsers for one test. No error in a console, no violation of the content security policy."""
    opened = Visitors(chromium, server)
    yield opened
    for context in opened.contexts:
        context.close()
    _until_quiet()
    assert opened.blamed() == []


def _until_quiet() -> None:
    """Wait for the web process to end what closed pages asked last: emptying the tables meanwhile would deadlock."""
    deadline, quiet = time.monotonic() + 10, 0
    while quiet < 4 and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            (busy,) = cursor.fetchone()
        quiet = 0 if busy else quiet + 1
        time.sleep(0.05)


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    return make_desk()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until something in the database is so; fail after ten seconds."""

    def wait(is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not is_so():
            assert time.monotonic() < deadline, "This did not become so within ten seconds."
            time.sleep(0.05)

    return wait
