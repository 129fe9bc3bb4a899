"""The welcome page behind a link, and the page where an admin keeps the list of agents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.forms.models import ModelChoiceIterator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from holdfast.guard.cutoff.states import everybody_cut_off
from holdfast.kit.numbers import whole
from holdfast.people import accounts, idle, machines
from holdfast.people import sessions as keeping
from holdfast.people import teams as team_keeping
from holdfast.people.forms import InviteForm, StandingForm, TeamChoice, TeamForm, TeamNameForm, WelcomeForm
from holdfast.people.models import Agent, Role, Team, Vendor
from holdfast.people.permissions import me, requires
from holdfast.people.step_up import proves_again


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One agent on the team page."""

    id: int
    name: str
    email: str
    state: str  # active, invited, cut off, deactivated
    standing: StandingForm


@dataclass(frozen=True, slots=True)
class TeamRow:
    """One team on the team page, and how many belong to it."""

    id: int
    name: str
    vendor: str
    site: str
    people: int


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponseBase:
    """Where a one-time link leads: choose a password, then be signed in and asked for a second factor."""
    allowed = accounts.read_link(token)
    if allowed is None:
        return render(request, "people/link_void.html", status=410)
    form = WelcomeForm(request.POST or None, invited=allowed.agent)
    if request.method == "POST" and form.is_valid():
        try:
            agent = accounts.accept_link(token, **form.cleaned_data)
        except accounts.Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            # Having just chosen the password is proof enough to add a passkey on the next page.
            record_authentication(request, agent, method="password", email=agent.email, reauthenticated=True)
            response: HttpResponseBase = perform_login(
                request, agent, email_verification="none", redirect_url=reverse("mfa_index")
            )
            return response
    status = 422 if form.errors else 200
    return render(request, "people/welcome.html", {"form": form, "invited": allowed.agent is not None}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def sessions(request: HttpRequest) -> HttpResponseBase:
    """Where somebody is signed in; a POST signs them out everywhere but here."""
    agent_id, this = me(request).pk, request.session.session_key
    if request.method == "POST":
        return redirect(f"{reverse('people:sessions')}?ended={keeping.end_others(agent_id, this=this)}")
    ended = whole(request.GET.get("ended"), digits=3)
    found = keeping.open_sessions(agent_id, this=this)
    context = {
        "sessions": found,
        "ended": ended,
        "sessions_at_once": settings.SESSIONS_AT_ONCE,
        "machines": machines.machines_of(agent_id, this=machines.of(request)),
    }
    return render(request, "people/sessions.html", context)


@require_http_methods(["GET", "POST"])
def here(request: HttpRequest) -> HttpResponse:
    """Tell a page how many seconds its session lasts without an act; a POST is one. Asked by scripts only."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401, headers={"Cache-Control": "no-store"})
    if request.method == "POST":
        idle.note_act(request)
    left = idle.left(request)
    seconds = int(left.total_seconds()) if left is not None else settings.SESSION_COOKIE_AGE
    return JsonResponse({"left": seconds, "csrf": get_token(request)})


@require_GET
@requires(Role.ADMIN)
def team(request: HttpRequest) -> HttpResponse:
    """Everybody who works here, and the form to invite one more."""
    return _team(request, InviteForm())


@require_POST
@requires(Role.ADMIN)
@proves_again("POST")
def invitations(request: HttpRequest) -> HttpResponse:
    """Invite an agent; the page that answers shows their link, this once."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _team(request, form, status=422)
    try:
        agent = accounts.create_agent(**form.cleaned_data)
    except accounts.Refused as refused:
        form.add_error("email", refused.sentence)
        return _team(request, form, status=422)
    return _team(request, InviteForm(), link_for=agent, status=201)


@require_POST
@requires(Role.ADMIN)
@proves_again("POST")
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a new link for somebody invited; the one before stops working."""
    return _team(request, InviteForm(), link_for=get_object_or_404(Agent, pk=pk), status=201)


@require_POST
@requires(Role.ADMIN)
@proves_again("POST")
def standing(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an agent's role and team."""
    agent = get_object_or_404(Agent, pk=pk)
    form = StandingForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of the listed roles, and one of the listed teams.")
        return redirect("people:team")
    role, chosen = Role(form.cleaned_data["role"]), form.cleaned_data["team"]
    try:
        if role != agent.role:
            accounts.change_role(agent_id=pk, role=role, by=me(request).pk)
        if chosen != agent.team:
            team_keeping.move(agent_id=pk, team_id=chosen.pk if chosen else None, by=me(request).pk)
        messages.success(
            request, f"{agent.name} is now {role.label.lower()} in {chosen.name if chosen else 'no team'}."
        )
    except accounts.Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("people:team")


@require_POST
@requires(Role.ADMIN)
def teams(request: HttpRequest) -> HttpResponse:
    """Make a team."""
    form = TeamForm(request.POST)
    if not form.is_valid():
        return _team(request, InviteForm(), team_form=form, status=422)
    try:
        made = team_keeping.found(**form.cleaned_data, by=me(request).pk)
    except accounts.Refused as refused:
        form.add_error("name", refused.sentence)
        return _team(request, InviteForm(), team_form=form, status=422)
    messages.success(request, f"{made.name} is a team of {made.vendor.name}.")
    return redirect("people:team")


@require_POST
@requires(Role.ADMIN)
def team_name(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a team."""
    get_object_or_404(Team, pk=pk)
    form = TeamNameForm(request.POST)
    if not form.is_valid():
        messages.error(request, "A team needs a name of at most 80 characters.")
        return redirect("people:team")
    try:
        team_keeping.rename(team_id=pk, **form.cleaned_data, by=me(request).pk)
        messages.success(request, f"The team is now called {form.cleaned_data['name']}.")
    except accounts.Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("people:team")


@require_POST
@requires(Role.ADMIN)
def team_removal(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a team in which nobody is."""
    gone = get_object_or_404(Team, pk=pk)
    try:
        team_keeping.dissolve(team_id=pk, by=me(request).pk)
        messages.success(request, f"{gone.name} is no team any more.")
    except accounts.Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("people:team")


@require_POST
@requires(Role.ADMIN)
@proves_again("POST")
def reactivation(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a deactivated agent in again. To keep one out is a page of the desk, which knows what they have in hand."""
    agent = get_object_or_404(Agent, pk=pk)
    accounts.reactivate(agent_id=pk, by=me(request).pk)
    messages.success(request, f"{agent.name} can sign in again.")
    return redirect("people:team")


def _team(
    request: HttpRequest,
    form: InviteForm,
    *,
    team_form: TeamForm | None = None,
    link_for: Agent | None = None,
    status: int = 200,
) -> HttpResponse:
    one_time = ""
    if link_for is not None:
        try:
            one_time = accounts.invitation_link(settings.PUBLIC_URL, link_for)
        except accounts.Refused as refused:
            messages.error(request, refused.sentence)
            link_for, status = None, 409
    everybody, cut = Agent.objects.order_by("-is_active", "name", "pk"), everybody_cut_off()
    # The choices are read once for all rows; sixty agents would else ask sixty times.
    choices = list(ModelChoiceIterator(TeamChoice()))
    counted = Team.objects.annotate(people=Count("agents")).order_by("vendor__name", "name")
    context = {
        "rows": [_row(agent, choices, cut_off=agent.pk in cut) for agent in everybody],
        "teams": [
            TeamRow(team_id, name, vendor, site or "", people)
            for team_id, name, vendor, site, people in counted.values_list(
                "id", "name", "vendor__name", "site__name", "people"
            )
        ],
        "vendors": list(Vendor.objects.order_by("name").values_list("name", flat=True)),
        "form": form,
        "team_form": team_form or TeamForm(),
        "link": one_time,
        "link_for": link_for,
        "tab": "team",
    }
    return render(request, "people/team.html", context, status=status)


def _row(agent: Agent, choices: list[Any], *, cut_off: bool) -> AgentRow:
    entered = "cut off" if cut_off else "active" if agent.has_usable_password() else "invited"
    form = StandingForm(initial={"role": agent.role, "team": agent.team_id}, auto_id=f"agent-{agent.pk}-%s")
    form.fields["team"].widget.choices = choices
    return AgentRow(
        id=agent.pk,
        name=agent.name,
        email=agent.email,
        state=entered if agent.is_active else "deactivated",
        standing=form,
    )
