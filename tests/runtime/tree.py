"""A small process tree for the supervisor's tests; run as a program: tree.py DATA [obedient|stubborn].

Like `holdfast up` it owns a data directory, runs the real database and one more child, and stops on a signal.
"""

import asyncio
import signal
import sys
from pathlib import Path

from holdfast.runtime.lock import DataDirectoryLock
from holdfast.runtime.postgres import EmbeddedPostgres
from holdfast.runtime.supervisor import Child, Supervisor
from holdfast.runtime.terminal import Terminal

OBEDIENT = "import os, time; print('pid', os.getpid(), flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + OBEDIENT


async def run(data: Path, manner: str) -> None:
    supervisor = Supervisor(say=Terminal().say)
    supervisor.stop_on_signals()
    server = EmbeddedPostgres(data=data, durable=False)
    server.initialise()

    async def accepting() -> bool:
        return await asyncio.to_thread(server.is_accepting)

    postgres = Child(
        name="postgres",
        argv=server.command(),
        env=server.environment(),
        ready=accepting,
        stop=((signal.SIGINT, 1.5), (signal.SIGKILL, 0.1)),
        death_signal=signal.SIGINT,
        before_start=server.clear_leftovers,
    )
    program = STUBBORN if manner == "stubborn" else OBEDIENT
    await supervisor.start(postgres)
    await supervisor.start(Child(name="child", wave=1, argv=[sys.executable, "-c", program]))
    Terminal().say("tree", "up")
    await supervisor.until_stop_asked()
    await supervisor.stop()


if __name__ == "__main__":
    with DataDirectoryLock(data=Path(sys.argv[1]), name="up"):
        asyncio.run(run(Path(sys.argv[1]), sys.argv[2]))
