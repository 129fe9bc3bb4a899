"""`up` from the first line to the last: the real database, the real supervisor, stand-ins for the three commands."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from holdfast.runtime.database import database
from holdfast.runtime.postgres import EmbeddedPostgres, PostgresError
from holdfast.runtime.processes import is_alive

from .waiting import eventually


class Up:
    """A running `up`, its output kept in a file."""

    def __init__(self, data: Path, *, port: int = 0, more: tuple[str, ...] = (), **env: str) -> None:
        self.data, self.output = data, data.with_suffix(".out")
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("start_up.py")), str(data), str(port), *more],
                stdout=output,
                stderr=output,
                env=os.environ | env,
            )
        self._family: list[psutil.Process] = []

    def wait_until_up(self) -> str:
        """Wait for the panel and return the address."""
        eventually(lambda: "Holdfast is up." in self.text() or self.process.poll() is not None, within=20)
        found = re.search(r"Address +(\S+)", self.text())
        assert found, self.text()
        self._family = psutil.Process(self.process.pid).children(recursive=True)
        return found[1]

    def text(self) -> str:
        return self.output.read_text()

    def stop(self) -> float:
        """Press Ctrl-C and return the seconds until the end."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(8) == 0, self.text()
        return time.monotonic() - started

    def left(self) -> list[str]:
        """Processes of the tree that still run."""
        return [process.name() for process in self._family if is_alive(process.pid)]

    def end(self) -> None:
        """Kill what a test left running."""
        self.process.kill()
        self.process.wait()
        eventually(lambda: self.left() == [])


@pytest.fixture
def tree(data: Path) -> Iterator[Up]:
    """A tree of one's own."""
    tree = Up(data)
    yield tree
    tree.end()


def test_who_serves_is_told_where_the_companys_own_systems_are(data: Path) -> None:
    tree = Up(data, more=("operations",))
    try:
        tree.wait_until_up()
        eventually(lambda: len(re.findall(r"worker asks http", tree.text())) == 2)
        told = set(re.findall(r"asks (http://127\.0\.0\.1:\d+)", tree.text()))
        assert "web asks http" in tree.text()
        assert len(told) == 1
        with urllib.request.urlopen(f"{told.pop()}/healthz", timeout=5) as answer:
            assert answer.status == 200
    finally:
        tree.end()


@pytest.fixture(scope="module")
def shared_tree(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A tree for tests that leave it running."""
    data = tmp_path_factory.mktemp("up") / "data"
    shutil.copytree(cluster, data)
    tree = Up(data)
    tree.wait_until_up()
    yield tree
    tree.end()


def get(address: str) -> str:
    with urllib.request.urlopen(f"{address}/readyz", timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def test_it_comes_up_stops_within_five_seconds_and_comes_up_again_with_its_data(tree: Up) -> None:
    tree.wait_until_up()
    assert "Starts   1" in tree.text()
    assert tree.stop() < 5
    assert tree.left() == []
    again = Up(tree.data)
    again.wait_until_up()
    assert "Starts   2" in again.text()
    again.stop()


def test_a_killed_web_process_comes_back_and_nobody_is_turned_away_meanwhile(shared_tree: Up) -> None:
    address = shared_tree.wait_until_up()
    before = get(address)
    os.kill(int(before), signal.SIGKILL)
    assert get(address) != before  # asked while nobody serves: the question waits in the kernel's queue


def test_every_worker_that_is_killed_comes_back(shared_tree: Up) -> None:
    eventually(lambda: shared_tree.text().count("working as") == 2)
    for pid in re.findall(r"working as (\d+)", shared_tree.text()):
        os.kill(int(pid), signal.SIGKILL)
    eventually(lambda: shared_tree.text().count("working as") == 4)


def test_killing_it_outright_leaves_nothing_and_the_next_start_recovers(tree: Up) -> None:
    tree.wait_until_up()
    tree.process.kill()
    tree.process.wait()
    again = Up(tree.data)  # at once: the old database server may still be on its way out
    again.wait_until_up()
    assert tree.left() == []
    again.stop()


def test_a_second_one_on_the_same_directory_is_refused(shared_tree: Up) -> None:
    program = [sys.executable, str(Path(__file__).with_name("start_up.py")), str(shared_tree.data), "0"]
    second = subprocess.run(program, capture_output=True, text=True, timeout=20, check=False)
    assert second.returncode == 1
    assert f"in use by `holdfast up` (process {shared_tree.process.pid})" in second.stdout
    assert get(shared_tree.wait_until_up())


def test_a_busy_port_is_noticed_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        tree = Up(tmp_path / "data", port=other.getsockname()[1])
        assert tree.process.wait(10) == 1
    assert "Address already in use. Choose another with --port." in tree.text()
    assert not (tmp_path / "data/postgres").exists()


def test_a_failed_migration_stops_everything_and_says_why(data: Path) -> None:
    tree = Up(data, STAND_IN_FAILS="1")
    assert tree.process.wait(20) == 1
    assert "the tables are in a bad way" in tree.text()
    assert "migrate did not finish: it ended with code 1" in tree.text()
    assert not (data / "postgres/postmaster.pid").exists()


def test_ctrl_c_while_it_is_still_starting_stops_it(tmp_path: Path) -> None:
    tree = Up(tmp_path / "data")
    eventually(lambda: "Creating the database" in tree.text())
    assert tree.stop() < 5
    assert "Holdfast is up." not in tree.text()


def starts(data: Path) -> tuple[object, list[str]]:
    """What another command reads from the database, and what it says to the person."""
    said: list[str] = []
    with (
        database(data=data, own_url="", command="token", create=False, say=said.append) as url,
        psycopg.connect(url) as connection,
    ):
        return connection.execute("SELECT count(*) FROM starts").fetchone(), said


def test_another_command_uses_the_running_database(shared_tree: Up) -> None:
    assert starts(shared_tree.data) == ((1,), [])


def test_another_command_starts_the_database_for_itself_when_nothing_runs(tree: Up) -> None:
    tree.wait_until_up()
    tree.stop()
    assert starts(tree.data) == ((1,), ["Holdfast is not running; starting its database for this command."])
    assert not EmbeddedPostgres(data=tree.data).is_accepting()


def test_a_command_before_the_first_start_says_what_to_do(tmp_path: Path) -> None:
    with (
        pytest.raises(PostgresError, match=r"There is no database .* Start Holdfast once"),
        database(data=tmp_path, own_url="", command="token", create=False, say=lambda line: None),
    ):
        pass


def test_a_database_of_ones_own_is_used_as_it_is(tmp_path: Path) -> None:
    own = "postgresql://db.example/holdfast"
    with database(data=tmp_path, own_url=own, command="token", create=False, say=lambda line: None) as url:
        assert url == own
    assert list(tmp_path.iterdir()) == []
