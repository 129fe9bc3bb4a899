"""The server's short way to the door: whatever comes whole is taken in at once, everything else goes the long way."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.intake.serving import Answer, WebProcess, read_answer, web_process

from holdfast.intake import tokens
from holdfast.intake.models import Contact


@pytest.fixture
def web(transactional_db: None, tmp_path: Path) -> Iterator[WebProcess]:
    with web_process(tmp_path / "web") as running:
        yield running


@pytest.fixture
def token(web: WebProcess) -> str:
    made = tokens.create(name="shop", scopes=["contacts:write"])
    assert web.post(made, {"channel": "web", "from": {"email": "a@b.example"}, "text": "first"}).status == 202
    return made


def post(token: str, text: str, *, more: str = "", version: str = "1.1") -> bytes:
    body = json.dumps({"channel": "web", "from": {"email": "a@b.example"}, "text": text}).encode()
    head = f"POST /v1/contacts HTTP/{version}\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n{more}"
    head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def answers(connection: socket.socket, number: int) -> list[Answer]:
    """Read responses that may arrive in one piece."""
    data, found = b"", []
    while len(found) < number:
        head, separator, rest = data.partition(b"\r\n\r\n")
        length = next((int(x[15:]) for x in head.split(b"\r\n") if x.startswith(b"content-length:")), 0)
        if separator and len(rest) >= length:
            lines = head.decode().split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines[1:])
            found.append(Answer(int(lines[0].split()[1]), headers, rest[:length]))
            data = rest[length:]
            continue
        more = connection.recv(65536)
        assert more, data
        data += more
    return found


def texts() -> list[str]:
    return list(Contact.objects.order_by("accepted_at", "id").values_list("text", flat=True))


def test_requests_sent_in_one_breath_are_answered_in_their_order(web: WebProcess, token: str) -> None:
    unknown = post("hf_unknown", "stranger")
    health = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"
    with web.connect() as connection:
        connection.sendall(post(token, "one") + health + post(token, "two") + unknown + post(token, "three"))
        found = answers(connection, 5)
    assert [answer.status for answer in found] == [202, 200, 202, 401, 202]
    assert len({answer.json["receipt"] for answer in found if answer.status == 202}) == 3
    assert all("date" in answer.headers for answer in found)
    assert texts() == ["first", "one", "two", "three"]


def test_the_answer_is_the_same_whether_a_contact_comes_whole_or_in_pieces(web: WebProcess, token: str) -> None:
    whole, pieces = post(token, "whole"), post(token, "in pieces")
    with web.connect() as connection:
        connection.sendall(whole)
        short = read_answer(connection)
        for start in range(0, len(pieces), 50):
            connection.sendall(pieces[start : start + 50])
            time.sleep(0)  # another system call, so most likely another packet
        long = read_answer(connection)
    assert (short.status, set(short.headers), set(short.json)) == (long.status, set(long.headers), set(long.json))
    assert short.json["accepted_at"] < long.json["accepted_at"]


@pytest.mark.parametrize(("more", "version"), [("connection: close\r\n", "1.1"), ("", "1.0")])
def test_who_asks_to_close_is_answered_and_shown_out(web: WebProcess, token: str, more: str, version: str) -> None:
    with web.connect() as connection:
        connection.sendall(post(token, "bye", more=more, version=version))
        answer = read_answer(connection)
        assert (answer.status, answer.headers["connection"]) == (202, "close")
        assert connection.recv(1) == b""


def test_who_waits_for_100_continue_hears_it(web: WebProcess, token: str) -> None:
    head, _, body = post(token, "patient", more="expect: 100-continue\r\n").partition(b"\r\n\r\n")
    with web.connect() as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert read_answer(connection).status == 202


def test_who_leaves_before_the_answer_is_kept_all_the_same(web: WebProcess, token: str) -> None:
    for n in range(20):
        with web.connect() as connection:
            connection.sendall(post(token, f"gone {n}"))
    assert web.post(token, {"channel": "web", "from": {"email": "a@b.example"}, "text": "last"}).status == 202
    assert web.stop() < 3  # what waits is committed before it ends
    assert set(texts()) == {"first", "last", *(f"gone {n}" for n in range(20))}
    assert "Traceback" not in web.log()
