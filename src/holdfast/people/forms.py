"""What people type on the welcome and team pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation

from holdfast.people.models import Agent, Role, Team


class WelcomeForm(forms.Form):
    """Name, e-mail and password of the first admin; for an invited agent the address is fixed."""

    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        max_length=128, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, invited: Agent | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if invited is not None:
            self.fields["email"].initial = invited.email
            self.fields["email"].disabled = True
            self.fields["name"].initial = invited.name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "password" in data:
            who = Agent(email=data.get("email", ""), name=data.get("name", ""))
            try:
                password_validation.validate_password(data["password"], who)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class TeamChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for the checker alone
    """Teams by name, each with who employs it."""

    def __init__(self, **kwargs: Any) -> None:
        teams = Team.objects.select_related("vendor").order_by("name", "vendor__name")
        super().__init__(teams, required=False, empty_label="No team", **kwargs)

    def label_from_instance(self, team: Team) -> str:
        return f"{team.name} · {team.vendor.name}"


class InviteForm(forms.Form):
    """A new agent."""

    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = forms.EmailField(max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(choices=Role.choices, initial=Role.AGENT)
    team = TeamChoice()


class StandingForm(forms.Form):
    """Another role or team for an agent."""

    role = forms.ChoiceField(choices=Role.choices, widget=forms.Select(attrs={"class": "input"}))
    team = TeamChoice(widget=forms.Select(attrs={"class": "input"}))


class TeamForm(forms.Form):
    """A new team."""

    name = forms.CharField(max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    vendor = forms.CharField(max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off", "list": "vendors"}))
    site = forms.CharField(max_length=80, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    internal = forms.BooleanField(required=False)


class TeamNameForm(forms.Form):
    """Another name for a team, and where it sits."""

    name = forms.CharField(max_length=80)
    site = forms.CharField(max_length=80, required=False)
