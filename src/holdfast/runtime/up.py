"""`holdfast up`: the whole tree on one machine, from the database to the address that people open."""

import asyncio
import json
import os
import secrets
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from holdfast.runtime.lock import DataDirectoryBusyError, DataDirectoryError, DataDirectoryLock
from holdfast.runtime.postgres import EmbeddedPostgres, PostgresError
from holdfast.runtime.supervisor import Child, ChildError, Supervisor
from holdfast.runtime.terminal import Terminal

_BACKLOG = 2048  # connections that wait in the kernel while the web process is being restarted
# Web and workers end side by side; with the operations service and the database the worst case is 4.8 of 5 seconds.
_STOP = ((signal.SIGTERM, 2.6), (signal.SIGKILL, 0.2))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What `up` was asked for.

    An empty `database_url` means the embedded server. `command` runs one of Holdfast's own commands in a process of its
    own: `prepare`, `web` and `worker`. `operations` is the demo's own small service, started when it is not empty.
    """

    data: Path
    host: str
    port: int
    database_url: str
    public_url: str
    demo: bool
    workers: int
    operations: tuple[str, ...] = ()
    command: tuple[str, ...] = (sys.executable, "-m", "holdfast")


class StartError(Exception):
    """The tree cannot be started. The text is a sentence for the person at the terminal."""


def up(plan: Plan, *, terminal: Terminal) -> int:
    """Run the tree until SIGINT or SIGTERM. Returns the exit code."""
    lock = DataDirectoryLock(data=plan.data, name="up")
    try:
        # A little patience: the `up` before this one may be on its way out.
        lock.acquire(wait=2.0)
        with lock, _listen(plan.host, plan.port) as listener:
            return asyncio.run(_Tree(plan=plan, listener=listener, terminal=terminal).run())
    except DataDirectoryBusyError as busy:
        terminal.say("holdfast", f"{busy} Stop that one first, or give this one another directory with --data.")
    except (StartError, DataDirectoryError) as error:
        terminal.say("holdfast", str(error))
    return 1


class _Tree:
    def __init__(self, *, plan: Plan, listener: socket.socket, terminal: Terminal) -> None:
        self._plan, self._listener, self._terminal = plan, listener, terminal
        self._supervisor = Supervisor(say=terminal.say)
        # The web process loads while the database is prepared, and serves once it reads the end of this pipe.
        self._gate, self._opener = os.pipe()
        self._app_url = ""
        port = listener.getsockname()[1]
        self._address = plan.public_url or f"http://{_reachable(plan.host)}:{port}"
        self._env: dict[str, str] = dict(os.environ) | {
            "HOLDFAST_DATA": str(plan.data),
            "HOLDFAST_HOST": plan.host,
            "HOLDFAST_PORT": str(port),
            "HOLDFAST_DEMO": "1" if plan.demo else "0",
            "PYTHONUNBUFFERED": "1",
        }

    async def run(self) -> int:
        self._supervisor.stop_on_signals()
        code = 0
        try:
            if await self._supervisor.unless_stopped(self._bring_up()):
                await self._supervisor.until_stop_asked()
        except (ChildError, PostgresError, DataDirectoryError) as error:
            self._terminal.say("holdfast", str(error))
            code = 1
        self._terminal.say("holdfast", "Stopping.")
        await self._supervisor.stop()
        self._terminal.say("holdfast", "Stopped.")
        return code

    async def _bring_up(self) -> None:
        self._env["DATABASE_URL"] = self._plan.database_url
        if not self._plan.database_url:
            server = await self._start_database()
            self._env["DATABASE_URL"], self._app_url = server.url, server.app_url
        operations = self._operations()  # before the others are made: they are told its address
        _, _, notes = await asyncio.gather(
            self._supervisor.start(*operations), self._supervisor.start(self._web()), self._prepare()
        )
        await self._supervisor.start(*(self._worker(number) for number in range(self._plan.workers)))
        rows = [("Address", self._address), *((label, value) for label, value in notes)]
        self._terminal.panel("Holdfast is up.", [*rows, ("Stop", "Ctrl-C")])

    async def _start_database(self) -> EmbeddedPostgres:
        server = EmbeddedPostgres(data=self._plan.data)
        if not server.is_initialised():
            self._terminal.say("holdfast", f"Creating the database in {server.directory}.")
        await asyncio.to_thread(server.initialise)

        async def accepting() -> bool:
            return await asyncio.to_thread(server.is_accepting)

        postgres = Child(
            name="postgres",
            argv=server.command(),
            env=server.environment(),
            ready=accepting,
            ready_timeout=120.0,  # after a crash it first replays its log
            stop=((signal.SIGINT, 1.2), (signal.SIGQUIT, 0.3), (signal.SIGKILL, 0.1)),
            death_signal=signal.SIGINT,
            before_start=server.clear_leftovers,
            shows=lambda line: not line.startswith(("LOG:", "HINT:")),
        )
        await self._supervisor.start(postgres)
        await asyncio.to_thread(server.create_database)
        return server

    def _operations(self) -> list[Child]:
        """Return the demo bank's own systems, a small HTTP process that the connectors call; none when not wanted."""
        if not self._plan.operations or self._env.get("HOLDFAST_OPERATIONS_URL"):
            return []
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self._env["HOLDFAST_OPERATIONS_URL"] = f"http://127.0.0.1:{port}"
        self._env.setdefault("HOLDFAST_OPERATIONS_TOKEN", secrets.token_urlsafe(24))
        child = Child(
            name="operations",
            argv=(*self._plan.operations, "--port", str(port)),
            wave=1,
            env=self._env,
            ready=lambda: _answers("127.0.0.1", port, "/healthz"),
            stop=((signal.SIGTERM, 0.3), (signal.SIGKILL, 0.1)),
        )
        return [child]

    async def _prepare(self) -> list[tuple[str, str]]:
        """Migrate, seed the demo, and collect what the panel shows: one process, for Django takes a second to load."""
        ours, theirs = os.pipe()
        argv = [*self._plan.command, "prepare", "--base-url", self._address, "--report-to", str(theirs)]
        argv += ["--separate"] if self._app_url else []
        tty = sys.stdout.isatty()
        child = Child(name="migrate", argv=argv, wave=3, env=self._env, inherit=(theirs,), own_terminal=tty)
        with os.fdopen(ours) as report:
            try:
                await self._supervisor.run(child)
            finally:
                os.close(theirs)
            os.close(self._opener)
            return [(str(label), str(value)) for label, value in json.loads(report.read())]

    def _web(self) -> Child:
        host, port = self._listener.getsockname()[:2]
        return Child(
            name="web",
            argv=(*self._plan.command, "web", "--fd", str(self._listener.fileno()), "--gate", str(self._gate)),
            wave=2,
            env=self._serving_env(),
            ready=lambda: _answers(_reachable(host), port, "/readyz"),
            ready_timeout=900.0,  # long migrations included; if it ends before, that is noticed at once
            stop=_STOP,
            inherit=(self._listener.fileno(), self._gate),
        )

    def _worker(self, number: int) -> Child:
        name = "worker" if self._plan.workers == 1 else f"worker.{number + 1}"
        argv = (*self._plan.command, "worker")
        return Child(name=name, argv=argv, wave=2, env=self._serving_env(), stop=_STOP)

    def _serving_env(self) -> dict[str, str]:
        """What the processes that serve get: on the embedded server they connect as a role that owns nothing."""
        return self._env | ({"DATABASE_URL": self._app_url} if self._app_url else {})


def _listen(host: str, port: int) -> socket.socket:
    """Open the listening socket here, not in the web process.

    So a busy port is noticed before anything starts, and while the web process is being restarted its callers wait in
    the kernel's queue instead of being turned away.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise StartError(f"Cannot listen on {host} port {port}: {reason}. Choose another with --port.") from None


def _reachable(host: str) -> str:
    """An address of this machine at which a server bound to `host` answers."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104


async def _answers(host: str, port: int, path: str) -> bool:
    """Tell whether a GET of `path` is answered with 200. Waits long: the socket may listen before anybody accepts."""
    try:
        async with asyncio.timeout(20.0):
            reader, writer = await asyncio.open_connection(host.strip("[]"), port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
            status = (await reader.readline()).split()
            writer.close()
            return status[1:2] == [b"200"]
    except (OSError, TimeoutError):
        return False
