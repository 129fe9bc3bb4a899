"""Writes the organisation: vendors, teams, agents with their sign-ins, queues, articles, canned replies, views."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password

from holdfast.desk.models import CannedReply, Queue, SavedView
from holdfast.drills.tidewater.content import articles, organisation, replies
from holdfast.knowledge.models import Article
from holdfast.people.models import Agent, Role, Team, Vendor

DEMO_AGENT = "Imani Clarke"


@dataclass(frozen=True, slots=True)
class SignIn:
    """How to look at the demo as somebody with this role."""

    role: str
    name: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class House:
    """What conversations hang on: agents by name, queues by slug, and the names who answer in each queue."""

    agents: dict[str, Agent]
    answering: dict[str, list[str]]
    queues: dict[str, Queue]


def write_house(*, at: datetime) -> House:
    """Write everything that is not about customers. Rows that exist under the same name are kept and completed."""
    queues = {given["slug"]: _queue(position, dict(given)) for position, given in enumerate(organisation().queues)}
    agents: dict[str, Agent] = {}
    answering: dict[str, list[str]] = {slug: [] for slug in queues}
    password = make_password(organisation().password)
    for vendor_given in organisation().vendors:
        vendor, _ = Vendor.objects.get_or_create(
            name=vendor_given["name"], defaults={"internal": vendor_given["internal"]}
        )
        for team_given in vendor_given["team"]:
            team, _ = Team.objects.get_or_create(name=team_given["name"], vendor=vendor)
            for slug in team_given["queues"]:
                queues[slug].teams.add(team)
            for name in team_given["agents"]:
                signs_in = name == DEMO_AGENT
                agent = _agent(name, f"{_mailbox(name)}@{vendor_given['domain']}", Role.AGENT, team, at)
                _with_password(agent, password if signs_in else None)
                agents[name] = agent
                for slug in team_given["queues"]:
                    if not signs_in:  # the demo's own agent has the cases written for her
                        answering[slug].append(name)
    for given in organisation().staff:
        team = Team.objects.get(name=given["team"])
        staff = _agent(given["name"], given["email"], Role(given["role"]), team, at)
        _with_password(staff, password)
    _write_articles()
    _write_replies(queues)
    _write_views()
    return House(agents, answering, queues)


def sign_ins() -> list[SignIn]:
    """Return the demo sign-ins: an agent, a lead, an admin, and security."""
    password = organisation().password
    demo = Agent.objects.get(name=DEMO_AGENT, role=Role.AGENT)
    shown = [SignIn("agent", demo.name, demo.email, password)]
    return shown + [SignIn(given["role"], given["name"], given["email"], password) for given in organisation().staff]


def _queue(position: int, given: dict[str, object]) -> Queue:
    fallback, parking = bool(given.get("fallback")), bool(given.get("parking"))
    # There may be only one fallback and one parking queue: one made before the demo is taken over, not doubled.
    slot = Queue.objects.filter(fallback=True) if fallback else Queue.objects.filter(parking=True) if parking else None
    queue = (slot.first() if slot is not None else None) or Queue.objects.filter(slug=given["slug"]).first() or Queue()
    queue.slug, queue.name, queue.icon = str(given["slug"]), str(given["name"]), str(given["icon"])
    queue.keywords, queue.position = given.get("keywords", {}), position
    queue.fallback, queue.parking = fallback, parking
    queue.save()
    return queue


def _agent(name: str, email: str, role: Role, team: Team, at: datetime) -> Agent:
    fields = {"name": name, "role": role, "team": team, "created_at": at}
    agent, _ = Agent.objects.get_or_create(email=email, defaults=fields)
    return agent


def _with_password(agent: Agent, password: str | None) -> None:
    if password is None:
        agent.set_unusable_password()
    else:
        agent.password = password
    agent.save(update_fields=["password"])


def _mailbox(name: str) -> str:
    first = name.split(" ")[0].lower()
    return unicodedata.normalize("NFKD", first).encode("ascii", "ignore").decode()


def _write_articles() -> None:
    rows = [
        Article(
            slug=article.slug,
            locale=article.locale,
            title=article.title,
            summary=article.summary,
            body=article.body,
            asks=list(article.asks),
            topic=article.queue,
            reviewed_on=article.reviewed,
        )
        for article in articles()
    ]
    Article.objects.bulk_create(rows, ignore_conflicts=True)


def _write_replies(queues: dict[str, Queue]) -> None:
    rows = [
        CannedReply(
            shortcut=reply.shortcut,
            title=reply.title,
            body=reply.body,
            locale=reply.locale,
            queue=queues[reply.queue] if reply.queue else None,
        )
        for reply in replies()
    ]
    CannedReply.objects.bulk_create(rows, ignore_conflicts=True)


def _write_views() -> None:
    for position, given in enumerate(organisation().views):
        SavedView.objects.get_or_create(
            name=given["name"], owner=None, defaults={"query": given["query"], "position": position}
        )
