"""Checkpoints and signed notes as C2SP has them: tlog-checkpoint, signed-note, tlog-cosignature, all of c2sp.org.

A checkpoint is three lines: origin, size, root. It is signed by the log (Ed25519, and ML-DSA-44 where the installed
`cryptography` has it) and cosigned by witnesses.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

try:  # since cryptography 47, where its OpenSSL has it
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

    MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    ML_DSA = True
except (ImportError, UnsupportedAlgorithm, ValueError):
    ML_DSA = False

ED25519, COSIGNATURE, ML_DSA_COSIGNATURE = 0x01, 0x04, 0x06
_KEY_LENGTHS = {ED25519: 32, COSIGNATURE: 32, ML_DSA_COSIGNATURE: 1312}
_NAME = re.compile(r"[!-*,-~]{1,200}")  # printable ASCII without space and plus
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")
_MOST_SIGNATURES = 64


class BadNote(ValueError):
    """This is no signed checkpoint, or a signature on it is wrong. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How many entries a log has, and their root."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, body: str) -> Checkpoint:
        """Read a body. Extension lines are refused: this log has none. Raises `BadNote`."""
        lines = body.split("\n")
        if len(lines) != 4 or lines[3] or not _NAME.fullmatch(lines[0]) or not _SIZE.fullmatch(lines[1]):
            raise BadNote("A checkpoint is three lines: the log's name, a number of entries and a root.")
        found = cls(lines[0], int(lines[1]), _unbase64(lines[2]))
        if len(found.root) != 32 or found.body != body:
            raise BadNote("The root of a checkpoint is 32 bytes in base64.")
        return found


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name of its holder, written `name+id+base64` (C2SP vkey)."""

    name: str
    type: int
    raw: bytes

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256 over name, newline, type and key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.raw).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.type]) + self.raw).decode()}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read `name+id+base64`. Raises `BadNote`."""
        name, _, rest = text.strip().partition("+")
        given, _, encoded = rest.partition("+")
        data = _unbase64(encoded)
        if not _NAME.fullmatch(name) or not data or _KEY_LENGTHS.get(data[0]) != len(data) - 1:
            raise BadNote("A key is written name+id+base64, as `holdfast guard keys` prints it.")
        key = cls(name, data[0], data[1:])
        if key.id.hex() != given:
            raise BadNote(f"The key of {name} does not have the id {given[:8]}; copy it again.")
        return key


@dataclass(frozen=True, slots=True)
class Line:
    """One signature line of a note."""

    name: str
    id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {base64.b64encode(self.id + self.signature).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Line:
        """Read `— name base64`. Raises `BadNote`."""
        parts = text.rstrip("\n").split(" ")
        if len(parts) != 3 or parts[0] != "—" or not _NAME.fullmatch(parts[1]):
            raise BadNote("A signature line is a dash, a name and a signature in base64.")
        data = _unbase64(parts[2])
        if len(data) < 5:
            raise BadNote("A signature in this note is too short.")
        return cls(parts[1], data[:4], data[4:])


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint with its signature lines, none of them verified."""

    checkpoint: Checkpoint
    lines: tuple[Line, ...]

    def __str__(self) -> str:
        return f"{self.checkpoint.body}\n{''.join(map(str, self.lines))}"

    @classmethod
    def parse(cls, text: str) -> Note:
        """Read a signed checkpoint. Raises `BadNote`."""
        body, gap, rest = text.rpartition("\n\n")
        lines = rest.splitlines()
        if not gap or not lines or len(lines) > _MOST_SIGNATURES or not text.endswith("\n"):
            raise BadNote("A signed checkpoint is a text, an empty line and signature lines.")
        return cls(Checkpoint.parse(body + "\n"), tuple(map(Line.parse, lines)))

    def verified(self, keys: Iterable[VerifierKey]) -> dict[VerifierKey, int | None]:
        """Return which of `keys` signed, with the time (seconds since 1970) where the signature has one.

        Signatures by other keys are left aside. Raises `BadNote` when one by a known key is wrong.
        """
        known = {(key.name, key.id): key for key in keys}
        found: dict[VerifierKey, int | None] = {}
        for line in self.lines:
            key = known.get((line.name, line.id))
            if key is not None:
                found[key] = verify(self.checkpoint, line, key)
        return found


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, with secret keys made from one seed. `types` are the kinds of signature it makes."""

    name: str
    seed: bytes
    types: tuple[int, ...]

    @classmethod
    def log(cls, *, origin: str, seed: bytes) -> Signer:
        """Return the signer of a log: Ed25519, and ML-DSA-44 where there is one."""
        return cls(origin, seed, (ED25519, ML_DSA_COSIGNATURE) if ML_DSA else (ED25519,))

    @classmethod
    def witness(cls, *, name: str, seed: bytes) -> Signer:
        """Return a cosigner: cosignature/v1 (Ed25519), and ML-DSA-44 where there is one."""
        return cls(name, seed, (COSIGNATURE, ML_DSA_COSIGNATURE) if ML_DSA else (COSIGNATURE,))

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """The public keys, to be given to whoever verifies."""
        return tuple(VerifierKey(self.name, each, self._public(each)) for each in self.types)

    def sign(self, checkpoint: Checkpoint, *, at: datetime) -> tuple[Line, ...]:
        """Return a signature line of each kind. `at` goes into those that have a time, in whole seconds."""
        moment, lines = int(at.timestamp()), []
        for key in self.keys:
            message = _message(checkpoint, key, moment)
            if key.type == ML_DSA_COSIGNATURE:
                signature = MLDSA44PrivateKey.from_seed_bytes(self._secret(key.type)).sign(message)
            else:
                signature = Ed25519PrivateKey.from_private_bytes(self._secret(key.type)).sign(message)
            stamp = b"" if key.type == ED25519 else struct.pack(">Q", moment)
            lines.append(Line(self.name, key.id, stamp + signature))
        return tuple(lines)

    def vouch(self, text: str) -> Line:
        """Sign something else than a checkpoint: a note of more than three lines, so that nobody takes it for one.

        With Ed25519, as c2sp.org/signed-note. Raises `ValueError` for a text that could be a checkpoint.
        """
        if text.count("\n") < 5 or not text.endswith("\n") or "\n\n" in text:
            raise ValueError("A note that is no checkpoint has five lines or more, none of them empty.")
        key = VerifierKey(self.name, ED25519, self._public(ED25519))
        return Line(
            self.name, key.id, Ed25519PrivateKey.from_private_bytes(self._secret(ED25519)).sign(text.encode("utf-8"))
        )

    def _secret(self, kind: int) -> bytes:
        # A key of its own per algorithm; log and witness never share a seed.
        label = b"ml-dsa-44" if kind == ML_DSA_COSIGNATURE else b"ed25519"
        return hashlib.sha256(b"holdfast ledger " + label + b"\n" + self.seed).digest()

    def _public(self, kind: int) -> bytes:
        if kind == ML_DSA_COSIGNATURE:
            return MLDSA44PrivateKey.from_seed_bytes(self._secret(kind)).public_key().public_bytes_raw()
        return Ed25519PrivateKey.from_private_bytes(self._secret(kind)).public_key().public_bytes_raw()


def verify(checkpoint: Checkpoint, line: Line, key: VerifierKey) -> int | None:
    """Verify one signature by `key`; return its time in seconds since 1970, `None` where it has none.

    Raises `BadNote` when it is wrong, or when the installed `cryptography` cannot tell.
    """
    moment, signature = None, line.signature
    if key.type != ED25519:
        if len(signature) < 9:
            raise BadNote(f"The signature of {key.name} is too short.")
        moment, signature = struct.unpack(">Q", signature[:8])[0], signature[8:]
    message = _message(checkpoint, key, moment or 0)
    try:
        if key.type == ML_DSA_COSIGNATURE:
            if not ML_DSA:
                raise BadNote(f"The ML-DSA-44 signature of {key.name} cannot be verified with what is installed here.")
            MLDSA44PublicKey.from_public_bytes(key.raw).verify(signature, message)
        else:
            Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        if isinstance(error, BadNote):
            raise
        raise BadNote(f"The signature of {key.name} is wrong.") from error
    return moment


def _message(checkpoint: Checkpoint, key: VerifierKey, moment: int) -> bytes:
    if key.type == ED25519:
        return checkpoint.body.encode()
    if key.type == COSIGNATURE:
        return f"cosignature/v1\ntime {moment}\n{checkpoint.body}".encode()
    name, origin = key.name.encode(), checkpoint.origin.encode()
    return b"".join(
        [
            b"subtree/v1\n\0",
            struct.pack(">B", len(name)),
            name,
            struct.pack(">Q", moment),
            struct.pack(">B", len(origin)),
            origin,
            struct.pack(">QQ", 0, checkpoint.size),
            checkpoint.root,
        ]
    )


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote("Something in this note is not base64.") from error
