"""The supervisor on real processes: restarts, order, the five seconds, and nothing left behind."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from holdfast.runtime.postgres import EmbeddedPostgres
from holdfast.runtime.processes import is_alive, working_in
from holdfast.runtime.supervisor import Child, ChildError, Supervisor

from .waiting import eventually


class Tree:
    """`tree.py` as a process, with its lines."""

    def __init__(self, data: Path, manner: str = "obedient") -> None:
        self.data, self.lines = data, list[str]()
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("tree.py")), str(data), manner],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.child = int(self.wait_for(r"child +pid (\d+)"))
        self.wait_for("tree +up")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait_for(self, pattern: str) -> str:
        """Wait for a line that matches, take it away, and return its first group."""
        found: list[re.Match[str]] = []
        eventually(lambda: found.extend(filter(None, (re.fullmatch(pattern, line) for line in self.lines))) or found)
        self.lines.remove(found[0].string)
        return found[0][found[0].lastindex or 0]

    def postmaster(self) -> int:
        return int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])

    def nothing_left(self) -> bool:
        return not is_alive(self.child) and working_in(self.data / "postgres") == []

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        eventually(self.nothing_left)


@pytest.fixture
def tree(data: Path) -> Iterator[Tree]:
    tree = Tree(data)
    yield tree
    tree.end()


def test_a_killed_child_is_started_again(tree: Tree) -> None:
    os.kill(tree.child, signal.SIGKILL)
    assert "killed by SIGKILL" in tree.wait_for("holdfast +child .*")
    tree.child = int(tree.wait_for(r"child +pid (\d+)"))
    assert is_alive(tree.child)


def test_a_killed_database_server_is_started_again(tree: Tree) -> None:
    before = tree.postmaster()
    os.kill(before, signal.SIGKILL)
    server = EmbeddedPostgres(data=tree.data)
    eventually(lambda: server.is_accepting() and tree.postmaster() != before)


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_whole_tree(tree: Tree, sig: signal.Signals) -> None:
    tree.process.send_signal(sig)
    assert tree.process.wait(5) == 0
    assert tree.nothing_left()
    assert not (tree.data / "postgres" / "postmaster.pid").exists()  # a clean end, not a crash


def test_a_child_that_ignores_the_stop_does_not_hold_it_up(data: Path) -> None:
    tree = Tree(data, "stubborn")
    started = time.monotonic()
    tree.process.send_signal(signal.SIGINT)
    assert tree.process.wait(6) == 0
    assert time.monotonic() - started < 5
    assert tree.nothing_left()


def test_killing_the_supervisor_leaves_nothing_behind(tree: Tree) -> None:
    tree.process.kill()
    tree.process.wait()
    eventually(tree.nothing_left)


def test_children_are_out_of_reach_of_the_terminals_own_ctrl_c(tree: Tree) -> None:
    ours = os.getpgid(tree.process.pid)
    descendants = psutil.Process(tree.process.pid).children(recursive=True)
    assert len(descendants) > 2
    assert all(os.getpgid(process.pid) != ours for process in descendants)


def _lines_of(*children: Child, until: str) -> list[str]:
    """Run children until a line contains `until`; return all lines."""
    lines: list[str] = []

    async def run() -> None:
        supervisor = Supervisor(say=lambda name, line: lines.append(f"{name}: {line}"))
        for child in children:
            await supervisor.start(child)
        async with asyncio.timeout(10):
            while not any(until in line for line in lines):
                await asyncio.sleep(0.01)
        await supervisor.stop()

    asyncio.run(run())
    return lines


def _shell(name: str, script: str, *, wave: int = 0) -> Child:
    return Child(name=name, argv=["/bin/sh", "-c", script], wave=wave)


def test_the_pause_before_a_restart_grows() -> None:
    lines = _lines_of(_shell("faulty", "exit 3"), until="in 0.8 s")
    pauses = [line.rpartition("again in ")[2] for line in lines if "again" in line]
    assert pauses == ["0.2 s.", "0.4 s.", "0.8 s."]
    assert "faulty ended with code 3" in lines[0]


def test_a_child_without_a_readiness_check_is_started_again_however_soon_it_ends() -> None:
    lines = _lines_of(_shell("hasty", "exit 3"), until="in 0.2 s")
    assert lines == ["holdfast: hasty ended with code 3; starting it again in 0.2 s."]


def test_the_highest_wave_is_stopped_first() -> None:
    says = "trap 'echo stopped; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
    lines = _lines_of(_shell("first", says), _shell("second", says, wave=1), until="second: ready")
    assert lines[-2:] == ["second: stopped", "first: stopped"]


def test_a_child_that_ends_before_it_is_ready_is_an_error_not_a_restart() -> None:
    async def never() -> bool:
        return False

    child = Child(name="broken", argv=["/bin/sh", "-c", "exit 7"], ready=never)
    with pytest.raises(ChildError, match="broken did not start: it ended with code 7"):
        _lines_of(child, until="nothing")


def test_a_child_that_is_not_ready_in_time_is_an_error() -> None:
    async def never() -> bool:
        return False

    async def run() -> None:
        supervisor = Supervisor(say=lambda name, line: None)
        with pytest.raises(ChildError, match="not ready within 0 s"):
            await supervisor.start(Child(name="slow", argv=["sleep", "60"], ready=never, ready_timeout=0.1))
        await supervisor.stop()
        assert not [p for p in psutil.Process().children() if is_alive(p.pid) and p.name() == "sleep"]

    asyncio.run(run())


def test_a_failing_step_is_an_error_that_names_it() -> None:
    async def run() -> None:
        await Supervisor(say=lambda name, line: None).run(_shell("migrate", "exit 2"))

    with pytest.raises(ChildError, match="migrate did not finish: it ended with code 2"):
        asyncio.run(run())


def test_an_endless_line_does_not_stop_the_lines_after_it() -> None:
    script = "import time; print('x' * 3_000_000); print('after', flush=True); time.sleep(600)"
    child = Child(name="loud", argv=[sys.executable, "-c", script])
    assert "loud: after" in _lines_of(child, until="loud: after")


def test_a_second_ctrl_c_kills_at_once() -> None:
    async def run() -> float:
        supervisor = Supervisor(say=lambda name, line: None)
        stubborn = (
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
        )
        patient = ((signal.SIGTERM, 30.0), (signal.SIGKILL, 1.0))
        await supervisor.start(Child(name="stubborn", argv=[sys.executable, "-c", stubborn], stop=patient))
        supervisor.ask_to_stop()
        stopping = asyncio.create_task(supervisor.stop())
        await asyncio.sleep(0.3)
        started = time.monotonic()
        supervisor.ask_to_stop()
        await stopping
        return time.monotonic() - started

    assert asyncio.run(run()) < 2
