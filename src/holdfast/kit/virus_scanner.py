"""Asking a virus scanner about some bytes: ClamAV's daemon, by its command INSTREAM (`man clamd`).

The bytes go over a socket in chunks that say their length; the answer is one line. Nothing is written anywhere.
"""

from __future__ import annotations

import socket
import struct
from contextlib import closing

_CHUNK = 64 * 1024
_PATIENCE = 20.0  # seconds for connecting, and for each step afterwards
_LONGEST = 4096  # bytes of an answer


class Away(Exception):  # noqa: N818 - reads as what is the matter
    """The scanner does not answer, or did not look: whether there is something in it is not known."""


def scan(content: bytes, *, address: str) -> str:
    """Return the name of what was found, empty for nothing. `address`: see `is_address`. Raises `Away`."""
    said = _ask(address, b"zINSTREAM\0", content)
    if said == "stream: OK":
        return ""
    if said.startswith("stream: ") and said.endswith(" FOUND"):
        return said.removeprefix("stream: ").removesuffix(" FOUND")[:120] or "something without a name"
    raise Away(said[:200])


def answers(*, address: str) -> bool:
    """Tell whether the scanner is there."""
    try:
        return _ask(address, b"zPING\0", None) == "PONG"
    except Away:
        return False


def is_address(address: str) -> bool:
    """Tell whether this names a socket: `unix:/run/clamav/clamd.ctl`, or `host:port`."""
    host, _, port = address.rpartition(":")
    return address.startswith("unix:/") or (bool(host) and port.isdecimal() and 0 < int(port) < 2**16)


def _ask(address: str, command: bytes, content: bytes | None) -> str:
    try:
        with closing(_connected(address)) as line:
            line.sendall(command)
            if content is not None:
                for start in range(0, len(content), _CHUNK):
                    part = content[start : start + _CHUNK]
                    line.sendall(struct.pack("!L", len(part)) + part)
                line.sendall(struct.pack("!L", 0))
            return _line(line)
    except OSError as error:
        raise Away(type(error).__name__) from error


def _line(line: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < _LONGEST:
        more = line.recv(_LONGEST)
        if not more:
            break
        said += more
    return said.rstrip(b"\0").decode("utf-8", "replace").strip()


def _connected(address: str) -> socket.socket:
    if address.startswith("unix:"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(_PATIENCE)
        try:
            line.connect(address.removeprefix("unix:"))
        except OSError:
            line.close()
            raise
        return line
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE)
