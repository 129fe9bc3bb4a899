"""Which database a command talks to: the person's own, the running tree's, or an embedded one just for the command."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from holdfast.runtime.lock import DataDirectoryBusyError, DataDirectoryLock
from holdfast.runtime.postgres import EmbeddedPostgres, PostgresError

# These keep their server for as long as they run; any other owner stops it when its own work is done.
_LONG_LIVED = {"up", "web", "worker"}
_PATIENCE = 30.0  # seconds


@contextlib.contextmanager
def database(*, data: Path, own_url: str, command: str, create: bool, say: Callable[[str], None]) -> Iterator[str]:
    """Give the address of the database for as long as the `with` block lasts.

    `own_url` (DATABASE_URL) wins. Else the server of a running `up` on the same data directory is used; with none
    running, one is started for the block. Raises `PostgresError` when there is no database yet and `create` is false.
    """
    if own_url:
        yield own_url
        return
    server = EmbeddedPostgres(data=data)
    lock = DataDirectoryLock(data=data, name=command)
    deadline = time.monotonic() + _PATIENCE
    while True:
        if not create and not server.is_initialised():
            raise PostgresError(f"There is no database in {data} yet. Start Holdfast once: ./holdfast up --data {data}")
        try:
            lock.acquire()
            break
        except DataDirectoryBusyError as busy:
            if busy.holder in _LONG_LIVED and server.is_accepting():
                yield server.url
                return
            if time.monotonic() > deadline:
                raise PostgresError(f"{busy} It was waited for {_PATIENCE:.0f} s.") from None
            time.sleep(0.1)
    with lock:
        say("Holdfast is not running; starting its database for this command.")
        with server.running() as url:
            yield url
