"""The command line. It only reads arguments and finds the database; each command's work is done by a room.

Imports are inside the commands: `up` starts every process of the tree through this file, and Django takes a second.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from holdfast import __version__

MIGRATION_LOCK = 0x686F6C64  # a PostgreSQL advisory lock: two machines that start together migrate one after the other
DEMO_OPERATIONS = "holdfast.drills.tidewater.operations_service"

_PASSED_ON = {
    "test": "check format, lint, types and import contracts, then run the tests (arguments go to pytest)",
    "audit": "look for known weaknesses of dependencies and for secrets in the repository's history: audit --help",
    "sbom": "what this program is made of, as CycloneDX: sbom [--out FILE] [--dev]",
    "bench": "run a benchmark: bench NAME [options]",
    "manage": "run a command of Django's own: manage NAME [options]",
    "replay": "send a CSV, JSONL or mbox file of contacts through the real door",
    "articles": "bring articles in from a folder, or write them to one: articles import DIR, articles export DIR",
    "shield": "judge a recorded stream of contacts: shield replay FILE.jsonl [--json]",
    "vault": "keys of what is sealed, their roles, erasing a customer, retention: vault --help",
    "staffing": "how many people are needed: staffing --help",
    "assistant": "how well it understands: assistant evaluate --train A.csv --test B.csv",
    "status": "the public status page as files: status export DIR",
    "guard": "the log of reveals: check, export, proofs, witnesses, photos of screens, whose data was seen",
    "drill": "play a crisis and keep score: drill list, drill run NAME [--seed S] [--speed N] [--json]",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser()
    # What follows these commands is theirs, `--help` included.
    if arguments and arguments[0] in _PASSED_ON:
        chosen = argparse.Namespace(command=arguments[0], rest=arguments[1:])
    else:
        chosen = parser.parse_args(arguments)
        if chosen.command is None:
            parser.print_help()
            return 0
    try:
        return _run(chosen)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `holdfast ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="holdfast", description="Customer support that holds on bad days.")
    parser.add_argument("--version", action="version", version=f"Holdfast {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about[:1].upper() + about[1:] + ".")
        added.add_argument("--data", type=Path, metavar="DIR", help="data directory (HOLDFAST_DATA, default .holdfast)")
        return added

    start = command("up", "run everything on this machine until Ctrl-C")
    start.add_argument("--demo", action="store_true", default=None, help="seed Tidewater, a fictional bank, and run it")
    start.add_argument("--host", help="address to listen on (HOLDFAST_HOST)")
    start.add_argument("--port", type=int, help="port to listen on, 0 for any free one (HOLDFAST_PORT)")
    start.add_argument("--public-url", metavar="URL", help="how people reach this server (HOLDFAST_PUBLIC_URL)")
    start.add_argument("--workers", type=int, default=1, metavar="N", help="number of worker processes (default 1)")

    web = command("web", "run one web process")
    web.add_argument("--host", help="address to listen on (HOLDFAST_HOST)")
    web.add_argument("--port", type=int, help="port to listen on (HOLDFAST_PORT)")
    web.add_argument("--fd", type=int, help=argparse.SUPPRESS)  # a socket that listens already
    web.add_argument("--gate", type=int, help=argparse.SUPPRESS)  # a pipe: serve once its other end is closed
    command("worker", "run one worker process")
    command("migrate", "bring the database's tables up to date")
    command("doctor", "look for what is wrong with this installation")
    link = command("admin-link", "print a link that makes its first user the admin")
    link.add_argument("--public-url", metavar="URL", help="how people reach this server (HOLDFAST_PUBLIC_URL)")

    token = command("token", "create, list or revoke tokens for the API")
    actions = token.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="print a new token, once")
    create.add_argument("--name", required=True)
    create.add_argument(
        "--scope",
        action="append",
        required=True,
        help="contacts:write, receipts:read, metrics:read, origin:state, ledger:read; repeatable",
    )
    create.add_argument("--customer", default="", metavar="REFERENCE", help="the one customer its holder speaks for")
    create.add_argument("--operator", default="", metavar="NAME", help="whose assistant it is given to")
    create.add_argument(
        "--employer", default="", metavar="NAME", help="for whose systems: it ends when they are cut off"
    )
    actions.add_parser("list", help="list tokens without their secrets")
    actions.add_parser("revoke", help="end a token").add_argument("name")

    operator = command("operator", "accept, list or remove operators of assistants whose signatures count")
    actions = operator.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="accept an operator; its keys are read from its directory")
    add.add_argument("name")
    add.add_argument("url", help="its key directory, as the header Signature-Agent names it")
    add.add_argument("--keys", type=Path, metavar="FILE", help="a JSON Web Key Set; then no directory is read")
    add.add_argument("--own-network", action="store_true", help="the directory may stand at a private address")
    actions.add_parser("list", help="list operators, their keys, and what is wrong")
    for action, about in (("on", "let its signatures count"), ("off", "let them not count"), ("remove", "forget it")):
        actions.add_parser(action, help=about).add_argument("name")

    command("reconcile", "count what was received and what became of it, per channel").add_argument(
        "--json", action="store_true", help="one JSON list, an object per channel"
    )
    mail = command("parse-mail", "print what is understood of one raw mail")
    mail.add_argument("file", type=Path, help="a file of raw bytes, or - for standard input")
    mail.add_argument("--json", action="store_true", help="as one JSON object")

    for name, about in _PASSED_ON.items():
        commands.add_parser(name, help=about, add_help=False)
    # Processes of the tree that nobody starts by hand; without a help text argparse does not list them.
    commands.add_parser("sender")
    prepare = commands.add_parser("prepare")
    prepare.add_argument("--base-url", required=True)
    prepare.add_argument("--report-to", type=int, required=True)
    prepare.add_argument("--separate", action="store_true")  # the server is our own: it gets the roles of guard
    return parser


def _run(chosen: argparse.Namespace) -> int:
    for name in ("host", "port", "public_url", "demo"):
        if (value := getattr(chosen, name, None)) is not None:
            os.environ[f"HOLDFAST_{name.upper()}"] = "1" if value is True else str(value)
    os.environ["HOLDFAST_DATA"] = str(_data_directory(getattr(chosen, "data", None)))
    try:
        return _COMMANDS[chosen.command](chosen)
    except Exception as error:
        if sentence := _explained(error):
            return _fail(sentence)
        raise


def _explained(error: Exception) -> str | None:
    """Put a fault of the installation, not of ours, in a sentence; None for any other."""
    from django.db import OperationalError
    from pydantic import ValidationError

    from holdfast.runtime.lock import DataDirectoryError
    from holdfast.runtime.postgres import PostgresError

    if isinstance(error, (DataDirectoryError, PostgresError)):
        return str(error)
    if isinstance(error, ValidationError) and error.title == "Options":
        wrong = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        return f"A setting is wrong: {'; '.join(wrong)}."
    if isinstance(error, OperationalError) and "connection" in str(error):
        return f"The database cannot be reached: {str(error).strip()}"
    return None


def _data_directory(given: Path | None) -> Path:
    """The data directory, absolute: `--data`, else HOLDFAST_DATA, else `.holdfast` beside the wrapper (or here)."""
    named = given or os.environ.get("HOLDFAST_DATA")
    return Path(named).resolve() if named else Path(os.environ.get("HOLDFAST_ROOT", ".")).resolve() / ".holdfast"


@contextlib.contextmanager
def _django(command: str, *, create: bool = False) -> Iterator[None]:
    """Load Django on the right database. `create` allows a first database to be made."""
    from holdfast.config.options import options
    from holdfast.runtime.database import database

    settings = options()
    with database(data=settings.data, own_url=settings.database_url, command=command, create=create, say=_say) as url:
        os.environ["DATABASE_URL"] = url
        options.cache_clear()
        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.config.settings")
        django.setup()
        yield


def _up(chosen: argparse.Namespace) -> int:
    from holdfast.config.options import options
    from holdfast.runtime.terminal import Terminal
    from holdfast.runtime.up import Plan, up

    if sys.stdout.isatty():
        os.environ.setdefault("HOLDFAST_LOG_JSON", "false")
    settings = options()
    plan = Plan(
        data=settings.data,
        host=settings.host,
        port=settings.port,
        database_url=settings.database_url,
        public_url=settings.public_url,
        demo=settings.demo,
        workers=chosen.workers,
        operations=(sys.executable, "-m", DEMO_OPERATIONS) if settings.demo else (),
    )
    return up(plan, terminal=Terminal())


def _web(chosen: argparse.Namespace) -> int:
    from holdfast.config import serving
    from holdfast.config.options import options

    with _django("web"):
        if chosen.gate is not None:
            import holdfast.config.asgi  # noqa: F401  (what takes long is done before the gate opens)

            os.read(chosen.gate, 1)
        serving.serve(host=options().host, port=options().port, fd=chosen.fd)
    return 0


def _worker(_: argparse.Namespace) -> int:
    with _django("worker"):
        from holdfast.config import worker

        worker.run()
    return 0


def _sender(_: argparse.Namespace) -> int:
    with _django("sender"):
        from holdfast.config import sender

        sender.run()
    return 0


def _migrate(_: argparse.Namespace) -> int:
    with _django("migrate", create=True):
        _migrate_now()
    return 0


def _migrate_now() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            executor = MigrationExecutor(connection)
            if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
                _say(f"Bringing the database up to date: {len(plan)} migrations.")
                call_command("migrate", verbosity=0, interactive=False)
            _look_at_ring()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def _look_at_ring() -> None:
    """Before anything is sealed: another key under a known name must not get to work."""
    from holdfast.guard.ring_check import WrongRing, note_ring

    try:
        note_ring()
    except WrongRing as wrong:
        raise SystemExit(_fail(str(wrong))) from None


def _prepare(chosen: argparse.Namespace) -> int:
    """Everything that has to be done before the web process may answer; reports what the panel of `up` shows."""
    with _django("prepare"):
        _migrate_now()
        from holdfast.config.options import options
        from holdfast.guard import roles
        from holdfast.people import accounts

        if chosen.separate:
            roles.separate()

        notes = _seed() if options().demo else []
        if link := accounts.first_admin_link(chosen.base_url):
            notes.append(("First admin", link))
    with os.fdopen(chosen.report_to, "w") as report:
        json.dump(notes, report)
    return 0


def _seed() -> list[tuple[str, str]]:
    """Fill the database with the demo bank, unless it is there, and say who can sign in."""
    from holdfast.drills.tidewater.seed import seed
    from holdfast.runtime.terminal import Terminal

    seeded = seed(progress=Terminal().progress)
    return [(f"Sign in as {person.role}", f"{person.email}  {person.password}") for person in seeded.sign_ins]


def _doctor(_: argparse.Namespace) -> int:
    from holdfast.config.options import options
    from holdfast.runtime.checks import Finding, machine
    from holdfast.runtime.postgres import PostgresError

    settings = options()
    findings = list(machine(data=settings.data, embedded=not settings.database_url))
    if settings.database_url or (settings.data / "postgres" / "PG_VERSION").exists():
        try:
            with _django("doctor"):
                from holdfast.config import doctor

                findings += [Finding(good=good, sentence=sentence) for good, sentence in doctor.looked_at()]
        except PostgresError as error:
            findings.append(Finding(good=False, sentence=str(error)))
    for finding in findings:
        print(f"{'ok' if finding.good else 'wrong':<6} {finding.sentence}")
    return 0 if all(finding.good for finding in findings) else 1


def _admin_link(_: argparse.Namespace) -> int:
    with _django("admin-link"):
        from django.conf import settings

        from holdfast.people import accounts

        link = accounts.first_admin_link(settings.PUBLIC_URL)
        if link is None:
            return _fail("There is an admin already. Admins invite further people in the settings of the desk.")
        print(link)
    return 0


def _token(chosen: argparse.Namespace) -> int:
    with _django("token"):
        from holdfast.config import access

        return access.token(chosen)


def _operator(chosen: argparse.Namespace) -> int:
    with _django("operator"):
        from holdfast.config import access

        return access.operator(chosen)


def _reconcile(chosen: argparse.Namespace) -> int:
    with _django("reconcile"):
        from holdfast.triage import reconcile

        return reconcile.report(as_json=chosen.json)


def _parse_mail(chosen: argparse.Namespace) -> int:
    from holdfast.channels import mail_parse, mail_types

    try:
        raw = sys.stdin.buffer.read() if str(chosen.file) == "-" else chosen.file.read_bytes()
    except OSError as error:
        return _fail(f"{chosen.file} cannot be read: {error.strerror}.")
    print(json.dumps(mail_types.to_json(mail_parse.parse(raw)), indent=None if chosen.json else 2))
    return 0


def _replay(chosen: argparse.Namespace) -> int:
    with _django("replay"):
        from holdfast.drills import replay

        return replay.main(chosen.rest)


def _articles(chosen: argparse.Namespace) -> int:
    with _django("articles"):
        from holdfast.kit.logging import configure
        from holdfast.knowledge import command

        configure(json=False, level=logging.WARNING)
        return command.main(chosen.rest)


def _shield(chosen: argparse.Namespace) -> int:
    from holdfast.shield import command

    return command.main(chosen.rest)


def _staffing(chosen: argparse.Namespace) -> int:
    from holdfast.staffing import command

    if chosen.rest[:1] == ["roster"] and not {"-h", "--help"} & set(chosen.rest):
        with _django("staffing"):
            return command.main(chosen.rest)
    return command.main(chosen.rest)


def _assistant(chosen: argparse.Namespace) -> int:
    from holdfast.assistant import command

    return command.main(chosen.rest)


def _status(chosen: argparse.Namespace) -> int:
    with _django("status"):
        from holdfast.incidents.status import command

        return command.main(chosen.rest)


def _guard(chosen: argparse.Namespace) -> int:
    from holdfast.guard.ledger import command

    if chosen.rest[:1] == ["trace"]:
        with _django("guard"):
            from holdfast.incidents.radius import trace_command

            return trace_command.main(chosen.rest[1:])
    if chosen.rest[:1] == ["cut-off"]:
        with _django("guard"):
            from holdfast.desk import cut_off_command

            return cut_off_command.main(chosen.rest[1:])
    if chosen.rest[:1] == ["radius"]:
        with _django("guard"):
            from holdfast.incidents.radius import command as radius

            return radius.main(chosen.rest[1:])
    if {"-h", "--help"} & set(chosen.rest) or not chosen.rest or chosen.rest[0] in command.WITHOUT_DATABASE:
        return command.main(chosen.rest)
    with _django("guard"):
        return command.main(chosen.rest)


def _drill(chosen: argparse.Namespace) -> int:
    from holdfast.drills import command

    return command.main(chosen.rest)


def _vault(chosen: argparse.Namespace) -> int:
    with _django("vault"):
        if chosen.rest[:1] == ["erase"]:
            from holdfast.desk import erasing

            return erasing.main(chosen.rest[1:])
        if chosen.rest[:1] == ["retention"]:
            from holdfast.retention import command as retention

            return retention.main(chosen.rest[1:])
        from holdfast.guard import command

        return command.main(chosen.rest)


def _manage(chosen: argparse.Namespace) -> int:
    with _django("manage", create=True):
        from django.core.management import execute_from_command_line

        execute_from_command_line(["holdfast manage", *chosen.rest])
    return 0


def _test(chosen: argparse.Namespace) -> int:
    from holdfast.runtime.terminal import Terminal
    from holdfast.runtime.verify import verify

    return verify(root=_project(), pytest_arguments=chosen.rest, terminal=Terminal())


def _audit(chosen: argparse.Namespace) -> int:
    from holdfast.runtime import audit
    from holdfast.runtime.terminal import Terminal

    return audit.main(chosen.rest, root=_project(), terminal=Terminal())


def _sbom(chosen: argparse.Namespace) -> int:
    from holdfast.runtime import sbom

    return sbom.main(chosen.rest, root=_project())


def _bench(chosen: argparse.Namespace) -> int:
    import subprocess

    scripts = {path.stem: path for path in sorted((_project() / "benchmarks").glob("[a-z]*.py"))}
    if not chosen.rest or chosen.rest[0] not in scripts:
        return _fail(f"Name one of the benchmarks: {', '.join(scripts) or 'there are none here'}.")
    return subprocess.run([sys.executable, scripts[chosen.rest[0]], *chosen.rest[1:]], check=False).returncode


def _project() -> Path:
    return Path(os.environ.get("HOLDFAST_ROOT", Path(__file__).resolve().parents[2]))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _fail(sentence: str) -> int:
    _say(sentence)
    return 1


_COMMANDS = {
    "up": _up,
    "web": _web,
    "worker": _worker,
    "sender": _sender,
    "migrate": _migrate,
    "prepare": _prepare,
    "doctor": _doctor,
    "admin-link": _admin_link,
    "token": _token,
    "operator": _operator,
    "reconcile": _reconcile,
    "parse-mail": _parse_mail,
    "replay": _replay,
    "articles": _articles,
    "shield": _shield,
    "staffing": _staffing,
    "assistant": _assistant,
    "status": _status,
    "guard": _guard,
    "drill": _drill,
    "vault": _vault,
    "manage": _manage,
    "test": _test,
    "audit": _audit,
    "sbom": _sbom,
    "bench": _bench,
}
