"""One embedded PostgreSQL server per test run, shared by all xdist workers; each worker has a database of its own.

The server starts while this file is imported, before Django reads its settings, and stops with the process that
started it; the kernel stops it when that process is killed.
"""

import atexit
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import django
import pytest
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings
from tests import prepared

from holdfast.runtime.postgres import EmbeddedPostgres

_SHARED = "HOLDFAST_TEST_SERVER"  # set by the process that started the server, inherited by the workers
_AS_APP = "HOLDFAST_TESTS_AS_APP"
"""Set it, and the house runs with the rights it has in production: tests that reach past it as the owner then fail."""
_KEPT = {_SHARED, _AS_APP, "HOLDFAST_ROOT", "HOLDFAST_CHROMIUM", "HOLDFAST_DATA"}


def _start_server() -> None:
    resources = contextlib.ExitStack()
    atexit.register(resources.close)
    directory = Path(tempfile.mkdtemp(prefix="holdfast-tests-"))
    resources.callback(shutil.rmtree, directory, ignore_errors=True)
    prepared.cluster(directory)
    os.environ["DATABASE_URL"] = resources.enter_context(EmbeddedPostgres(data=directory, durable=False).running())
    os.environ["HOLDFAST_DATA"] = str(directory)
    os.environ[_SHARED] = str(os.getpid())


# Properties are tried with half of hypothesis' examples, so that everything is checked in minutes; and never against a
# clock, for the machine may be busy. `--hypothesis-profile=thorough` looks longer.
hypothesis_settings.register_profile("quick", max_examples=50, deadline=None)
hypothesis_settings.register_profile("thorough", max_examples=1_000, deadline=None)
hypothesis_settings.load_profile("quick")

for _name in [name for name in os.environ if name.startswith("HOLDFAST_") and name not in _KEPT]:
    del os.environ[_name]  # settings of the person's own shell are no part of a test
if _SHARED not in os.environ:
    _start_server()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.config.settings")
django.setup()  # only now: the settings above name the server

from django.contrib.auth.hashers import ScryptPasswordHasher  # noqa: E402
from django.contrib.contenttypes.models import ContentType  # noqa: E402
from pytest_django.plugin import DjangoDbBlocker  # noqa: E402

from holdfast.bridge import next_word  # noqa: E402
from holdfast.guard import gate, roles  # noqa: E402
from holdfast.guard.whereabouts import by_hand  # noqa: E402
from holdfast.incidents.words import bell  # noqa: E402
from holdfast.knowledge import search  # noqa: E402
from holdfast.promises import told  # noqa: E402

_EMPTY = """
DO $$
DECLARE one text; filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;  -- no foreign key, and no trigger that keeps rows for good
    FOR one IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'django_migrations'
    LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || one || ')' INTO filled;
        IF filled THEN EXECUTE 'DELETE FROM ' || one; END IF;
    END LOOP;
END $$
"""


def _empty_the_tables(_: TransactionTestCase | None = None) -> None:
    """Delete what a test wrote: a tenth of the time of truncating every table and making Django's own rows anew."""
    if connection.connection is not None and not connection.is_usable():  # the test ended every connection
        connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute(_EMPTY)
        cursor.execute("RESET ROLE")
    ContentType.objects.clear_cache()


def _begin_with_an_empty_log(cls: type[TransactionTestCase]) -> None:
    """Delete what the gate wrote for tests before: it commits on connections of its own, whatever they roll back."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute("SELECT EXISTS (SELECT FROM guard_reveallog)")
        (left,) = cursor.fetchone()
        cursor.execute("RESET ROLE")
    if left:
        _empty_the_tables()


ScryptPasswordHasher.work_factor = 2**4  # made-up passwords are hashed by the hundred, and need not be slow to guess
connection.settings_dict["TEST"]["TEMPLATE"] = prepared.DATABASE
TransactionTestCase._fixture_teardown = _empty_the_tables  # type: ignore[method-assign]
TransactionTestCase._fixture_setup = classmethod(_begin_with_an_empty_log)  # type: ignore[assignment]


@pytest.fixture(scope="session")
def database_server() -> EmbeddedPostgres:
    """The run's own database server."""
    return EmbeddedPostgres(data=Path(os.environ["HOLDFAST_DATA"]), durable=False)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database is made as always; whoever connects to it afterwards may have the application's role only."""
    if _AS_APP not in os.environ:
        yield
        return
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        roles.separate()
        connection.close()
        patch.setenv("PGOPTIONS", f"-c role={roles.APP}")
        patch.setattr(gate, "_SESSION", f"{gate._SESSION} -c role={roles.APP}")
        yield
        connection.close()


@pytest.fixture(autouse=True)
def _nothing_learned_outlives_its_test() -> Iterator[None]:
    """What a process remembers of articles and promised words goes with them, or the next test reads what is gone."""
    yield
    search.forget()
    next_word.forget()
    bell.forget()
    told.forget()


@pytest.fixture(autouse=True)
def _tests_ask_at_any_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test asks quicker than by hand. Those about hands say how quick that is."""
    monkeypatch.setattr(by_hand, "KEY", timedelta())


def _chromium() -> str | None:
    """Return where a browser is. The one without windows is the same engine at half the work."""
    named = os.environ.get("HOLDFAST_CHROMIUM")
    names = [named] if named else ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"]
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where the browser is; tests marked `browser` do not run without one."""
    path = _chromium()
    assert path is not None
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright leaves an event loop running in its thread, where no other can be run."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip browser tests where there is no browser; on CI that is a failure."""
    if item.get_closest_marker("browser") is None or _chromium():
        return
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail("Chromium is missing, and on CI the browser tests must run.", pytrace=False)
    pytest.skip("Chromium is missing: apt-get install chromium-headless-shell, or name one in HOLDFAST_CHROMIUM")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly when browser tests were skipped."""
    skipped = [
        report for report in terminalreporter.getreports("skipped") if "Chromium is missing" in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.section("BROWSER TESTS DID NOT RUN", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests need Chromium, which was not found.")
