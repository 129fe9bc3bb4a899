"""A small supervisor: starts children in order, restarts what falls over, stops the tree as one.

Every child runs in a session of its own, so Ctrl-C in a terminal reaches only the supervisor and the order of the stop
is ours. Every child also asks the kernel to be killed when the supervisor dies (`processes.die_with_parent`).
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from holdfast.runtime.processes import die_with_parent

Say = Callable[[str, str], None]
"""Prints one line for one child: `say(name, line)`."""

Steps = tuple[tuple[signal.Signals, float], ...]
"""Signals to send in turn, each with the seconds to wait before the next."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0  # seconds before a restart: the first one, and the cap of the doubling
_STEADY_AFTER = 30.0  # seconds of running after which an earlier fall no longer counts
_OWN_NAME = "holdfast"


class ChildError(Exception):
    """A child that had to run did not. The text is a sentence for the person at the terminal."""


@dataclass(frozen=True, kw_only=True)
class Child:
    """One child process: how to start it, when it counts as ready, how to stop it.

    Children of one `wave` are stopped side by side, before those of lower waves. `before_start` runs before each start,
    also before restarts. `death_signal` is what the kernel sends when the
    supervisor is killed. With `own_terminal` the child writes straight to ours, for progress bars. `stop` has to be
    impatient enough for all waves together to be gone within five seconds.
    """

    name: str
    argv: Sequence[str]
    wave: int = 0
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    ready: Callable[[], Awaitable[bool]] | None = None
    ready_timeout: float = 30.0
    stop: Steps = ((signal.SIGTERM, 2.0), (signal.SIGKILL, 0.5))
    death_signal: signal.Signals = signal.SIGKILL
    before_start: Callable[[], None] | None = None
    inherit: tuple[int, ...] = ()
    shows: Callable[[str], bool] = lambda line: True
    own_terminal: bool = False


class Supervisor:
    """Runs children until `stop`. Use from the main thread: the kernel ties `death_signal` to the forking thread."""

    def __init__(self, *, say: Say) -> None:
        self._say = say
        self._keepers: list[_Keeper] = []
        self._stop_asked = asyncio.Event()
        self._asked_by = 0

    async def start(self, *children: Child) -> None:
        """Start children side by side and wait until each is ready.

        Raises `ChildError` when one of them ends or stays unready; restarts only begin once a child has been ready. A
        child without a `ready` of its own is ready as soon as its process exists, however soon that ends.
        """
        started = [_Keeper(child=child, say=self._say) for child in children]
        self._keepers += started
        await asyncio.gather(*(keeper.start() for keeper in started))

    async def run(self, child: Child) -> None:
        """Run a child that has an end, such as a migration. Raises `ChildError` unless it ends with 0."""
        keeper = _Keeper(child=child, say=self._say)
        self._keepers.append(keeper)
        code = await keeper.run_once()
        self._keepers.remove(keeper)
        if code != 0:
            raise ChildError(f"{child.name} did not finish: it {_ending(code)}. Its lines above say why.")

    def stop_on_signals(self) -> None:
        """Make SIGINT, SIGTERM and SIGHUP ask for a stop; asked a second time, everything is killed at once."""
        loop = asyncio.get_running_loop()
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(sig, self.ask_to_stop)

    def ask_to_stop(self) -> None:
        """Ask for the end of `until_stop_asked`."""
        self._asked_by += 1
        self._stop_asked.set()
        if self._asked_by == 2:
            for keeper in self._keepers:
                keeper.kill_now()

    async def until_stop_asked(self) -> None:
        """Wait until somebody wants the tree to stop."""
        await self._stop_asked.wait()

    async def unless_stopped(self, work: Awaitable[None]) -> bool:
        """Await `work`, but give up on it when a stop is asked for. Tells whether the work was finished."""
        task = asyncio.ensure_future(work)
        asked = asyncio.ensure_future(self._stop_asked.wait())
        await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if task.done():
            task.result()
            return True
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, ChildError):
            await task
        return False

    async def stop(self) -> None:
        """Stop every child, the highest wave first."""
        for keeper in self._keepers:
            keeper.stopping = True  # all of them first: nothing restarts while the tree comes down
        for wave in sorted({keeper.wave for keeper in self._keepers}, reverse=True):
            await asyncio.gather(*(keeper.stop() for keeper in self._keepers if keeper.wave == wave))
        self._keepers.clear()


class _Keeper:
    """Keeps one child running."""

    def __init__(self, *, child: Child, say: Say) -> None:
        self.stopping = False
        self.wave = child.wave
        self._child, self._say = child, say
        self._process: asyncio.subprocess.Process | None = None
        self._spawned = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Spawn the child, wait until it is ready, and from then on restart it whenever it ends."""
        ended = asyncio.create_task(self.run_once())
        try:
            await self._wait_ready(ended)
        except BaseException:
            ended.cancel()
            raise
        self._keeping = asyncio.create_task(self._keep(ended))

    async def run_once(self) -> int:
        """Spawn the child, pass its lines on until it ends, and return its exit code (negative: a signal)."""
        child = self._child
        if child.before_start:
            child.before_start()
        if child.own_terminal:
            return await (await self._spawn(output=None)).wait()
        ours, theirs = os.pipe()
        lines = asyncio.create_task(self._pass_lines_on(ours))
        try:
            process = await self._spawn(output=theirs)
        finally:
            os.close(theirs)
        code = await process.wait()
        # A grandchild may hold the pipe open for long; whatever it says after this is not worth a late restart.
        await asyncio.wait({lines}, timeout=0.3)
        lines.cancel()
        return code

    async def stop(self) -> None:
        """Send the child's stop signals in turn until it is gone, then wait for the keeping to end."""
        self.stopping = True
        was_running = self._is_running()
        for sig, patience in self._child.stop:
            if not self._is_running() or await self._ended_within(patience, after=sig):
                break
        if self._is_running():
            self.kill_now()
        if self._keeping:
            # Its last lines are still to be printed, unless it was only waiting to start the child again.
            await asyncio.wait({self._keeping}, timeout=0.4 if was_running else 0)
            self._keeping.cancel()

    def kill_now(self) -> None:
        """Send the last stop signal to the child's whole process group."""
        self._signal(self._child.stop[-1][0])

    async def _spawn(self, *, output: int | None) -> asyncio.subprocess.Process:
        self._process = await asyncio.create_subprocess_exec(
            *self._child.argv,
            env=dict(self._child.env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=self._child.inherit,
            preexec_fn=die_with_parent(death_signal=self._child.death_signal),
        )
        self._spawned.set()
        if self.stopping:  # asked while the process was being made
            self.kill_now()
        return self._process

    async def _keep(self, ended: asyncio.Task[int]) -> None:
        pause, started = _FIRST_PAUSE, time.monotonic()
        while True:
            try:
                ending = _ending(await ended)
            except Exception as error:  # it could not even be started, or `before_start` failed: try again later
                ending = f"could not start: {error}"
            if self.stopping:
                return
            if time.monotonic() - started > _STEADY_AFTER:
                pause = _FIRST_PAUSE
            self._say(_OWN_NAME, f"{self._child.name} {ending}; starting it again in {pause:.1f} s.")
            await asyncio.sleep(pause)
            pause, started = min(pause * 2, _LONGEST_PAUSE), time.monotonic()
            ended = asyncio.create_task(self.run_once())

    async def _wait_ready(self, ended: asyncio.Task[int]) -> None:
        ready = asyncio.create_task(self._until_ready())
        try:
            await asyncio.wait({ended, ready}, timeout=self._child.ready_timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if ready.done():
            ready.result()
        elif ended.done():
            raise ChildError(f"{self._child.name} did not start: it {_ending(ended.result())}.")
        else:
            raise ChildError(f"{self._child.name} was not ready within {self._child.ready_timeout:.0f} s.")

    async def _until_ready(self) -> None:
        await self._spawned.wait()
        while self._child.ready is not None and not await self._child.ready():
            await asyncio.sleep(0.02)

    async def _pass_lines_on(self, pipe: int) -> None:
        reader = asyncio.StreamReader(limit=2**20)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe, "rb", buffering=0)
        )
        with contextlib.closing(transport):
            while True:
                try:
                    raw = await reader.readline()
                except ValueError:  # a line longer than the limit: its head is lost, the child goes on
                    continue
                if not raw:
                    return
                line = raw.decode(errors="replace").rstrip()
                if line and self._child.shows(line):
                    self._say(self._child.name, line)

    def _is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def _ended_within(self, patience: float, *, after: signal.Signals) -> bool:
        self._signal(after)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._process.wait() if self._process else None
                return True
        return False

    def _signal(self, sig: signal.Signals) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if sig is signal.SIGKILL:
                os.killpg(self._process.pid, sig)
            else:
                self._process.send_signal(sig)


def _ending(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"
