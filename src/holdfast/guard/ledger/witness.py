"""A witness, run by a second organisation: it sees every minute that a log only grew, says so, and never forgets.

It needs no database and nothing of the house but its address and its public keys. The checks are those of
c2sp.org/tlog-witness; only that the witness comes to the log instead of waiting for it, and may sit behind a firewall.
`witness_door` is for those that would rather be pushed to.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from holdfast.guard.ledger import merkle, succession
from holdfast.guard.ledger.notes import BadNote, Note, Signer, VerifierKey
from holdfast.kit.clock import now

EVERY = 60.0  # seconds, at most
_MOST_BYTES = 200_000
_SEED = 32  # bytes


class Unreachable(Exception):
    """The log did not answer, or not with what it should. Try again in a minute."""


class Refused(Exception):
    """The log did what an honest log cannot do. Nothing is signed until a person has looked; evidence is kept."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One look that ended well: the size that was signed, and the one before."""

    size: int
    was: int


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness of one log. `folder` holds its key, its last checkpoint, and evidence of what it refused."""

    folder: Path
    name: str
    origin: str
    keys: tuple[VerifierKey, ...]
    ask: Callable[[str], str]
    tell: Callable[[int, str], None] = lambda size, lines: None

    def look(self) -> Seen:
        """Fetch, verify, remember, then sign and hand in. Raises `Unreachable` or `Refused`."""
        with self.alone():
            me, old = signer(self.folder, self.name), self.last()
            text = self.ask("checkpoint")
            try:
                new = Note.parse(text)
                signed = self.verified(new)
            except BadNote as error:
                raise Unreachable(f"What stands at the log's address cannot be verified: {error}") from error
            if new.checkpoint.origin != self.origin:
                raise self.refused(f"The log calls itself {new.checkpoint.origin}, not {self.origin}.", text)
            if not signed:
                raise self.refused("The checkpoint is not signed with the key of this log.", text)
            if old is not None:
                self._goes_on(old, new, text)
            lines = self.sign(me, new)
        self.tell(new.checkpoint.size, lines)
        return Seen(new.checkpoint.size, old.checkpoint.size if old else 0)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One at a time looks at the last checkpoint and replaces it, in this process and any other on the folder."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def sign(self, me: Signer, new: Note) -> str:
        """Remember a checkpoint that was looked at, then sign it; return the signature lines. Only while `alone`."""
        # On disk before the signature exists: a witness that forgets could sign both sides of a fork.
        self._remember(new)
        return "".join(map(str, me.sign(new.checkpoint, at=now())))

    def verified(self, new: Note) -> bool:
        """Whether the log's key signed, or one that took over from it. A change of key is remembered before it counts.

        Raises `BadNote`.
        """
        path = self.folder / "successions"
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        if succession.verified(new, succession.turns(self.keys, succession.parsed(kept))):
            return True
        try:
            shown = self.ask("successions")
        except Unreachable:
            return False
        if not shown.startswith(kept) or not succession.verified(
            new, succession.turns(self.keys, succession.parsed(shown))
        ):
            return False
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, shown)
        return True

    def last(self) -> Note | None:
        """Return the last checkpoint that was signed. Raises `Refused` when what is on disk is no longer one."""
        path = self.folder / "checkpoint"
        try:
            return Note.parse(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if (self.folder / "began").exists():
                raise Refused(
                    f"{path} is gone, though this witness signed before. Put it back, or begin anew."
                ) from None
            return None
        except (BadNote, UnicodeDecodeError) as error:
            raise Refused(f"{path} is damaged; put it back from a copy.") from error

    def _goes_on(self, old: Note, new: Note, text: str) -> None:
        was, now_ = old.checkpoint, new.checkpoint
        if now_.size < was.size:
            raise self.refused(f"ROLLBACK: the log had {was.size} entries and shows {now_.size}.", text)
        proof: list[bytes] = []
        if now_.size > was.size and was.size:
            proof = _hashes(self.ask(f"consistency?old={was.size}&size={now_.size}"))
        if not merkle.consistent(old=was.size, old_root=was.root, size=now_.size, root=now_.root, proof=proof):
            kind = "FORK: two logs" if now_.size == was.size else "FORK: the log does not go on from"
            raise self.refused(f"{kind} of {was.size} entries.", text)

    def _remember(self, note: Note) -> None:
        _write(self.folder / "checkpoint", str(note))
        if not (self.folder / "began").exists():
            _write(self.folder / "began", f"{now().isoformat()}\n")

    def refused(self, sentence: str, text: str) -> Refused:
        """Keep both checkpoints side by side: signed by the log, they are the proof against it."""
        old = self.folder / "checkpoint"
        evidence = {"at": now().isoformat(), "why": sentence, "shown": text[:_MOST_BYTES]}
        evidence["kept"] = old.read_text(encoding="utf-8") if old.exists() else ""
        name = self.folder / f"refused-{now():%Y%m%dT%H%M%S}-{secrets.token_hex(2)}.json"
        _write(name, json.dumps(evidence, indent=2, ensure_ascii=False) + "\n")
        return Refused(f"{sentence} Nothing was signed; the evidence is in {name}.")


def signer(folder: Path, name: str) -> Signer:
    """Return this witness's signer; its key is made once, in `folder`."""
    path = folder / "key"
    if not path.exists():
        if (folder / "began").exists():
            raise Refused(f"{path} is gone, though this witness signed before. Put it back, or begin in a new folder.")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, secrets.token_hex(_SEED) + "\n")
    return Signer.witness(name=name, seed=bytes.fromhex(path.read_text().strip()))


def nobody(path: str) -> str:
    """Ask nobody, for a witness that was not told where its log is published."""
    raise Unreachable(f"This witness was not told where to ask for {path}.")


def over_http(url: str, client: httpx.Client) -> tuple[Callable[[str], str], Callable[[int, str], None]]:
    """Return how to ask the log at `url` (…/ledger/) for a text, and how to hand cosignatures in."""
    base = url.rstrip("/") + "/"

    def ask(path: str) -> str:
        return _answer(lambda: client.get(base + path), path)

    def tell(size: int, lines: str) -> None:
        _answer(lambda: client.post(f"{base}cosignatures/{size}", content=lines.encode()), "cosignatures")

    return ask, tell


def _answer(request: Callable[[], httpx.Response], what: str) -> str:
    try:
        response = request()
    except httpx.HTTPError as error:
        raise Unreachable(f"The log does not answer ({type(error).__name__}).") from error
    if response.status_code != 200:
        said = response.text.strip().split("\n")[0][:200]
        raise Unreachable(f"The log answers {response.status_code} to {what}: {said}")
    if len(response.content) > _MOST_BYTES:
        raise Unreachable(f"The log's answer to {what} is too long.")
    return response.text


def _hashes(text: str) -> list[bytes]:
    try:
        return [base64.b64decode(line, validate=True) for line in text.splitlines()[:64]]
    except (binascii.Error, ValueError) as error:
        raise Unreachable("The log's consistency proof is not base64.") from error


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all, and on disk when this returns."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
