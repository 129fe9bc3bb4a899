#!/usr/bin/env python3
"""holdfast-verify: check a Holdfast log of reveals without trusting, or having, Holdfast. One file, nothing to install.

  holdfast-verify full BUNDLE --keys KEYS [--seen NOTE ...] [--fresh SECONDS]
  holdfast-verify inclusion PROOF --keys KEYS
  holdfast-verify consistency OLD NEW PROOF --keys KEYS
  holdfast-verify broker BUNDLE
  holdfast-verify blast BUNDLE --actor ID ... --from TIME --to TIME [--report FILE [--signed NOTE]]

KEYS is a file of public keys (name+id+base64, one a line) that you got from the log's and the witnesses' people, not
from the bundle. Keys that took over since are followed from those you have. NOTE is a checkpoint you kept from before:
without one, nobody can tell you that the end was cut off.
Python 3.9 or later. Signatures need the package `cryptography`, those of ML-DSA-44 its version 47; what could not be
checked is said. Exit code 0: all good. 1: something is wrong. 2: the input is no such thing. 3: good as far as checked.
The formats are documented in docs/ledger.md. Apache-2.0.
"""

# ruff: noqa: UP017, T201 - it prints; and datetime.UTC came with Python 3.11, and an auditor may have an older one
from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import re
import struct
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None  # type: ignore[assignment, misc]
try:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
except ImportError:
    MLDSA44PublicKey = None  # type: ignore[assignment, misc]

HASH = rb"(?:-|[A-Za-z0-9_-]{43})"
WORD = rb"(?:-|[a-z0-9_]{1,40})"
ENTRY = re.compile(
    rb"e1 (0|[1-9][0-9]{0,17}) (0|[1-9][0-9]{0,17}) (0|[1-9][0-9]{0,17}) (asked|released|act) ([0-9a-f]{32})"
    rb" (-|[0-9a-f]{32}) (" + WORD + rb") (" + WORD + rb") (" + WORD + rb")"
    rb" (" + HASH + rb") " + HASH + rb" (" + HASH + rb") " + HASH + rb" " + HASH + rb" " + HASH + rb" " + HASH
)
LABELS = ("actor", "session", "customer", "case", "value", "grant", "reason")
LATE = 60.0  # seconds between a happening and its place in the log after which it is told
TICKET = 61.0  # seconds within which a granted request may be used, and one for rounding
WITNESSED = 120.0  # seconds by which an entry may differ from what a witness's clock says
ED25519, COSIGNATURE, ML_DSA = 1, 4, 6


class Unusable(Exception):
    """The input is not what it should be. The text says what to do."""


class Findings:
    """What was found: good, worth knowing, unchecked, wrong."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def good(self, text: str) -> None:
        self.lines.append(("ok", text))

    def note(self, text: str) -> None:
        self.lines.append(("note", text))

    def unchecked(self, text: str) -> None:
        self.lines.append(("not checked", text))

    def wrong(self, text: str) -> None:
        self.lines.append(("WRONG", text))

    def code(self) -> int:
        states = {state for state, _ in self.lines}
        return 1 if "WRONG" in states else 3 if "not checked" in states else 0


# --- Trees: RFC 6962 ---


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Grows leaf by leaf and knows its root at any moment."""

    def __init__(self) -> None:
        self.size = 0
        self.stack: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        sha256, stack, size = hashlib.sha256, self.stack, self.size
        while size & 1:
            leaf = sha256(b"\x01" + stack.pop() + leaf).digest()
            size >>= 1
        stack.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self.stack:
            return hashlib.sha256(b"").digest()
        found = self.stack[-1]
        for left in self.stack[-2::-1]:
            found = node_hash(left, found)
        return found


def included(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def goes_on(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2."""
    if old == size:
        return not proof and old_root == root
    if old == 0:
        return not proof
    if not 0 < old < size or not proof:
        return False
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, step)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == root


# --- Signed checkpoints: c2sp.org/tlog-checkpoint, signed-note, tlog-cosignature ---


class Key(NamedTuple):
    name: str
    type: int
    raw: bytes
    after: int = -1  # it signs more entries than these,
    until: int | None = None  # and no more than these

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.raw).digest()[:4]


class Note(NamedTuple):
    origin: str
    size: int
    root: bytes
    body: str
    lines: list[tuple[str, bytes, bytes]]  # name, key id, signature

    @classmethod
    def parse(cls, text: str, what: str) -> Note:
        body, gap, rest = text.rpartition("\n\n")
        head = body.split("\n")
        match = re.fullmatch(r"0|[1-9][0-9]{0,17}", head[1]) if len(head) == 3 else None
        if not gap or match is None:
            raise Unusable(f"{what} is not a signed checkpoint (origin, size and root, an empty line, signatures).")
        lines = []
        for line in rest.splitlines():
            parts = line.split(" ")
            if len(parts) != 3 or parts[0] != "—":
                raise Unusable(f"{what} has a line that is no signature.")
            data = unbase64(parts[2], what)
            lines.append((parts[1], data[:4], data[4:]))
        return cls(head[0], int(head[1]), unbase64(head[2], what), body + "\n", lines)


def unbase64(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unusable(f"{what} has something in it that is not base64.") from None


def read_keys(path: str | None, findings: Findings) -> list[Key]:
    if path is None:
        findings.unchecked(
            "Who signed: no --keys given, so signatures prove nothing. Ask the log's people for its keys."
        )
        return []
    lines = (line.strip() for line in text_of(Path(path)).splitlines())
    return [read_key(line, path) for line in lines if line and not line.startswith("#")]


def read_key(text: str, where: str) -> Key:
    name, _, rest = text.partition("+")
    given, _, encoded = rest.partition("+")
    data = unbase64(encoded, where)
    if not data or len(data) != {1: 33, 4: 33, 6: 1313}.get(data[0]):
        raise Unusable(f"{where}: {name} is not a key; write name+id+base64, one a line.")
    key = Key(name, data[0], data[1:])
    if key.id.hex() != given:
        raise Unusable(f"{where}: the key of {name} does not have the id {given}; copy it again.")
    return key


# --- Changes of the log's key: the old one and the new one sign from which size on the new one counts ---


def trusted_keys(arguments: argparse.Namespace, findings: Findings) -> list[Key]:
    """The auditor's keys, and those that follow from them by a line of successions, each for its stretch of the log."""
    keys = read_keys(arguments.keys, findings)
    path = (
        Path(arguments.successions) if arguments.successions else Path(getattr(arguments, "bundle", "")) / "successions"
    )
    if not keys or not path.is_file():
        return keys
    line = [succession(part) for part in text_of(path).split("\n--\n") if part.strip()]
    for place in range(1, len(line)):
        before, after = line[place - 1], line[place]
        if after[1][0] != before[2][0] or after[0] < before[0]:
            raise Unusable(f"{path}: the changes of key do not follow each other, so none of them counts.")
    away = [old[0] for _, old, _ in line]
    if any(new[0] in away[: place + 1] for place, (_, _, new) in enumerate(line)):
        raise Unusable(f"{path}: a key that was put away comes back, so none of these changes counts.")
    named = {key for _, old, new in line for key in (*old, *new)}
    if not named & set(keys):
        findings.note("The log's key was changed, and none of your keys signed that; they are taken as they are.")
        return keys
    until = {key: size for size, old, _ in line for key in old}
    after_ = {key: size for size, _, new in line for key in new}
    findings.good(f"{len(line)} changes of the log's key follow from yours; each key counts for its own stretch.")
    return [key._replace(after=after_.get(key, -1), until=until.get(key)) for key in {*keys, *named}]


def succession(text: str) -> tuple[int, list[Key], list[Key]]:
    """The size, the old keys and the new ones. Both Ed25519 keys, the first of each, must have signed."""
    what = "A change of key"
    body, _, rest = text.partition("\n\n")
    lines = body.split("\n")
    old = [read_key(line[4:], what) for line in lines[4:] if line.startswith("old ")]
    new = [read_key(line[4:], what) for line in lines[4:] if line.startswith("new ")]
    whole = lines[0] == "holdfast-key-succession" and len(lines) == 4 + len(old) + len(new)
    if not whole or not old or not new or {key.name for key in (*old, *new)} != {lines[1]} or not lines[2].isdigit():
        raise Unusable("What should be a change of the log's key is none.")
    if Ed25519PublicKey is None:
        raise Unusable("The log's key was changed; to follow that, `pip install cryptography`.")
    given = [line.split(" ") for line in rest.splitlines()]
    signatures = {
        (parts[1], unbase64(parts[2], what)[:4]): unbase64(parts[2], what)[4:] for parts in given if len(parts) == 3
    }
    for key in (old[0], new[0]):
        try:
            Ed25519PublicKey.from_public_bytes(key.raw).verify(
                signatures.get((key.name, key.id), b""), (body + "\n").encode()
            )
        except (InvalidSignature, ValueError):
            raise Unusable(f"A change of the log's key is not signed by {key.name} {key.id.hex()}.") from None
    return int(lines[2]), old, new


def message(note: Note, key: Key, moment: int) -> bytes:
    if key.type == ED25519:
        return note.body.encode()
    if key.type == COSIGNATURE:
        return f"cosignature/v1\ntime {moment}\n{note.body}".encode()
    name, origin = key.name.encode(), note.origin.encode()
    head = b"subtree/v1\n\0" + bytes([len(name)]) + name + struct.pack(">Q", moment) + bytes([len(origin)]) + origin
    return head + struct.pack(">QQ", 0, note.size) + note.root


def signed(note: Note, line: tuple[str, bytes, bytes], key: Key) -> tuple[bool | None, int | None]:
    """Whether the signature is right (None: cannot be told here), and its time in seconds since 1970, if it has one."""
    moment, signature = None, line[2]
    if key.type != ED25519:
        if len(signature) < 9:
            return False, None
        moment, signature = struct.unpack(">Q", signature[:8])[0], signature[8:]
    maker: Any = MLDSA44PublicKey if key.type == ML_DSA else Ed25519PublicKey
    if maker is None:
        return None, moment
    load = maker.from_public_bytes
    try:
        load(key.raw).verify(signature, message(note, key, moment or 0))
    except UnsupportedAlgorithm:
        return None, moment
    except (InvalidSignature, ValueError):
        return False, moment
    return True, moment


class Signatures(NamedTuple):
    by_log: bool
    witnesses: dict[str, int]  # name, time of its cosignature


def check_signatures(note: Note, keys: Sequence[Key], what: str, findings: Findings, quiet: bool = False) -> Signatures:
    by_log = False
    witnesses: dict[str, int] = {}
    unable: set[str] = set()
    known = {(key.name, key.id): key for key in keys}
    for line in note.lines:
        key = known.get((line[0], line[1]))
        if key is None:
            continue
        if note.size <= key.after or (key.until is not None and note.size > key.until):
            findings.wrong(
                f"{what}: signed by a key of {key.name} out of its turn: {note.size} entries are not its own."
            )
            continue
        right, moment = signed(note, line, key)
        kind = "ML-DSA-44" if key.type == ML_DSA else "Ed25519"
        if right is None:
            unable.add(kind)
        elif not right:
            findings.wrong(f"{what}: the {kind} signature of {key.name} is wrong.")
        elif key.name == note.origin:
            by_log = True
        elif moment is not None:
            witnesses[key.name] = max(moment, witnesses.get(key.name, 0))
    if keys and not by_log and not unable:
        findings.wrong(f"{what}: none of your keys of {note.origin} signed it.")
    for kind in sorted(unable) if not quiet else ():
        findings.unchecked(f"{what}: {kind} signatures; `pip install cryptography` (47 or later for ML-DSA-44).")
    if by_log and not quiet:
        findings.good(f"{what} is signed by {note.origin}.")
    return Signatures(by_log, witnesses)


# --- Bundles ---


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{path} cannot be read: {error}.") from None


def lines_of(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from None


def notes_of(path: Path) -> Iterator[Note]:
    if path.exists():
        for text in text_of(path).split("\n--\n"):
            if text.strip():
                yield Note.parse(text if text.endswith("\n") else text + "\n", str(path))


def moment_of(text: str) -> int:
    """ISO 8601 with a zone, as microseconds since 1970."""
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Unusable(f"{text} is no time; write it like 2026-03-02T09:00:00Z.") from None
    found = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
    return round(found.timestamp() * 1_000_000)


def said(micros: int) -> str:
    return datetime.fromtimestamp(micros / 1e6, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


class Clocks:
    """Times are not what orders a log. They are held against each other and against what witnesses saw."""

    def __init__(self, witnessed: dict[int, tuple[int, str]]) -> None:
        self.late: list[int] = []
        self.ahead: list[int] = []
        self.back: list[int] = []
        self.contradicted: list[tuple[int, str]] = []
        self._last = 0
        self._floor = 0  # microseconds: no later entry can be older than what a witness saw without it
        self._by = ""
        self._witnessed = witnessed

    def see(self, index: int, placed: int, happened: int) -> None:
        at = self._witnessed.get(index)  # a witness signed the log when it ended before this entry
        if at is not None and at[0] > self._floor:
            self._floor, self._by = at
        if placed + WITNESSED * 1e6 < self._floor:
            self.contradicted.append((index, self._by))
        if placed - happened > LATE * 1e6:
            self.late.append(index)
        elif happened - placed > LATE * 1e6:
            self.ahead.append(index)
        if placed < self._last:
            self.back.append(index)
        self._last = placed

    def tell(self, findings: Findings) -> None:
        for many, words in (
            (
                self.late,
                f"entries got their place more than {LATE:.0f} s after their own time (worker down, or back-dated)",
            ),
            (self.ahead, "entries claim a time after they got their place (a clock jumped)"),
            (self.back, "entries got their place at an earlier time than the one before (the clock was put back)"),
        ):
            if many:
                findings.note(f"{len(many)} {words}: {some(many)}.")
        if self.contradicted:
            index, by = self.contradicted[0]
            findings.wrong(
                f"{len(self.contradicted)} entries are dated before {by} signed a log without them (first: {index})."
            )


def some(many: Sequence[Any]) -> str:
    return ", ".join(map(str, many[:5])) + (" …" if len(many) > 5 else "")


class Broker:
    """Every release cites exactly one earlier granted request, of less than a minute ago, and no request twice."""

    def __init__(self) -> None:
        self.granted: dict[bytes, int] = {}
        self.released: dict[bytes, int] = {}
        self.seen: set[bytes] = set()
        self.faults: list[str] = []

    def see(self, index: int, happened: int, kind: bytes, own: bytes, cites: bytes, what: bytes) -> None:
        name = kind + own
        if name in self.seen:
            self.faults.append(f"Entry {index} repeats an earlier one.")
        self.seen.add(name)
        if kind == b"asked" and what == b"allowed":
            self.granted[own] = happened
        elif kind == b"released":
            if cites not in self.granted:
                self.faults.append(f"Entry {index} releases a value without an earlier granted request.")
            elif cites in self.released:
                self.faults.append(f"Entry {index} releases a value on a request that was used before.")
            elif not -1e6 <= happened - self.granted[cites] <= TICKET * 1e6:
                self.faults.append(f"Entry {index} releases a value later than a minute after the request.")
            self.released[cites] = happened

    def against(self, journal: Path) -> int:
        """Hold the releases in the log against the broker's own list of what it opened; return its length."""
        listed: dict[bytes, int] = {}
        for line in lines_of(journal):
            match = re.fullmatch(rb"([0-9a-f]{32}) ([0-9]+)\n", line)
            if match is None:
                raise Unusable(f"{journal} is a list of ids and microseconds; export it again.")
            if match[1] in listed:
                self.faults.append(f"The broker's list has {match[1].decode()} twice.")
            listed[match[1]] = int(match[2])
        for own in listed.keys() - self.released.keys():
            self.faults.append(f"The broker opened a value for {own.decode()} and the log does not have it.")
        for own in self.released.keys() - listed.keys():
            self.faults.append(f"The log has a release of {own.decode()} that the broker does not know.")
        return len(listed)

    def tell(self, findings: Findings) -> None:
        for fault in self.faults[:20]:
            findings.wrong(fault)
        if len(self.faults) > 20:
            findings.wrong(f"… and {len(self.faults) - 20} more of these.")
        if not self.faults:
            findings.good(f"{len(self.released)} releases, each on one earlier granted request of {len(self.granted)}.")


Visit = Callable[[int, "re.Match[bytes]"], None]


def walk(bundle: Path, visit: Visit, tree: Tree | None = None, at_size: Callable[[int], None] | None = None) -> int:
    """Read every entry, check its form and number, and hand it on. Returns how many there are."""
    fullmatch, sha256, index = ENTRY.fullmatch, hashlib.sha256, 0
    for line in lines_of(bundle / "entries"):
        if at_size is not None:
            at_size(index)
        entry = line[:-1]
        match = fullmatch(entry) if line.endswith(b"\n") else None
        if match is None:
            raise Unusable(f"Line {index + 1} of {bundle / 'entries'} is no entry of version e1.")
        if int(match[1]) != index:
            raise Unusable(
                f"Line {index + 1} of {bundle / 'entries'} says it is entry {match[1].decode()}: out of order."
            )
        if tree is not None:
            tree.add(sha256(b"\x00" + entry).digest())
        visit(index, match)
        index += 1
    if at_size is not None:
        at_size(index)
    return index


# --- Commands ---


def full(arguments: argparse.Namespace, findings: Findings) -> None:
    """All entries against the checkpoint, every kept checkpoint, and those the auditor kept."""
    bundle, keys = Path(arguments.bundle), trusted_keys(arguments, findings)
    newest = Note.parse(text_of(bundle / "checkpoint"), "The checkpoint")
    kept = [(f"Checkpoint {note.size}", note) for note in notes_of(bundle / "checkpoints")]
    own = [(f"Your checkpoint {path}", Note.parse(text_of(Path(path)), path)) for path in arguments.seen]
    latest = check_signatures(newest, keys, "The checkpoint", findings)
    witnessed: dict[int, tuple[int, str]] = {}
    for name, note in [("", newest), *kept, *own]:
        by = latest if not name else check_signatures(note, keys, name, findings, quiet=True)
        if note.origin != newest.origin:
            findings.wrong(f"{name} is of another log, {note.origin}.")
        for who, moment in by.witnesses.items():
            witnessed[note.size] = max((moment * 1_000_000, who), witnessed.get(note.size, (0, "")))
    wanted: dict[int, list[tuple[str, bytes]]] = {}
    for name, note in [("The checkpoint", newest), *kept, *own]:
        wanted.setdefault(note.size, []).append((name, note.root))
    tree, clocks, broker, agreed = Tree(), Clocks(witnessed), Broker(), 0

    def at_size(size: int) -> None:
        nonlocal agreed
        for name, root in wanted.pop(size, ()):
            if tree.root() != root:
                findings.wrong(
                    f"{name}: its root is not that of the first {size} entries. They were changed, or it is a fork."
                )
            else:
                agreed += 1

    def visit(index: int, match: re.Match[bytes]) -> None:
        happened = int(match[3])
        clocks.see(index, int(match[2]), happened)
        broker.see(index, happened, match[4], match[5], match[6], match[7])

    count = walk(bundle, visit, tree, at_size)
    for size, names in wanted.items():
        for name, _ in names:
            findings.wrong(f"{name} has {size} entries and this bundle only {count}: the end was cut off.")
    if agreed:
        findings.good(f"{min(count, newest.size)} entries are those under the root; {agreed} checkpoints agree.")
    if count > newest.size:
        findings.note(f"{count - newest.size} entries after the checkpoint are proved by nothing yet.")
    clocks.tell(findings)
    broker.tell(findings)
    tell_witnesses(latest, arguments.fresh, bool(keys), findings)


def tell_witnesses(latest: Signatures, fresh: float | None, keys: bool, findings: Findings) -> None:
    now = time.time()
    for name, moment in sorted(latest.witnesses.items()):
        findings.good(f"{name} saw it at {said(moment * 1_000_000)}, {max(0, now - moment):.0f} s ago.")
    newest = max(latest.witnesses.values(), default=0)
    if fresh is not None and now - newest > fresh:
        findings.wrong(f"No witness of yours signed it within {fresh:.0f} s: it may be an old one, played again.")
    if keys and not newest:
        findings.note("No witness of yours signed it, so entries at the end could be missing and you would not know.")


def inclusion(arguments: argparse.Namespace, findings: Findings) -> None:
    """One entry against a checkpoint: c2sp.org/tlog-proof with the entry in `extra`."""
    head, _, rest = text_of(Path(arguments.proof)).partition("\n\n")
    lines = head.split("\n")
    if len(lines) < 3 or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra "):
        raise Unusable(f"{arguments.proof} is no proof of an entry (c2sp.org/tlog-proof@v1 with the entry in `extra`).")
    entry = unbase64(lines[1][6:], arguments.proof)
    index = re.fullmatch(r"index (0|[1-9][0-9]*)", lines[2])
    match = ENTRY.fullmatch(entry)
    if index is None or match is None or match[1] != index[1].encode():
        raise Unusable(f"{arguments.proof} does not hold an entry of version e1 with its own number.")
    note = Note.parse(rest, arguments.proof)
    by = check_signatures(note, trusted_keys(arguments, findings), "The checkpoint", findings)
    path = [unbase64(line, arguments.proof) for line in lines[3:]]
    if included(int(index[1]), note.size, leaf_hash(entry), path, note.root):
        findings.good(f"Entry {index[1]} is one of the {note.size} of {note.origin}:")
        findings.note(entry.decode())
    else:
        findings.wrong(f"The proof does not lead from entry {index[1]} to the root of {note.origin}.")
    tell_witnesses(by, None, bool(arguments.keys), findings)


def consistency(arguments: argparse.Namespace, findings: Findings) -> None:
    """Nothing that the older checkpoint covers was changed in the newer one."""
    keys = trusted_keys(arguments, findings)
    old, new = (Note.parse(text_of(Path(path)), path) for path in (arguments.old, arguments.new))
    for path, note in ((arguments.old, old), (arguments.new, new)):
        check_signatures(note, keys, path, findings)
    proof = [unbase64(line, arguments.proof) for line in text_of(Path(arguments.proof)).splitlines() if line]
    if old.origin != new.origin:
        findings.wrong("These are checkpoints of two different logs.")
    elif old.size > new.size:
        findings.wrong(
            f"The newer checkpoint has {new.size} entries, the older one {old.size}: the log was rolled back."
        )
    elif goes_on(old.size, old.root, new.size, new.root, proof):
        findings.good(f"The {old.size} entries of the older checkpoint are the first of the {new.size} of the newer.")
    else:
        findings.wrong("The newer checkpoint does not go on from the older one: entries were changed, or it is a fork.")


def broker(arguments: argparse.Namespace, findings: Findings) -> None:
    """Releases in the log, among themselves and against the broker's own list."""
    bundle, found = Path(arguments.bundle), Broker()

    def visit(index: int, match: re.Match[bytes]) -> None:
        found.see(index, int(match[3]), match[4], match[5], match[6], match[7])

    walk(bundle, visit)
    if (bundle / "releases").exists():
        listed = found.against(bundle / "releases")
        findings.good(f"The broker's own list of {listed} releases was held against the log.")
    else:
        findings.unchecked("The broker's own list: this bundle has no file `releases`.")
    found.tell(findings)


def openings_of(bundle: Path) -> dict[tuple[int, str], tuple[bytes, str]]:
    found: dict[tuple[int, str], tuple[bytes, str]] = {}
    for line in lines_of(bundle / "openings"):
        parts = line.decode("utf-8", "replace").rstrip("\n").split(" ", 3)
        try:
            found[int(parts[0]), parts[1]] = (bytes.fromhex(parts[2]), str(json.loads(parts[3])))
        except (ValueError, IndexError):
            raise Unusable(f"{bundle / 'openings'} has a line that opens nothing; export it again.") from None
    return found


def opens(key: bytes, value: str, expected: bytes) -> bool:
    made = base64.urlsafe_b64encode(hmac.new(key, value.encode(), hashlib.sha256).digest()).rstrip(b"=")
    return hmac.compare_digest(made, expected)


def blast(arguments: argparse.Namespace, findings: Findings) -> None:
    """Whose values some actors saw, asked for and were refused in a time, from the entries and what opens them."""
    bundle, actors = Path(arguments.bundle), set(arguments.actor)
    start, end = moment_of(arguments.start), moment_of(arguments.end)
    openings = openings_of(bundle)
    sets: dict[str, set[str]] = {
        "released": set(),
        "granted": set(),
        "compared": set(),
        "refused": set(),
        "acted": set(),
    }
    closed: list[int] = []
    nameless: list[int] = []

    def opened(index: int, label: str, expected: bytes) -> str | None:
        found = openings.get((index, label))
        if found is None:
            return None
        if not opens(*found, expected):
            findings.wrong(f"Entry {index}: what is told of its {label} is not what was hashed.")
            return None
        return found[1]

    def visit(index: int, match: re.Match[bytes]) -> None:
        if not start <= int(match[3]) < end or match[10] == b"-":
            return
        actor = opened(index, "actor", match[10])
        if actor is None:
            closed.append(index)
        elif actor in actors and match[11] != b"-":
            customer = opened(index, "customer", match[11])
            if customer is None:
                nameless.append(index)
            else:
                sets[class_of(match)].add(customer)

    tree = Tree()
    count = walk(bundle, visit, tree)
    newest = Note.parse(text_of(bundle / "checkpoint"), "The checkpoint")
    check_signatures(newest, trusted_keys(arguments, findings), "The checkpoint", findings)
    if count != newest.size or tree.root() != newest.root:
        findings.wrong("The entries are not those of the checkpoint; run `full` to see why.")
    if closed:
        findings.unchecked(f"{len(closed)} entries of that time do not say whose they are: {some(closed)}.")
    if nameless:
        findings.unchecked(f"{len(nameless)} entries of these actors do not name their customer (erased, or withheld).")
    for name, customers in sets.items():
        findings.good(f"{name}: {len(customers)} customers.")
    if arguments.signed:
        check_report(arguments, findings)
    if arguments.report:
        compare(arguments.report, sets, findings)
    if arguments.list:
        for name, customers in sets.items():
            for customer in sorted(customers):
                findings.note(f"{name} {customer}")


def class_of(match: re.Match[bytes]) -> str:
    if match[4] == b"released":
        return "released"
    if match[4] == b"act":
        return "acted"
    return {b"allowed": "granted", b"compared": "compared", b"matched": "compared", b"differs": "compared"}.get(
        match[7], "refused"
    )


def check_report(arguments: argparse.Namespace, findings: Findings) -> None:
    """Whether the log's own key signed the hash of this report (a c2sp.org/signed-note that is no checkpoint)."""
    if not arguments.report:
        raise Unusable("Give the report that was signed as well, with --report.")
    text = text_of(Path(arguments.signed))
    body, gap, rest = text.rpartition("\n\n")
    body += "\n"
    head = body.split("\n")
    if not gap or len(head) < 7 or head[0] != "holdfast.radius/v1":
        raise Unusable(f"{arguments.signed} is no signed note of a report.")
    digest = hashlib.sha256()
    for line in lines_of(Path(arguments.report)):
        digest.update(line)
    if f"json {digest.hexdigest()}" not in head:
        findings.wrong("The report is not the one that was signed: its hash is another.")
    keys = [key for key in trusted_keys(arguments, findings) if key.type == ED25519 and key.name == head[1]]
    note = Note(head[1], 0, b"", body, [])
    lines = [line.split(" ") for line in rest.splitlines() if line.startswith("— ") and line.count(" ") == 2]
    for _, name, encoded in lines:
        data = unbase64(encoded, arguments.signed)
        for key in keys:
            if (key.name, key.id) == (name, data[:4]):
                right, _ = signed(note, (name, data[:4], data[4:]), key)
                if right is None:
                    findings.unchecked("The report's signature; `pip install cryptography`.")
                elif right:
                    findings.good(f"The report is signed by {head[1]}.")
                else:
                    findings.wrong(f"The report's signature of {head[1]} is wrong.")
                return
    if arguments.keys:
        findings.wrong(f"None of your keys of {head[1]} signed the report.")


def compare(path: str, sets: dict[str, set[str]], findings: Findings) -> None:
    """Hold a blast report (JSON, class: list of customers) against what the entries say."""
    try:
        report = json.loads(text_of(Path(path)))
        claimed = {name: set(map(str, report["customers"][name])) for name in report["customers"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unusable(f'{path} is no report: {{"customers": {{"released": [id, ...], ...}}}}.') from None
    for name, customers in claimed.items():
        found = sets.get(name)
        if found is None:
            findings.unchecked(f"The report's class {name}: the log does not have it.")
        elif missing := found - customers:
            findings.wrong(f"The report leaves out {len(missing)} customers of {name}: {some(sorted(missing))}.")
        elif more := customers - found:
            findings.wrong(
                f"The report names {len(more)} customers of {name} that are not in the log: {some(sorted(more))}."
            )
        else:
            findings.good(f"The report's {len(found)} customers of {name} are exactly those in the log.")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="holdfast-verify", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--json", action="store_true", help="findings as one JSON object")
    commands = made.add_subparsers(dest="command", required=True)

    def command(name: str, run: Callable[[argparse.Namespace, Findings], None], *names: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=(run.__doc__ or "").strip().split("\n")[0])
        added.set_defaults(run=run)
        for each in names:
            added.add_argument(each)
        added.add_argument("--keys", metavar="FILE", help="public keys of the log and of witnesses, name+id+base64")
        added.add_argument("--successions", metavar="FILE", help="changes of the log's key (else those in the bundle)")
        return added

    whole = command("full", full, "bundle")
    whole.add_argument("--seen", action="append", default=[], metavar="NOTE", help="a checkpoint you kept; repeatable")
    whole.add_argument("--fresh", type=float, metavar="SECONDS", help="a witness must have signed within that time")
    command("inclusion", inclusion, "proof")
    command("consistency", consistency, "old", "new", "proof")
    command("broker", broker, "bundle")
    radius = command("blast", blast, "bundle")
    radius.add_argument("--actor", action="append", required=True, metavar="ID", help="repeatable")
    radius.add_argument("--from", dest="start", required=True, metavar="TIME")
    radius.add_argument("--to", dest="end", required=True, metavar="TIME")
    radius.add_argument("--report", metavar="FILE", help="the report to hold against the log")
    radius.add_argument("--signed", metavar="NOTE", help="the note beside the report: was it signed, and unchanged?")
    radius.add_argument("--list", action="store_true", help="print the customers' ids")
    return made


def main(arguments: Iterable[str] | None = None) -> int:
    chosen = parser().parse_args(None if arguments is None else list(arguments))
    findings = Findings()
    try:
        chosen.run(chosen, findings)
    except Unusable as error:
        findings.wrong(str(error))
        code = 2
    else:
        code = findings.code()
    if chosen.json:
        print(
            json.dumps({"code": code, "findings": [{"state": state, "text": text} for state, text in findings.lines]})
        )
    else:
        for state, text in findings.lines:
            print(f"{state:<12}{text}")
        print({0: "All good.", 1: "Something is wrong.", 2: "Not usable.", 3: "Good as far as it was checked."}[code])
    return code


if __name__ == "__main__":
    sys.exit(main())
