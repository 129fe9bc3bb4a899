"""Every address of the house with real arguments, and who may open it. An address that is not here fails the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver
from tests.security.world import World

from holdfast.conversations.models import Conversation
from holdfast.desk.models import CannedReply

ROLES = ("anonymous", "own", "other", "lead", "admin", "security")
STAFF = frozenset({"own", "other", "lead", "admin", "security"})
DESK = STAFF - {"security"}
LEADS = frozenset({"lead", "admin"})
EVERYBODY = STAFF | {"anonymous"}
ADMIN = frozenset({"admin"})
MINE = frozenset({"own", "lead", "admin"})
OWN = frozenset({"own"})
NOBODY: frozenset[str] = frozenset()
EVERY_STATE = frozenset({"mine", "waiting", "snoozed", "closed", "elsewhere", "look_alike"})

OPENS = frozenset({200, 201, 204, 302, 405, 410, 422})


@dataclass(frozen=True)
class Route:
    """How to call one address. `open_to` gets a page (or a refusal of the method); all others must not.

    `writes` may use the methods that change something, where there are any: those who may open it, unless said.
    `answer` is what they get where that looks like a refusal: 404 for made-up ids, 403 without a purpose.
    """

    open_to: frozenset[str]
    arguments: Callable[[World], list[Any]] = lambda world: []
    queries: tuple[str, ...] = ("",)
    why: str = ""
    empty: bool = False  # 404 for somebody who has none of these
    writes: frozenset[str] | None = None
    answer: int = 0

    @property
    def may_write(self) -> frozenset[str]:
        """Return who may change something by it."""
        return self.open_to if self.writes is None else self.writes

    def calls(self, world: World) -> Iterator[tuple[list[Any], frozenset[str]]]:
        """Yield arguments, and who may open the address with them."""
        yield self.arguments(world), self.open_to


@dataclass(frozen=True)
class CaseRoute:
    """An address of one conversation: of one's own queue and of another, or of one in each state."""

    rest: Callable[[Conversation], list[Any]] = lambda conversation: []
    queries: tuple[str, ...] = ("",)
    first: Callable[[Conversation], Any] = lambda conversation: conversation.number
    empty: bool = False
    states: frozenset[str] = frozenset({"mine", "elsewhere"})

    def calls(self, world: World) -> Iterator[tuple[list[Any], frozenset[str]]]:
        """Yield arguments, and who may open the address with them: the people of its queue, leads and admins."""
        for state, conversation in world.conversations.items():
            if state not in self.states:
                continue
            people = {"other"} if state == "elsewhere" else {"own"}
            yield [self.first(conversation), *self.rest(conversation)], frozenset(people | {"lead", "admin"})


def _message(conversation: Conversation) -> list[Any]:
    return [conversation.messages.filter(author="customer").order_by("created_at", "id")[0].pk]


def _team(world: World) -> list[Any]:
    return [world.agents["own"].team_id]


def _canned(world: World) -> list[Any]:
    return [CannedReply.objects.get(shortcut="hello").pk]


def _field(name: str) -> CaseRoute:
    return CaseRoute(lambda conversation: [name])


_ON_AN_INCIDENT = (
    "draft discard template ask reach publish answer sooner fact note role amendment ending commitment link recurrence"
    " summary"
)
ROUTES: dict[str, Route | CaseRoute] = {
    "home": Route(EVERYBODY, why="a redirect to the desk"),
    # Campaigns: leads and admins
    "campaigns:home": Route(LEADS),
    "campaigns:one": Route(LEADS, arguments=lambda world: [world.campaign]),
    "campaigns:progress": Route(LEADS, arguments=lambda world: [world.campaign]),
    "campaigns:ended": Route(LEADS, arguments=lambda world: [world.campaign]),
    "campaigns:standing": Route(LEADS, arguments=lambda world: [world.campaign], why="only by POST"),
    "mail-hook": Route(NOBODY, arguments=lambda world: ["postmark"], why="not there without a secret; else signed"),
    "sms-hook": Route(NOBODY, why="not there without a secret; else with it, by POST"),
    # The bridge: everybody at work sees it, leads change it
    "bridge:home": Route(STAFF),
    "bridge:deck": Route(STAFF),
    "bridge:owed": Route(STAFF),
    "bridge:band": Route(STAFF),
    "bridge:unexplained": Route(STAFF),
    "bridge:promises": Route(STAFF, queries=("", "?kind=update&state=kept&days=90&mine=1", "?kind=legal&before=x/y")),
    "bridge:notice": Route(STAFF, arguments=lambda world: [1], why="only by POST, and only one's own"),
    "bridge:playbooks": Route(STAFF, writes=LEADS),
    "bridge:playbook": Route(STAFF, arguments=lambda world: ["usual"], writes=LEADS),
    "bridge:what-if": Route(STAFF, queries=("", "?queue=cards&deflect=30&contacts=x")),
    "bridge:roster": Route(LEADS, queries=("", "?week=2026-03-02")),
    "bridge:roster-removal": Route(LEADS, arguments=lambda world: [1], why="only by POST"),
    "bridge:reserve": Route(LEADS),
    "bridge:reserve-removal": Route(LEADS, arguments=lambda world: [1], why="only by POST"),
    "bridge:reserve-call": Route(LEADS, arguments=lambda world: [1], why="only by POST"),
    "bridge:posture": Route(STAFF, why="only by POST", writes=LEADS),
    "bridge:proposal": Route(STAFF, arguments=lambda world: [1], why="only by POST", writes=LEADS),
    "bridge:matter": Route(STAFF, why="only by POST", writes=LEADS),
    "bridge:matter-end": Route(STAFF, arguments=lambda world: [1], why="only by POST", writes=LEADS),
    "bridge:step": Route(STAFF, arguments=lambda world: ["look"], why="only by POST", writes=LEADS),
    # Incidents: everybody at work reads, leads and admins work
    "incidents:home": Route(STAFF, queries=("", "?before=5")),
    "incidents:declare": Route(LEADS),
    "incidents:maintenance": Route(LEADS),
    "incidents:components": Route(LEADS),
    "incidents:component-act": Route(LEADS, why="only by POST", answer=404),
    "incidents:now": Route(STAFF),
    "incidents:approvals": Route(STAFF),
    "incidents:signs": Route(STAFF),
    "incidents:decide": Route(STAFF, lambda world: [UUID(int=1)], why="only by POST", answer=404),
    "incidents:revoke": Route(STAFF, lambda world: [1], why="only by POST", answer=404),
    # Words for bad days: leads and admins keep them, an admin names who signs
    **{f"words:{name}": Route(LEADS) for name in ("home", "signatories", "forbidden")},
    **{f"words:{name}": Route(LEADS, why="only by POST") for name in ("new", "seeds")},
    "words:template": Route(LEADS, lambda world: ["first-word", "en"]),
    "words:ask": Route(LEADS, lambda world: ["first-word", "en"], why="only by POST"),
    "words:relieve": Route(frozenset({"admin"}), lambda world: [1], why="only by POST", answer=404),
    "words:allow": Route(LEADS, lambda world: [1], why="only by POST", answer=404),
    "incidents:case": CaseRoute(first=lambda conversation: conversation.pk),
    "incidents:incident": Route(STAFF, lambda world: [world.incident]),
    "incidents:owed": Route(STAFF, lambda world: [world.incident]),
    "incidents:crowds": Route(LEADS, lambda world: [world.incident]),
    "incidents:review": Route(STAFF, lambda world: [world.incident], writes=LEADS),
    "incidents:asking": Route(STAFF, lambda world: [world.incident]),
    **{
        f"incidents:{name}": Route(LEADS, lambda world: [world.incident], why="only by POST")
        for name in _ON_AN_INCIDENT.split()
    },
    **{
        f"incidents:{name}": Route(LEADS, lambda world: [world.incident, 1], why="only by POST", answer=404)
        for name in ("fact-withdrawal", "commitment-end", "matcher-end")
    },
    # Legal clocks: who leads, security, and who has the legal or executive role in the incident
    "legal:home": Route(LEADS | {"security"}, lambda world: [world.incident]),
    **{
        f"legal:{name}": Route(LEADS | {"security"}, lambda world: [world.incident], why="only by POST")
        for name in ("act", "start")
    },
    "legal:decide": Route(LEADS | {"security"}, lambda world: [world.incident, 1], why="only by POST", answer=404),
    "legal:correction": Route(LEADS | {"security"}, lambda world: [world.incident, 1], why="only by POST", answer=404),
    "legal:settle": Route(
        LEADS | {"security"}, lambda world: [world.incident, UUID(int=1)], why="only by POST", answer=404
    ),
    "legal:pause": Route(LEADS | {"security"}, lambda world: [world.incident, UUID(int=1)], why="only by POST"),
    # The log of reveals itself: published for everybody, proofs with a token, pages for who leads and security
    "ledger:home": Route(LEADS | {"security"}),
    "ledger:checkpoint": Route(EVERYBODY, why="for everybody, once the log has an entry"),
    "ledger:checkpoint-at": Route(NOBODY, lambda world: [1], why="for everybody, where it is kept; here none is"),
    "ledger:consistency": Route(EVERYBODY, queries=("?old=0&size=0",), why="hashes only, for witnesses"),
    "ledger:keys": Route(EVERYBODY, why="public keys"),
    "ledger:successions": Route(EVERYBODY, why="public keys that took over"),
    "ledger:cosignatures": Route(EVERYBODY, lambda world: [1], why="POST only, signed by a trusted witness"),
    "ledger:entries": Route(NOBODY, queries=("", "?from=0"), why="only with a token of the scope ledger:read"),
    "ledger:inclusion": Route(NOBODY, lambda world: [0], why="only with a token of the scope ledger:read"),
    "ledger:seen": Route(LEADS | {"security"}, lambda world: [world.conversations["mine"].customer_id]),
    "ledger:for-them": Route(LEADS | {"security"}, lambda world: [world.conversations["mine"].customer_id]),
    "ledger:case": Route(LEADS, lambda world: [world.conversations["mine"].number]),
    # Watching: security alone; everybody has their own budget, those who lead decide for other organisations
    **{f"watch:{name}": Route(frozenset({"security"})) for name in ("home", "made-up", "reports", "limits")},
    "watch:look": Route(frozenset({"security"}), why="only by POST"),
    "watch:person": Route(frozenset({"security"}), lambda world: [world.alias]),
    **{
        f"watch:{name}": Route(frozenset({"security"}), lambda world: [world.alias], why="only by POST")
        for name in ("name", "less")
    },
    "watch:decide": Route(frozenset({"security"}), lambda world: [world.alias, UUID(int=1)], why="only by POST"),
    "budget:own": Route(STAFF),
    "budget:decide": Route(LEADS | {"security"}, lambda world: [UUID(int=1)], why="only by POST"),
    "reported": Route(EVERYBODY, why="a form for customers"),
    # Blast radius: never leads, for it may be about their own team
    "radius:home": Route(frozenset({"admin", "security"})),
    "radius:report": Route(frozenset({"admin", "security"}), lambda world: [world.radius]),
    **{
        f"radius:{name}": Route(frozenset({"admin", "security"}), lambda world: [world.radius], why="only by POST")
        for name in ("sample", "hand")
    },
    "radius:file": Route(frozenset({"admin", "security"}), lambda world: [world.radius, "json"]),
    # Photographs that turned up: they may show a customer's values, and whose screen it was
    "radius:traces": Route(frozenset({"admin", "security"})),
    "radius:trace": Route(frozenset({"admin", "security"}), lambda world: [world.trace]),
    "radius:trace-file": Route(frozenset({"admin", "security"}), lambda world: [world.trace]),
    **{
        f"radius:trace-{name}": Route(frozenset({"admin", "security"}), lambda world: [world.trace], why="only by POST")
        for name in ("again", "count", "file-gone")
    },
    # Cut-offs: never leads, for some of them may be meant
    "cut-off:home": Route(frozenset({"admin", "security"}), queries=("", "?q=Person")),
    "cut-off:target": Route(frozenset({"admin", "security"}), lambda world: ["agent", world.agents["own"].pk]),
    "cut-off:one": Route(frozenset({"admin", "security"}), lambda world: [world.cut_off]),
    "cut-off:back": Route(frozenset({"admin", "security"}), lambda world: [world.cut_off], why="only by POST"),
    "cut-off:evidence": Route(frozenset({"admin", "security"}), lambda world: [world.cut_off]),
    # Retention: an admin changes it, security sees it and may hold
    "retention:home": Route(frozenset({"admin", "security"})),
    "retention:look": Route(EVERYBODY, why="POST only", writes=ADMIN),
    "retention:keep": Route(EVERYBODY, why="POST only", writes=ADMIN),
    "retention:off": Route(EVERYBODY, why="POST only", writes=ADMIN),
    "retention:hold": Route(EVERYBODY, why="POST only", writes=frozenset({"admin", "security"})),
    "retention:hold-end": Route(EVERYBODY, lambda world: [UUID(int=1)], why="POST only", writes=ADMIN),
    # Audiences: who leads
    "audiences:home": Route(LEADS, lambda world: [world.incident]),
    **{
        f"audiences:{name}": Route(LEADS, lambda world: [world.incident], why="only by POST")
        for name in ("add", "count", "freeze")
    },
    "audiences:handed": Route(LEADS, lambda world: [world.incident]),
    "audiences:change": Route(LEADS, lambda world: [world.incident, 1], why="only by POST", answer=404),
    "audiences:hand-over": Route(LEADS, lambda world: [world.incident, UUID(int=1)], why="only by POST"),
    # Calls by executives: who leads, and who signs as an executive
    "outreach:home": Route(LEADS, lambda world: [world.incident]),
    "outreach:take": Route(LEADS, lambda world: [world.incident], why="only by POST", answer=404),
    "outreach:person": Route(LEADS, lambda world: [world.incident, world.outreach]),
    "outreach:reveal": Route(
        LEADS, lambda world: [world.incident, world.outreach, UUID(int=1)], why="only by POST", answer=404
    ),
    "outreach:overlay": Route(
        LEADS, lambda world: [world.incident, world.outreach, UUID(int=1)], why="only by POST", answer=422
    ),
    **{
        f"outreach:{name}": Route(LEADS, lambda world: [world.incident, world.outreach], why="only by POST")
        for name in ("call", "promise", "end")
    },
    # Goodwill: who leads, and who approves so much
    "goodwill:home": Route(LEADS, lambda world: [world.incident]),
    "goodwill:offer": Route(LEADS, lambda world: [world.incident, world.offer]),
    **{
        f"goodwill:{name}": Route(LEADS, lambda world: [world.incident], why="only by POST")
        for name in ("write", "limit")
    },
    **{
        f"goodwill:{name}": Route(LEADS, lambda world: [world.incident, world.offer], why="only by POST")
        for name in ("approve", "trial", "give", "hand-over", "end")
    },
    "goodwill-redemptions": Route(EVERYBODY, why="only by POST, with a token of its own scope", writes=NOBODY),
    # Signing in (allauth)
    "account_login": Route(EVERYBODY, queries=("", "?next=/desk/")),
    "account_logout": Route(EVERYBODY, why="strangers are sent home", answer=302),
    "account_inactive": Route(EVERYBODY),
    "account_signup": Route(EVERYBODY, why="says that agents are invited"),
    "account_reauthenticate": Route(STAFF),
    "account_email": Route(STAFF),
    "account_email_verification_sent": Route(EVERYBODY),
    "account_change_password": Route(STAFF),
    "account_set_password": Route(STAFF),
    "account_reset_password": Route(EVERYBODY),
    "account_confirm_login_code": Route(EVERYBODY, writes=STAFF),
    "account_confirm_email": Route(EVERYBODY, lambda world: ["unknown-key"], answer=404),
    "account_reset_password_from_key_done": Route(EVERYBODY),
    "account_reset_password_from_key": Route(EVERYBODY, lambda world: ["1", "set-password"]),
    "account_reset_password_done": Route(EVERYBODY),
    "mfa_index": Route(STAFF),
    "mfa_authenticate": Route(EVERYBODY, why="only in the middle of signing in; else back to sign-in", writes=STAFF),
    "mfa_reauthenticate": Route(STAFF),
    "mfa_activate_totp": Route(STAFF),
    "mfa_deactivate_totp": Route(STAFF, empty=True, answer=404),
    "mfa_view_recovery_codes": Route(STAFF, empty=True),
    "mfa_generate_recovery_codes": Route(STAFF),
    "mfa_download_recovery_codes": Route(STAFF, empty=True, answer=404),
    "mfa_list_webauthn": Route(STAFF),
    "mfa_add_webauthn": Route(STAFF),
    "mfa_reauthenticate_webauthn": Route(STAFF),
    "mfa_remove_webauthn": Route(STAFF, lambda world: [1]),
    "mfa_edit_webauthn": Route(STAFF, lambda world: [1]),
    "mfa_login_webauthn": Route(EVERYBODY, writes=STAFF),
    # Team
    "people:team": Route(frozenset({"admin"})),
    "people:invitations": Route(EVERYBODY, why="POST only; its roles are tested with the accounts", writes=ADMIN),
    "people:link": Route(EVERYBODY, lambda world: [world.agents["own"].pk], why="POST only", writes=ADMIN),
    "people:standing": Route(EVERYBODY, lambda world: [world.agents["own"].pk], why="POST only", writes=ADMIN),
    "people:teams": Route(EVERYBODY, why="POST only; its roles are tested with the accounts", writes=ADMIN),
    "people:team-name": Route(EVERYBODY, _team, why="POST only", writes=ADMIN),
    "people:team-removal": Route(EVERYBODY, _team, why="POST only", writes=ADMIN),
    "people:reactivation": Route(EVERYBODY, lambda world: [world.agents["own"].pk], why="POST only", writes=ADMIN),
    "people:here": Route(STAFF, why="asked by scripts: how long the session lasts without an act"),
    "people:sessions": Route(STAFF),
    "people:sign-ins": Route(STAFF, queries=("", "?who=all&kind=new", "?kind=failed&after=x")),
    "people:machine-removal": Route(STAFF, lambda world: [UUID(int=1)], why="POST only, and only one's own"),
    "people:machine-proof": Route(STAFF),
    # Where values open: an admin sets it, security sees it, everybody their own
    "whereabouts:home": Route(frozenset({"admin", "security"})),
    "whereabouts:rule": Route(EVERYBODY, why="POST only", writes=ADMIN),
    "whereabouts:removal": Route(EVERYBODY, lambda world: [UUID(int=1)], why="POST only", writes=ADMIN),
    "whereabouts:own": Route(STAFF),
    "whereabouts:decide": Route(
        EVERYBODY, lambda world: [UUID(int=1)], why="POST only", writes=frozenset({"lead", "admin", "security"})
    ),
    "people:provider-logout": Route(NOBODY, why="not there without a provider; else signed by it"),
    "people:signed-out": Route(EVERYBODY),
    "people:welcome": Route(EVERYBODY, lambda world: ["no-such-token"]),
    # Settings: leads keep words, admins keep queues
    "settings:home": Route(LEADS),
    "settings:queues": Route(frozenset({"admin"})),
    "settings:queue-new": Route(frozenset({"admin"})),
    "settings:queue": Route(frozenset({"admin"}), lambda world: [world.queue.pk if world.queue else 0]),
    "settings:leaving": Route(frozenset({"admin"}), lambda world: [world.agents["own"].pk]),
    "settings:operators": Route(LEADS),
    "settings:operator-switch": Route(EVERYBODY, lambda world: ["made-up"], why="POST only", writes=LEADS),
    "settings:operator-removal": Route(EVERYBODY, lambda world: ["made-up"], why="POST only", writes=LEADS),
    "settings:canned": Route(LEADS, queries=("", "?q=hello&locale=en")),
    "settings:canned-new": Route(LEADS),
    "settings:canned-reply": Route(LEADS, _canned),
    "settings:canned-preview": Route(EVERYBODY, why="POST only; its roles are tested with the settings", writes=LEADS),
    "settings:canned-removal": Route(EVERYBODY, _canned, why="POST only", writes=LEADS),
    "learning:home": Route(LEADS),
    "learning:decision": Route(
        EVERYBODY, lambda world: [1], why="POST only; its roles are tested with the learning", writes=LEADS
    ),
    "learning:trial": Route(EVERYBODY, why="POST only; its roles are tested with the learning", writes=LEADS),
    "learning:standing": Route(
        EVERYBODY, lambda world: [1], why="POST only; its roles are tested with the learning", writes=LEADS
    ),
    "articles:home": Route(LEADS, queries=("", "?q=card&state=draft")),
    "articles:new": Route(LEADS, queries=("", "?slug=lost-card&locale=id")),
    "articles:preview": Route(EVERYBODY, why="POST only", writes=LEADS),
    "articles:article": Route(NOBODY, lambda world: [1], why="no article in this world", writes=LEADS, answer=404),
    "articles:publication": Route(EVERYBODY, lambda world: [1], why="POST only", writes=LEADS, answer=404),
    "articles:checked": Route(EVERYBODY, lambda world: [1], why="POST only", writes=LEADS, answer=404),
    "articles:putting-back": Route(EVERYBODY, lambda world: [1, 1], why="POST only", writes=LEADS, answer=404),
    "articles:settled": Route(EVERYBODY, lambda world: [1], why="POST only", writes=LEADS),
    "articles:history": Route(NOBODY, lambda world: [1], why="no article in this world"),
    "articles:beside": Route(NOBODY, lambda world: [1], why="no article in this world"),
    "articles:due": Route(LEADS),
    "articles:languages": Route(LEADS, queries=("", "?q=card")),
    "articles:not-found": Route(LEADS, queries=("", "?locale=en")),
    # Help centre
    "help:start": Route(EVERYBODY),
    "help:home": Route(EVERYBODY, lambda world: ["en"], queries=("", "?q=card")),
    "help:article": Route(NOBODY, lambda world: ["en", "none"], why="no article in this world"),
    "help:said": Route(EVERYBODY, lambda world: ["en", "none"], why="POST only, with a note of what was read"),
    "help:sitemap": Route(EVERYBODY),
    "robots": Route(EVERYBODY),
    "help:atom": Route(EVERYBODY, lambda world: ["en"]),
    "help:rss": Route(EVERYBODY, lambda world: ["en"]),
    "web:components": Route(frozenset({"admin"})),
    # Chat
    "chat:state": Route(NOBODY, queries=("", "?token=made-up"), why="only with a chat's own token"),
    "chat:answered": Route(EVERYBODY, why="POST only, with a chat's own token"),
    "chat:callback": Route(EVERYBODY, why="POST only, with a chat's own token"),
    # The public status page's forms; the page itself is served before Django (tests/incidents/status)
    "briefing:page": Route(LEADS),
    "care:line": Route(LEADS),
    "status:subscribe": Route(EVERYBODY, why="POST only; says the same of every address"),
    "status:manage": Route(EVERYBODY, why="a form for an address; says the same of every address"),
    "status:code": Route(EVERYBODY, why="POST only; a code from a text message"),
    "status:hook": Route(EVERYBODY, lambda world: ["made-up"], why="gone, without a ticket that we signed"),
    "status:link": Route(EVERYBODY, lambda world: ["made-up"], why="gone, without the token of a mail"),
    "status:unsubscribe": Route(NOBODY, lambda world: ["made-up"], why="only with a token that we signed"),
    "chat:demo": Route(NOBODY, why="only where the demo runs"),
    "shield:time": Route(NOBODY, lambda world: ["made-up"], why="only with the token in a customer's own mail"),
    "shield:line": Route(NOBODY, lambda world: ["made-up"], why="only with the token in a customer's own message"),
    # Desk. Security is led to the log of reveals instead.
    "desk:home": Route(
        DESK,
        queries=("", "?view=mine", "?view=snoozed", "?view=all", "?view=closed", "?queue=cards", "?q=card", "?q=zq"),
    ),
    "desk:list": Route(DESK, queries=("?view=all", "?view=closed", "?queue=cards", "?view=all&q=ayu")),
    "desk:row": CaseRoute(first=lambda conversation: conversation.pk, states=EVERY_STATE),
    "desk:nav": Route(DESK),
    "desk:next": Route(EVERYBODY, why="POST only", writes=DESK, answer=404),
    "desk:search": Route(DESK, queries=("?q=card", "?q=declined", "?q=zqfamily31", "?q=zqlocal31@zqhost31.example")),
    "desk:canned": Route(DESK, queries=("", "?q=hello")),
    "desk:palette": Route(DESK, queries=("", "?q=card", "?q=zqlocal31@zqhost31.example")),
    "desk:views": Route(EVERYBODY, why="POST only", writes=DESK),
    "desk:view": Route(EVERYBODY, lambda world: [world.view.pk if world.view else 0], why="DELETE only", writes=OWN),
    "desk:preferences": Route(EVERYBODY, why="POST only", writes=DESK),
    "desk:reveals": Route(STAFF, queries=("", "?q=iban")),
    "desk:file": Route(
        frozenset({"own", "lead", "admin"}),
        lambda world: [world.conversations["mine"].number, world.attachment.pk if world.attachment else 0],
        answer=403,
    ),
    "desk:file-taken": Route(
        NOBODY, lambda world: [world.attachment.pk if world.attachment else 0, UUID(int=1)], why="only with a ticket"
    ),
    "desk:picture-blurred": Route(
        frozenset({"own", "lead", "admin"}), lambda world: [world.picture.pk if world.picture else 0]
    ),
    "desk:picture-shown": Route(
        NOBODY, lambda world: [world.picture.pk if world.picture else 0, UUID(int=1)], why="only with a ticket, once"
    ),
    "desk:picture": Route(
        frozenset({"own", "lead", "admin"}),
        lambda world: [world.conversations["mine"].number, world.picture.pk if world.picture else 0],
        answer=403,
    ),
    "desk:unmerge": Route(
        EVERYBODY, lambda world: [world.merge.pk if world.merge else 0], why="DELETE only", writes=MINE
    ),
    "desk:conversation": CaseRoute(states=EVERY_STATE),
    "desk:thread": CaseRoute(states=EVERY_STATE),
    "desk:facts": CaseRoute(),
    "desk:proof": CaseRoute(),
    "desk:promised": CaseRoute(),
    "desk:proof-code": CaseRoute(),
    "desk:messages": CaseRoute(),
    "desk:draft": CaseRoute(),
    "desk:assignment": CaseRoute(),
    "desk:transfer": CaseRoute(),
    "desk:snooze": CaseRoute(),
    "desk:closure": CaseRoute(),
    "desk:tags": CaseRoute(),
    "desk:merge": CaseRoute(),
    "desk:presence": CaseRoute(),
    "desk:reveal": _field("iban"),
    "desk:overlay": CaseRoute(lambda conversation: [UUID(int=1)]),
    "desk:sealed": _field("iban"),
    "desk:compare": _field("iban"),
    "desk:call": Route(NOBODY, lambda world: [world.conversations["mine"].number, "iban"], why="no dialler is set up"),
    "desk:raw": CaseRoute(_message),
    "desk:formatted": CaseRoute(_message),
    "desk:card": Route(
        NOBODY, lambda world: [world.conversations["mine"].number, "TW-1-C1"], why="no bank here", writes=MINE
    ),
    "desk:delivery": CaseRoute(_message),
    "desk:again": CaseRoute(_message),
    "desk:held": CaseRoute(_message),
    "assistant:word": CaseRoute(),
    "assistant:copilot": CaseRoute(),
    "assistant:copilot-draft": CaseRoute(),
    "assistant:copilot-next": CaseRoute(),
    "assistant:copilot-summary": CaseRoute(),
    "assistant:copilot-outcome": CaseRoute(),
    "assistant:copilot-wording": CaseRoute(),
    "assistant:copilot-translation": CaseRoute(),
}


def patterns() -> Iterator[tuple[str, str]]:
    """Every named address of the URLconf, as (name, route)."""
    yield from _walk(get_resolver().url_patterns, "", "")


def _walk(found: list[Any], before: str, namespace: str) -> Iterator[tuple[str, str]]:
    for one in found:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from _walk(one.url_patterns, route, inner)
        elif isinstance(one, URLPattern):
            yield f"{namespace}{one.name}", route
