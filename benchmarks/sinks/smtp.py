"""A mail server that takes everything, as fast as one core can, and writes down what it took before it says so.

    python benchmarks/sinks/smtp.py --record FILE [--refuse 0.01] [--later 0.01] [--throttle 0.001] [--drop 0.001]

Prints its port as its first line. Each line of the record is a recipient, a Message-ID and, with `--headers`, the head
of the mail. It misbehaves by a hash of the Message-ID, so the same mails meet the same fate in every run:
`--refuse` recipients for good (550), `--later` put a mail off once (450), `--throttle` says 421 and hangs up instead of
taking a mail, once per mail; `--drop` breaks the connection once a mail's text has come, and every second time it has
taken the mail before.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import re
import signal
import sys
from pathlib import Path

_ID = re.compile(rb"^message-id:\s*<([^>]*)>", re.IGNORECASE | re.MULTILINE)


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self, server: Server) -> None:
        self.server, self.buffer, self.recipient, self.in_text = server, b"", b"", False
        self.sender = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        replies: list[bytes] = []
        while not self.transport.is_closing():
            if self.in_text:
                end = 0 if self.buffer.startswith(b".\r\n") else self.buffer.find(b"\r\n.\r\n") + 2
                if end == 1:
                    break
                text, self.buffer = self.buffer[:end], self.buffer[end + 3 :]
                self.in_text = False
                replies.append(self.took(text))
            else:
                line, found, rest = self.buffer.partition(b"\r\n")
                if not found:
                    break
                self.buffer = rest
                replies.append(self.command(line))
        if replies and not self.transport.is_closing():
            self.transport.write(b"".join(replies))

    def command(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"MAIL":
            if self.sender:
                return b"503 nested MAIL\r\n"
            self.sender, self.recipient = True, b""
            return b"250 ok\r\n"
        if verb == b"RCPT":
            address = line[line.find(b"<") + 1 : line.rfind(b">")]
            if not self.sender:
                return b"503 MAIL first\r\n"
            if self.server.falls(b"refuse" + address, self.server.asked.refuse):
                return b"550 5.1.1 no such mailbox\r\n"
            self.recipient = address
            return b"250 ok\r\n"
        if verb == b"DATA":
            if not self.recipient:
                return b"503 no valid recipients\r\n"
            self.in_text = True
            return b"354 go on\r\n"
        if verb == b"EHLO":
            pipelining = b"" if self.server.asked.no_pipelining else b"250-PIPELINING\r\n"
            return b"250-sink\r\n" + pipelining + b"250-8BITMIME\r\n250 SIZE 35000000\r\n"
        if verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
            return b""
        if verb == b"RSET":
            self.sender, self.recipient = False, b""
        return b"250 ok\r\n"

    def took(self, text: bytes) -> bytes:
        self.sender, recipient, self.recipient = False, self.recipient, b""
        found = _ID.search(text)
        message = found[1] if found else b""
        asked, server = self.server.asked, self.server
        if server.falls(b"later" + message, asked.later) and server.first(b"later" + message):
            return b"450 4.2.0 try again\r\n"
        if server.falls(b"throttle" + message, asked.throttle) and server.first(b"throttle" + message):
            self.transport.write(b"421 4.7.0 too much at once\r\n")
            self.transport.close()
            return b""
        drops = server.falls(b"drop" + message, asked.drop) and server.first(b"drop" + message)
        if not drops or message[-1:] in b"02468ace":
            server.write_down(recipient, message, text)
        if drops:
            self.transport.abort()
            return b""
        return b"250 taken\r\n"


class Server:
    """What all connections share: the record and the fates."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.seen: set[bytes] = set()
        self.record = os.open(asked.record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def falls(self, name: bytes, share: float) -> bool:
        """Tell whether `name` is among the `share` that meets a fate."""
        return share > 0 and int.from_bytes(hashlib.blake2b(name, digest_size=4).digest()) < share * 2**32

    def first(self, name: bytes) -> bool:
        """Tell whether `name` comes for the first time; only asked for the few that meet a fate."""
        known = name in self.seen
        self.seen.add(name)
        return not known

    def write_down(self, recipient: bytes, message: bytes, text: bytes) -> None:
        """Write before anything is said: what is answered with 250 is in the record, whoever is killed."""
        head = b"\t" + text.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"\\n") if self.asked.headers else b""
        os.write(self.record, recipient + b"\t" + message + head + b"\n")


async def _main(asked: argparse.Namespace) -> None:
    server, loop, stop = Server(asked), asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    listening = await loop.create_server(lambda: Sink(server), "127.0.0.1", asked.port, reuse_address=True)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await stop.wait()


def main() -> int:
    """Take mails until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    for fate in ("refuse", "later", "throttle", "drop"):
        parser.add_argument(f"--{fate}", type=float, default=0.0)
    parser.add_argument("--headers", action="store_true")
    parser.add_argument("--no-pipelining", action="store_true")
    asked = parser.parse_args()
    try:
        import uvloop

        uvloop.run(_main(asked))
    except ImportError:
        asyncio.run(_main(asked))
    return 0


if __name__ == "__main__":
    sys.exit(main())
