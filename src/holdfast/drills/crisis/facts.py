"""The company's own systems for a drill, over HTTP on the loopback: whose account explains a contact, and whose not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from holdfast.drills.crisis.world import World


@contextmanager
def company_systems(world: World) -> Iterator[str]:
    """Answer `POST /v1/overviews` for the customers of a world; give the base URL, empty when nothing can be asked.

    Where a scenario says that nobody's need is known, the company's systems are down.
    """
    known = {
        v.evidence.account: v.evidence.need for v in world.visits if v.evidence.account and v.evidence.need is not None
    }
    if not known:
        yield ""
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(known, at=world.scenario.start))
    thread = threading.Thread(target=server.serve_forever, name="company-systems", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(known: Mapping[str, bool], *, at: datetime) -> type[BaseHTTPRequestHandler]:
    class Systems(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            overviews = {ref: _overview(ref, known[ref], at=at) for ref in asked["refs"] if ref in known}
            body = json.dumps({"overviews": overviews}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing on the terminal."""

    return Systems


def _overview(ref: str, in_need: bool, *, at: datetime) -> dict[str, Any]:
    """One account: with a payment that was declined an hour before the drill, or with nothing of note."""
    declined = {
        "id": f"payment-{ref}",
        "card_id": f"card-{ref}",
        "merchant": "Market",
        "amount_minor": 1250,
        "currency": "EUR",
        "state": "declined",
        "at": (at - timedelta(hours=1)).isoformat(),
    }
    account = {
        "ref": ref,
        "state": "active",
        "currency": "EUR",
        "balance_minor": 100_000,
        "available_minor": 100_000,
        "opened_on": "2020-01-01",
    }
    return {"account": account, "payments": [declined] if in_need else []}
