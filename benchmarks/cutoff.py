"""Cutting off a vendor: how many seconds from the click until everything of theirs is dead, in every process?

    ./holdfast bench cutoff --people 60 --rounds 3

An embedded PostgreSQL, two web processes and a worker. People of one vendor have open sessions, live streams, cases, a
request to see that was granted and not used, a link to a picture, an API token and, where there is a chromium, a desk
open in a browser. A security officer presses the button on one web process; each probe then asks the other one (a
stream: both) again and again until it is refused. Seconds are from the click, which includes the answer to it.

Baseline in the same run: as many people deactivated one after the other, which is the way without a cut-off (it ends
sessions, streams and grants, and leaves API tokens in force). One JSON line last.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GOAL_SECONDS = 5.0
PATIENCE = 30.0  # seconds until a probe that is still alive is called so
CHROMIUM = os.environ.get("HOLDFAST_CHROMIUM", "/usr/bin/chromium")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=60, help="of the vendor, each signed in with a live stream")
    parser.add_argument("--cases", type=int, default=3, help="in hand of each")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    from holdfast.runtime.postgres import EmbeddedPostgres

    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-bench-"))
        url = stack.enter_context(EmbeddedPostgres(data=Path(place)).running())
        os.environ |= {"DATABASE_URL": url, "HOLDFAST_DATA": place, "HOLDFAST_SMTP_PORT": "0"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "holdfast.config.settings"
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps a loop in this thread
        _prepare()
        bases = [stack.enter_context(_web()), stack.enter_context(_web())]
        stack.enter_context(_process("worker"))
        rounds = [_round(number, given, bases) for number in range(given.rounds)]
        baseline = _one_by_one(given)
    worst = {probe: max(each[probe] for each in rounds if probe in each) for probe in rounds[0]}
    dead = {probe: seconds for probe, seconds in worst.items() if probe not in {"answer", "cases_passed_on"}}
    told = {
        "benchmark": "cutoff",
        "people": given.people,
        "cases": given.people * given.cases,
        "rounds": given.rounds,
        "worst_seconds": worst,
        "everything_dead_seconds": max(dead.values()),
        "goal_seconds": GOAL_SECONDS,
        "one_by_one_seconds": baseline,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(told))
    return 0 if max(dead.values()) <= GOAL_SECONDS else 1


@dataclass
class Vendor:
    """A vendor's people with all they have open."""

    id: int
    agents: list[Any]
    cookies: dict[int, dict[str, str]]
    token: str
    conversation: Any
    picture: str
    ticket: Any
    cases: int
    streams: list[Any] = field(default_factory=list)


def _prepare() -> None:
    import django
    import structlog

    django.setup()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    from django.core.management import call_command

    from holdfast.people.models import Agent, Team
    from holdfast.people.models import Vendor as Employer

    call_command("migrate", verbosity=0, interactive=False)
    own = Team.objects.create(name="Day", vendor=Employer.objects.create(name="Tidewater", internal=True))
    for number in range(5):
        Agent.objects.create_user(f"day{number}@desk.example", name=f"Day {number}", team=own)
    Agent.objects.create_user("sig@desk.example", name="Sig Ito", role="security")


def _round(number: int, given: argparse.Namespace, bases: list[str]) -> dict[str, float]:
    """Open everything for a fresh vendor, press the button, and time the death of each thing."""
    vendor = _vendor(f"Vendor {number}", given)
    with ExitStack() as stack:
        ended = [stack.enter_context(_stream(bases[n % 2], vendor, agent)) for n, agent in enumerate(vendor.agents)]
        probes = _probes(vendor, bases[1])
        tab = stack.enter_context(_tab(bases[1], vendor)) if shutil.which(CHROMIUM) else None
        if tab is not None:
            probes["desk_tab"] = tab
        for name, alive in probes.items():
            if not alive():
                raise SystemExit(f"{name} did not work before the cut-off, so nothing can be measured.")
        unused, link = vendor.ticket(), _link(vendor)
        clicked, answered = _press(bases[0], vendor)
        _check_gate(vendor, unused)
        _check_link(vendor, bases[1] + link)
        found = {"answer": answered - clicked} | _until_dead(probes, clicked, ended)
        found["cases_passed_on"] = _settled(vendor) - clicked
    told = {name: round(seconds, 2) for name, seconds in found.items()}
    print(f"round {number + 1}: {told}", file=sys.stderr)
    return told


def _vendor(name: str, given: argparse.Namespace) -> Vendor:
    from django.test import Client
    from PIL import Image

    from holdfast.conversations.assignments import assign
    from holdfast.conversations.models import Attachment, Conversation, Message
    from holdfast.desk.models import Queue
    from holdfast.guard import reveals
    from holdfast.intake import tokens
    from holdfast.kit.blobs import BlobStore
    from holdfast.kit.clock import now
    from holdfast.people.models import Agent, Customer, Team
    from holdfast.people.models import Vendor as Employer

    employer = Employer.objects.create(name=name)
    team = Team.objects.create(name="Evening", vendor=employer)
    queue, _ = Queue.objects.get_or_create(slug="cards", defaults={"name": "Cards", "fallback": True})
    queue.teams.add(team)
    slug = name.lower().replace(" ", "-")
    agents = [
        Agent.objects.create_user(f"{n}@{slug}.example", name=f"Person {n}", team=team) for n in range(given.people)
    ]
    cookies = {}
    for agent in agents:
        client = Client()
        client.force_login(agent, "holdfast.people.signed_in.SignedIn")
        cookies[agent.pk] = {each: morsel.value for each, morsel in client.cookies.items()}
    customer = Customer.objects.create(name="Ayu Zuurmarker", iban="NL91ABNA0417164300")
    customer = Customer.objects.get(pk=customer.pk)
    for case in range(given.people * given.cases):
        made = Conversation.objects.create(
            customer=customer,
            channel="chat",
            preview="Where is my card?",
            last_author="customer",
            locale="en",
            queue_id=queue.pk,
            waiting_since=now(),
            last_message_at=now(),
            created_at=now(),
        )
        assign(conversation_id=made.pk, to=agents[case % len(agents)].pk, by=None)
    first = Conversation.objects.filter(assignee=agents[0]).order_by("number")[0]
    message = Message.objects.create(conversation=first, author="customer", text="This one", created_at=now())
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "#88aacc").save(out, "PNG")
    from django.conf import settings

    digest = BlobStore(settings.BLOB_DIR).put(out.getvalue())
    picture = Attachment.objects.create(
        message=message, name="card.png", type="image/png", size=len(out.getvalue()), digest=digest
    )
    return Vendor(
        id=employer.pk,
        agents=agents,
        cookies=cookies,
        token=tokens.create(name=slug, scopes=["receipts:read", "metrics:read"], employer_id=employer.pk),
        conversation=first,
        picture=f"/desk/attachments/{picture.pk}/blurred/",
        ticket=lambda: reveals.request(
            agent_id=agents[0].pk,
            session_key="bench",
            conversation_id=first.pk,
            customer_id=customer.pk,
            sealed=customer.iban,
            field="iban",
            purpose="payment",
        ),
        cases=given.people * given.cases,
    )


def _probes(vendor: Vendor, base: str) -> dict[str, Callable[[], bool]]:
    """Return what to ask: whether each thing still works."""
    import httpx

    from holdfast.guard.reveals import Ticket

    agent = vendor.agents[0]
    signed_in = httpx.Client(base_url=base, cookies=vendor.cookies[agent.pk], timeout=10)
    machine = httpx.Client(base_url=base, headers={"authorization": f"Bearer {vendor.token}"}, timeout=10)
    number = vendor.conversation.number
    return {
        "page": lambda: signed_in.get("/desk/").status_code == 200,
        "case": lambda: signed_in.get(f"/desk/c/{number}/").status_code == 200,
        "picture_link": lambda: signed_in.get(vendor.picture).status_code == 200,
        "api_token": lambda: machine.get("/v1/receipts/01900000-0000-7000-8000-000000000000").status_code == 404,
        "reveal": lambda: isinstance(vendor.ticket(), Ticket),
    }


def _check_gate(vendor: Vendor, unused: Any) -> None:
    """What was granted before and not used opens nothing, and the log says of the next request why it was refused."""
    from holdfast.guard import reveals
    from holdfast.guard.models import RevealLog

    agent = vendor.agents[0].pk
    iban = vendor.conversation.customer.iban
    try:
        reveals.redeem(ticket=unused, agent_id=agent, session_key="bench", sealed=iban)
    except reveals.Denied:
        pass
    else:
        raise SystemExit("A ticket from before the cut-off opened a value after it.")
    vendor.ticket()
    said = RevealLog.objects.filter(agent_id=agent).order_by("-id").values_list("outcome", flat=True)[0]
    if said != "cut_off":
        raise SystemExit(f"The log says {said} of a request by somebody who is cut off.")


def _link(vendor: Vendor) -> str:
    """Return the address that shows a picture once, as a page gets it on a granted request."""
    from django.conf import settings

    from holdfast.guard import reveals

    agent, pk = vendor.agents[0].pk, vendor.picture.split("/")[3]
    ticket = reveals.request(
        agent_id=agent,
        session_key=vendor.cookies[agent][settings.SESSION_COOKIE_NAME],
        conversation_id=vendor.conversation.pk,
        customer_id=vendor.conversation.customer_id,
        sealed=reveals.File(f"conversations_attachment.digest.{pk}"),
        field="picture",
        purpose="identify",
    )
    if not isinstance(ticket, reveals.Ticket):
        raise SystemExit(f"The picture could not be asked for: {ticket.sentence}")
    return f"/desk/attachments/{pk}/shown/{ticket.id}/"


def _check_link(vendor: Vendor, link: str) -> None:
    import httpx

    status = httpx.get(link, cookies=vendor.cookies[vendor.agents[0].pk], timeout=10).status_code
    if status == 200:
        raise SystemExit("A link to a picture from before the cut-off showed it after it.")


def _until_dead(
    probes: dict[str, Callable[[], bool]], clicked: float, ended: list[Callable[[], float | None]]
) -> dict[str, float]:
    found: dict[str, float] = {}
    while len(found) < len(probes) and time.monotonic() - clicked < PATIENCE:
        for name, alive in probes.items():
            if name not in found and not alive():
                found[name] = time.monotonic() - clicked
        time.sleep(0.01)
    while any(each() is None for each in ended) and time.monotonic() - clicked < PATIENCE:
        time.sleep(0.02)
    found |= {name: PATIENCE for name in probes if name not in found}
    found[f"{len(ended)}_streams"] = max((each() or clicked + PATIENCE) - clicked for each in ended)
    return found


def _press(base: str, vendor: Vendor) -> tuple[float, float]:
    """Press the button as a person does; return when it was pressed and when it had answered."""
    import httpx
    from django.test import Client

    from holdfast.people.models import Agent

    officer = Client()
    officer.force_login(Agent.objects.get(email="sig@desk.example"), "holdfast.people.signed_in.SignedIn")
    cookies = {each: morsel.value for each, morsel in officer.cookies.items()}
    with httpx.Client(base_url=base, cookies=cookies, timeout=60) as client:
        address = f"/security/cut-off/vendor/{vendor.id}/"
        page = client.get(address).text
        form = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        fields = {"csrfmiddlewaretoken": form, "why": "A measurement", "kind": "out", "pool": "surge-pool"}
        clicked = time.monotonic()
        answer = client.post(address, data=fields, headers={"referer": base})
        answered = time.monotonic()
    if answer.status_code != 302:
        raise SystemExit(f"The cut-off was refused with {answer.status_code}.")
    return clicked, answered


def _settled(vendor: Vendor) -> float:
    from holdfast.guard.cutoff.models import Cut

    limit = time.monotonic() + 10 * PATIENCE
    while not Cut.objects.filter(target_id=vendor.id, settled_at__isnull=False).exists():
        if time.monotonic() > limit:
            raise SystemExit("The worker did not pass the cases on.")
        time.sleep(0.05)
    moved = Cut.objects.get(target_id=vendor.id).moved
    if moved != vendor.cases:
        raise SystemExit(f"{moved} cases went on, of {vendor.cases}.")
    return time.monotonic()


@contextmanager
def _stream(base: str, vendor: Vendor, agent: Any) -> Iterator[Callable[[], float | None]]:
    """Listen as a page does, in a thread; give when the server ended it."""
    import httpx

    from holdfast.kit import streams

    ended: list[float] = []
    ready = threading.Event()
    ticket = streams.ticket(agent=agent.pk, topics=["desk"])
    client = httpx.Client(base_url=base, cookies=vendor.cookies[agent.pk], timeout=httpx.Timeout(60))

    def listen() -> None:
        try:
            with client.stream("GET", "/events", params={"ticket": ticket}) as response:
                for _ in response.iter_raw():
                    ready.set()
        except httpx.HTTPError:
            pass
        ended.append(time.monotonic())

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    if not ready.wait(20):
        raise SystemExit("A stream did not open.")
    yield lambda: ended[0] if ended else None
    client.close()


@contextmanager
def _tab(base: str, vendor: Vendor) -> Iterator[Callable[[], bool]]:
    """A desk open in a browser; it is alive while it shows the case."""
    from playwright.sync_api import Error, sync_playwright

    agent = vendor.agents[0]

    def shows() -> bool:
        try:
            return bool(page.evaluate("document.body.innerText.includes('This one')"))
        except Error:  # on its way to another page
            return True

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        context = browser.new_context(base_url=base)
        context.add_cookies([{"name": k, "value": v, "url": base} for k, v in vendor.cookies[agent.pk].items()])
        page = context.new_page()
        page.goto(f"/desk/c/{vendor.conversation.number}/")
        page.get_by_text("This one").first.wait_for()
        yield shows
        browser.close()


def _one_by_one(given: argparse.Namespace) -> float:
    """Deactivate as many people one after the other and give their cases back: the way without a cut-off."""
    from holdfast.desk.leaving import leave
    from holdfast.people.models import Agent

    vendor = _vendor("Vendor one by one", given)
    by = Agent.objects.get(email="sig@desk.example").pk
    started = time.monotonic()
    for agent in vendor.agents:
        leave(agent_id=agent.pk, to=None, by=by)
    seconds = time.monotonic() - started
    print(f"one by one: {seconds:.2f} s", file=sys.stderr)
    return round(seconds, 2)


@contextmanager
def _web() -> Iterator[str]:
    import httpx

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    with _process("web", HOLDFAST_PORT=str(port)) as process:
        limit = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"{base}/readyz", timeout=2).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            if process.poll() is not None or time.monotonic() > limit:
                raise SystemExit("A web process did not become ready.")
            time.sleep(0.1)
        yield base


@contextmanager
def _process(kind: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    log = Path(os.environ["HOLDFAST_DATA"]) / f"{kind}-{environment.get('HOLDFAST_PORT', '')}.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "holdfast", kind]
        process = subprocess.Popen(command, env=os.environ | environment, stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


if __name__ == "__main__":
    raise SystemExit(main())
