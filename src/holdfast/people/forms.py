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


class InviteForm(forms.Form):
    """A new agent."""

    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = forms.EmailField(max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(choices=Role.choices, initial=Role.AGENT)
    team: forms.ModelChoiceField[Team] = forms.ModelChoiceField(
        Team.objects.order_by("name"), required=False, empty_label="No team"
    )


class RoleForm(forms.Form):
    """Another role for an agent."""

    role = forms.ChoiceField(choices=Role.choices, widget=forms.Select(attrs={"class": "input"}))
