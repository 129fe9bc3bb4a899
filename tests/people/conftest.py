"""A real identity provider for the tests that sign in, or out, with one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest
from tests.people.identity_provider import Provider, handler_of


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_of(made)) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield made
        server.shutdown()
