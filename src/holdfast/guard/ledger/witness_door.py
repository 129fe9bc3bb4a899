"""The door of a witness that is pushed to: `add-checkpoint` of c2sp.org/tlog-witness, over HTTP.

The same memory, checks and evidence as the witness that comes by itself (`witness`). Whoever knows a checkpoint may
bring it: its signature is all the right there is to this. TLS is a proxy's matter.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from holdfast.guard.ledger import merkle
from holdfast.guard.ledger.notes import BadNote, Note
from holdfast.guard.ledger.witness import Refused, Witness, signer

PATH = "/add-checkpoint"
SIZE = "text/x.tlog.size"
_MOST_BYTES = 64_000
_MOST_HASHES = 63
_HASH = 32  # bytes
_MOST_EVIDENCE = 1_000  # files; anybody may bring a wrong proof for a checkpoint everybody can read
_PATIENCE = 10.0  # seconds for a request to arrive
_OLD = re.compile(r"old (0|[1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: a status, a text, and of what kind it is."""

    status: HTTPStatus
    text: str
    type: str = "text/plain; charset=utf-8"


class _Malformed(ValueError):
    """The request is no `add-checkpoint`. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class _Asked:
    old: int
    proof: list[bytes]
    note: Note
    text: str


def add_checkpoint(one: Witness, body: bytes) -> Answer:
    """Answer one request: signature lines, or why there are none."""
    try:
        asked = _read(body)
    except (_Malformed, BadNote) as wrong:
        return Answer(HTTPStatus.BAD_REQUEST, f"{wrong}\n")
    try:
        with one.alone():
            return _answer(one, asked)
    except Refused as lost:  # its own memory is gone or damaged: a person has to look
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{lost}\n")


def _read(body: bytes) -> _Asked:
    try:
        head, gap, text = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise _Malformed("The request is not UTF-8.") from error
    first, *lines = head.split("\n")
    old = _OLD.fullmatch(first)
    if not gap or old is None or len(lines) > _MOST_HASHES:
        raise _Malformed("Send a line with the old size, at most 63 of proof, an empty one, then the checkpoint.")
    try:
        proof = [base64.b64decode(line, validate=True) for line in lines]
    except (binascii.Error, ValueError) as error:
        raise _Malformed("A line of the proof is not base64.") from error
    if any(len(each) != _HASH for each in proof):
        raise _Malformed("A line of the proof is not a hash of 32 bytes.")
    return _Asked(int(old[1]), proof, Note.parse(text), text)


def _answer(one: Witness, asked: _Asked) -> Answer:
    new = asked.note.checkpoint
    if new.origin != one.origin:
        return Answer(HTTPStatus.NOT_FOUND, "This witness does not know that log.\n")
    if not _signed(one, asked.note):
        return Answer(HTTPStatus.FORBIDDEN, "The checkpoint is not signed with a key of this log.\n")
    if asked.old > new.size:
        return Answer(HTTPStatus.BAD_REQUEST, "The old size is more than the checkpoint has.\n")
    me, last = signer(one.folder, one.name), one.last()
    size, root = (last.checkpoint.size, last.checkpoint.root) if last else (0, merkle.EMPTY)
    if asked.old != size:
        return Answer(HTTPStatus.CONFLICT, f"{size}\n", SIZE)
    if new.size == size and new.root != root:
        _keep(one, f"FORK: two logs of {size} entries.", asked)
        return Answer(HTTPStatus.CONFLICT, f"{size}\n", SIZE)
    proven = merkle.consistent(old=size, old_root=root, size=new.size, root=new.root, proof=asked.proof)
    if not proven:
        _keep(one, f"FORK, or a wrong proof: nothing shows that the log goes on from {size} entries.", asked)
        return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, "The proof does not show that the log only grew.\n")
    return Answer(HTTPStatus.OK, one.sign(me, asked.note))


def _signed(one: Witness, note: Note) -> bool:
    try:
        return one.verified(note)
    except BadNote:
        return False


def _keep(one: Witness, sentence: str, asked: _Asked) -> None:
    """Keep both checkpoints, once for each that was brought."""
    mark = one.folder / f"brought-{hashlib.sha256(asked.note.checkpoint.body.encode()).hexdigest()[:16]}"
    if not mark.exists() and len(list(one.folder.glob("brought-*"))) < _MOST_EVIDENCE:
        one.refused(sentence, asked.text)
        mark.touch()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], one: Witness) -> None:
        super().__init__(address, _Handler)
        self.witness = one


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept: a log comes every minute
    server_version, sys_version = "Holdfast-Witness/1", ""
    timeout = _PATIENCE
    server: _Server

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or len(length) > 6 or int(length) > _MOST_BYTES:
            self.close_connection = True  # what follows is not read
            self._say(Answer(HTTPStatus.BAD_REQUEST, f"Say the length of the request, at most {_MOST_BYTES} bytes.\n"))
            return
        body = self.rfile.read(int(length))
        known = self.path.partition("?")[0].endswith(PATH)
        self._say(add_checkpoint(self.server.witness, body) if known else Answer(HTTPStatus.NOT_FOUND, "Not here.\n"))

    def _say(self, answer: Answer) -> None:
        content = answer.text.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say what was answered; never who asked."""
        self.log_message("%s", code.value if isinstance(code, HTTPStatus) else code)


def serving(one: Witness, *, host: str, port: int) -> ThreadingHTTPServer:
    """Return the door, listening; `serve_forever` opens it. Port 0 takes a free one."""
    return _Server((host, port), one)
