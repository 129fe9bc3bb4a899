"""What the status page's tests share: a small raw client, and the real web process."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from holdfast.incidents.status.serving import StatusSite


@dataclass(frozen=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Reader:
    """Asks the raw application, without a server in between."""

    def __init__(self, folder: Path) -> None:
        self.site = StatusSite(executor=ThreadPoolExecutor(1), folder=folder, pages=_django)

    async def get(self, path: str, method: str = "GET", **headers: str) -> Answered:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            raise AssertionError("nothing is read")

        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        await self.site({"type": "http", "path": path, "method": method, "headers": raw}, receive, send)
        head = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answered(sent[0]["status"], head, b"".join(each.get("body", b"") for each in sent[1:]))


async def _django(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"x-from", b"django")]})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path / "kept")
