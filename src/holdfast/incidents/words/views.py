"""Where leads keep templates and forbidden statements, and an admin names who signs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_POST

from holdfast.incidents.words import approvals, library, templates
from holdfast.incidents.words import forbidden as bans
from holdfast.incidents.words import signatories as signing
from holdfast.incidents.words.contract import Missing, Need, OutgoingText, Role, TemplateView, Use
from holdfast.incidents.words.errors import NotFound, Refused, Stale
from holdfast.incidents.words.filling import VARIABLES
from holdfast.incidents.words.seeds import SEEDS
from holdfast.kit.numbers import whole
from holdfast.knowledge import differences
from holdfast.people.models import Role as Job
from holdfast.people.permissions import me, requires
from holdfast.people.queries import colleagues

KEEPERS = (Job.LEAD, Job.ADMIN)
LANGUAGES = {"en": "English", "id": "Indonesian", "pt-br": "Portuguese (Brazil)"}
_WRITTEN_FIRST = "Somebody saved a version while you were writing. Yours is still here; theirs stands below it."


@require_http_methods(["GET"])
@requires(*KEEPERS)
def home(request: HttpRequest) -> HttpResponse:
    """All templates, with who approved them in which language."""
    return _home(request)


@require_POST
@requires(*KEEPERS)
def new(request: HttpRequest) -> HttpResponse:
    """Add a template and go to write it."""
    slug = _field(request, "slug").strip().lower()
    try:
        templates.add(slug=slug, title=_field(request, "title"), use=_field(request, "use"))
    except Refused as refused:
        return _home(request, problem=refused.sentence, status=422)
    return redirect("words:template", slug, settings.LANGUAGE_CODE)


@require_POST
@requires(*KEEPERS)
def seeds(request: HttpRequest) -> HttpResponse:
    """Take up the templates that come with the house."""
    count = templates.take_seeds(by=me(request).pk)
    messages.success(request, f"{count} templates were taken up. Nobody has approved them yet.")
    return redirect("words:home")


@require_http_methods(["GET", "POST"])
@requires(*KEEPERS)
def template(request: HttpRequest, slug: str, locale: str) -> HttpResponse:
    """Write a template in one language, and see what was changed before and who approved it."""
    shown = _template(slug)
    if request.method == "GET":
        return _template_page(request, shown, locale)
    body = _field(request, "body")
    seen = _field(request, "seen")
    try:
        saved = templates.save(
            slug=slug,
            locale=locale,
            body=body,
            seen=whole(seen, digits=8) or 0,
            by=me(request).pk,
        )
    except Stale:
        return _template_page(request, shown, locale, body=body, problem=_WRITTEN_FIRST, status=409)
    except Refused as refused:
        return _template_page(request, shown, locale, body=body, problem=refused.sentence, status=422)
    messages.success(request, f"Version {saved.number} is saved. It has to be approved anew.")
    return redirect("words:template", slug, locale)


@require_POST
@requires(*KEEPERS)
def ask(request: HttpRequest, slug: str, locale: str) -> HttpResponse:
    """Ask those who hold the chosen roles to approve the newest version."""
    shown = _template(slug)
    version = shown.versions.get(locale)
    roles = [role for role in Role if role.value in request.POST.getlist("role")]
    try:
        if version is None or not roles:
            raise Refused("Choose whose approval it needs.")
        text = OutgoingText(locale=locale, text=version.body)
        wanted = [Missing(text=text, need=Need(role=role)) for role in roles]
        about = f"Template: {shown.title}"
        approvals.ask(subject=f"template:{slug}", about=about, missing=wanted, by=me(request).pk)
    except Refused as refused:
        return _template_page(request, shown, locale, problem=refused.sentence, status=422)
    messages.success(request, "They are asked. It stands in their inbox.")
    return redirect("words:template", slug, locale)


@require_http_methods(["GET", "POST"])
@requires(*KEEPERS)
def signatories(request: HttpRequest) -> HttpResponse:
    """Who may approve; an admin names them."""
    if request.method == "GET":
        return _signatories(request)

    def verb() -> None:
        agent, by = _field(request, "agent"), me(request)
        if by.role != Job.ADMIN:
            raise Refused("Only an admin names who approves.")
        known = {each.id for each in colleagues()}
        if not agent.isascii() or not agent.isdigit() or int(agent) not in known:
            raise Refused("Choose a person from the list.")
        role, place = _field(request, "role"), _field(request, "jurisdiction")
        signing.name(agent_id=int(agent), role=role, jurisdiction=place, by=by.pk)

    return _done(request, verb, back="words:signatories", page=_signatories)


@require_POST
@requires(Job.ADMIN)
def relieve(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody approve no more."""
    return _done(request, lambda: signing.relieve(signatory_id=pk), back="words:signatories", page=_signatories)


@require_http_methods(["GET", "POST"])
@requires(*KEEPERS)
def forbidden(request: HttpRequest) -> HttpResponse:
    """What may not be said, and forbidding more."""
    if request.method == "GET":
        return _forbidden(request)

    def verb() -> None:
        given = _field(request, "until").strip()
        try:
            day = parse_date(given) if given else None
        except ValueError:
            day = None
        if given and day is None:
            raise Refused("Write the day as 2026-03-31, or leave it empty.")
        until = timezone.make_aware(datetime.combine(day, time(23, 59))) if day else None
        bans.forbid(
            pattern=_field(request, "pattern"),
            is_expression=_field(request, "kind") == "expression",
            why=_field(request, "why"),
            asked_by=_field(request, "asked_by"),
            jurisdiction=_field(request, "jurisdiction"),
            locale=_field(request, "locale"),
            until=until,
            by=me(request).pk,
        )

    return _done(request, verb, back="words:forbidden", page=_forbidden)


@require_POST
@requires(*KEEPERS)
def allow(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a statement be made again."""
    return _done(
        request, lambda: bans.allow(forbidden_id=pk, by=me(request).pk), back="words:forbidden", page=_forbidden
    )


def _done(
    request: HttpRequest, verb: Callable[[], None], *, back: str, page: Callable[..., HttpResponse]
) -> HttpResponse:
    try:
        verb()
    except Refused as refused:
        return page(request, problem=refused.sentence, status=422)
    except NotFound as error:
        raise Http404 from error
    return redirect(back)


def _home(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    shown = library.templates()
    left = {seed.slug for seed in SEEDS} - {each.slug for each in shown}
    context = {"templates": shown, "uses": Use.choices, "seeds_left": len(left)}
    return _page(request, "home", **context, problem=problem, status=status)


def _signatories(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    context = {"signatories": library.signatories(), "people": colleagues(), "roles": Role.choices}
    return _page(request, "signatories", **context, problem=problem, status=status)


def _forbidden(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    context = {"bans": library.forbidden_now(), "sent": request.POST, "languages": LANGUAGES.items()}
    return _page(request, "forbidden", **context, problem=problem, status=status)


def _template(slug: str) -> TemplateView:
    try:
        return library.template(slug)
    except NotFound as error:
        raise Http404 from error


def _template_page(
    request: HttpRequest,
    shown: TemplateView,
    locale: str,
    *,
    body: str | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    if locale not in {*LANGUAGES, *settings.SUPPORT_LANGUAGES, *shown.versions}:
        raise Http404
    past = library.versions(shown.slug, locale)
    newest = past[0] if past else None
    pairs = list(zip(past, [*past[1:], None], strict=True))
    return _page(
        request,
        "template",
        shown=shown,
        locale=locale,
        languages=[(each, LANGUAGES.get(each, each)) for each in dict.fromkeys([*LANGUAGES, *shown.versions])],
        newest=newest,
        body=body if body is not None else (newest.body if newest else ""),
        theirs=newest if status == 409 else None,
        history=[(each, differences.lines(before.body if before else "", each.body)) for each, before in pairs],
        asked=[each for each in library.asked_about(f"template:{shown.slug}") if each.locale == locale],
        variables=VARIABLES.items(),
        roles=Role.choices,
        problem=problem,
        status=status,
    )


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, f"words/{name}.html", {"tab": "words", "shelf": name, **context}, status=status)


def _field(request: HttpRequest, name: str) -> str:
    return (request.POST.get(name) or "").replace("\x00", "")
