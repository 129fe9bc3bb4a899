"""One signing key after the other: the old one says at which size the new one takes over, and both sign that.

Whoever trusts one key of the line can follow it to the others. A key counts for its own stretch of the log only, so an
old one that is stolen later signs nothing that anybody believes. Needs no database: witnesses run it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from holdfast.guard.ledger.notes import ED25519, BadNote, Checkpoint, Line, Note, Signer, VerifierKey

BETWEEN = "\n--\n"
_HEAD = "holdfast-key-succession"
_BODY = re.compile(
    rf"{_HEAD}\n(?P<checkpoint>[^\n]+\n[0-9]+\n[^\n]+\n)(?P<old>(?:old [^\n]+\n)+)(?P<new>(?:new [^\n]+\n)+)"
)


@dataclass(frozen=True, slots=True)
class Succession:
    """`old` keys counted up to and with `checkpoint`, `new` ones count from there on. The Ed25519 key comes first."""

    checkpoint: Checkpoint
    old: tuple[VerifierKey, ...]
    new: tuple[VerifierKey, ...]

    @property
    def body(self) -> str:
        """The text that is signed."""
        keys = [f"old {key}\n" for key in self.old] + [f"new {key}\n" for key in self.new]
        return f"{_HEAD}\n{self.checkpoint.body}{''.join(keys)}"

    @classmethod
    def parse(cls, text: str) -> Succession:
        """Read a signed succession and verify both signatures. Raises `BadNote`."""
        body, _, lines = text.partition("\n\n")
        match = _BODY.fullmatch(body + "\n")
        if match is None:
            raise BadNote("This is no succession of keys.")
        old, new = (tuple(VerifierKey.parse(line[4:]) for line in match[kind].splitlines()) for kind in ("old", "new"))
        found = cls(Checkpoint.parse(match["checkpoint"]), old, new)
        signed = {(line.name, line.id): line for line in map(Line.parse, lines.splitlines())}
        if found.body != body + "\n" or {key.name for key in (*old, *new)} != {found.checkpoint.origin}:
            raise BadNote("A succession names keys of one log only.")
        for key in (old[0], new[0]):
            _verify(found.body, signed.get((key.name, key.id)), key)
        return found


@dataclass(frozen=True, slots=True)
class Turn:
    """A key, and the sizes it may have signed: more than `after`, up to `until` where that is set."""

    key: VerifierKey
    after: int = -1
    until: int | None = None

    def covers(self, size: int) -> bool:
        return self.after < size and (self.until is None or size <= self.until)


def written(*, old: Signer, new: Signer, checkpoint: Checkpoint) -> str:
    """Return the signed succession from `old` to `new` behind `checkpoint`, the last that `old` signed."""
    body = Succession(checkpoint, old.keys, new.keys).body
    return f"{body}\n{old.vouch(body)}{new.vouch(body)}"


def parsed(text: str) -> list[Succession]:
    """Read successions as they are published, the oldest first. Raises `BadNote`, also for a wrong order."""
    found = [Succession.parse(part) for part in text.split(BETWEEN) if part.strip()]
    for place, after in enumerate(found[1:], 1):
        before = found[place - 1]
        if after.old[0] != before.new[0] or after.checkpoint.size < before.checkpoint.size:
            raise BadNote("Successions follow each other: each begins with the key that the one before ended with.")
    away = [each.old[0] for each in found]
    if any(each.new[0] in away[: place + 1] for place, each in enumerate(found)):
        raise BadNote("A key that was put away does not come back.")
    return found


def turns(keys: Iterable[VerifierKey], successions: Sequence[Succession]) -> list[Turn]:
    """Return every key that can be trusted by whoever trusts `keys`, each with its stretch of the log."""
    given = set(keys)
    named = {key for each in successions for key in (*each.old, *each.new)}
    if named & given:  # they hang together, so one of them is enough
        given |= named
    until = {key: each.checkpoint.size for each in successions for key in each.old}
    after = {key: each.checkpoint.size for each in successions for key in each.new}
    return [Turn(key, after.get(key, -1), until.get(key)) for key in given]


def verified(note: Note, trusted: Iterable[Turn]) -> dict[VerifierKey, int | None]:
    """Return who of `trusted` signed `note` in their turn, as `Note.verified` does. Raises `BadNote`."""
    return note.verified(turn.key for turn in trusted if turn.covers(note.checkpoint.size))


def _verify(body: str, line: Line | None, key: VerifierKey) -> None:
    if line is None or key.type != ED25519:
        raise BadNote(f"The succession is not signed by {key.name} {key.id.hex()}: old and new key both have to.")
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(line.signature, body.encode())
    except (InvalidSignature, ValueError) as error:
        raise BadNote(f"The signature of {key.name} {key.id.hex()} under the succession is wrong.") from error
