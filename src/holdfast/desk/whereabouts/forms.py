"""The form of a rule: for whom, from which networks, at which hours, on which machines."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from holdfast.guard.whereabouts import rules
from holdfast.guard.whereabouts.errors import Refused
from holdfast.guard.whereabouts.rules import Hours, Wanted
from holdfast.people.models import Role, Team, Vendor

DAYS = (("1", "Mon"), ("2", "Tue"), ("3", "Wed"), ("4", "Thu"), ("5", "Fri"), ("6", "Sat"), ("7", "Sun"))


def whom() -> list[tuple[str, str]]:
    """Return everybody a rule can mean, by `scope:target`."""
    vendors = Vendor.objects.order_by("name").values_list("id", "name")
    teams = Team.objects.order_by("vendor__name", "name").values_list("id", "name", "vendor__name")
    return [
        ("everybody:", "Everybody"),
        *((f"role:{role.value}", f"Everybody with the role {role.label.lower()}") for role in Role),
        *((f"vendor:{id_}", f"People of {name}") for id_, name in vendors),
        *((f"team:{id_}", f"Team {name} · {vendor}") for id_, name, vendor in teams),
    ]


class RuleForm(forms.Form):
    """What is left empty is no rule."""

    who = forms.ChoiceField(choices=whom, label="For")
    networks = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    days = forms.MultipleChoiceField(choices=DAYS, required=False)
    opens = forms.TimeField(required=False)
    closes = forms.TimeField(required=False)
    zone = forms.CharField(required=False, max_length=40)
    known_machine = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"zone": settings.CUSTOMERS_ZONE})
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Read networks and hours; each fault stands at its field."""
        data = super().clean() or {}
        try:
            data["networks"] = rules.networks_in(data.get("networks") or "")
        except Refused as refused:
            self.add_error("networks", refused.sentence)
        hours = (data.get("days"), data.get("opens"), data.get("closes"))
        if any(each not in (None, []) for each in hours) and not all(each not in (None, []) for each in hours):
            self.add_error("opens", "Hours need days, a beginning and an end.")
        return data

    @property
    def wanted(self) -> Wanted:
        """Return the rule that was typed. Only when the form is valid."""
        data = self.cleaned_data
        scope, _, target = data["who"].partition(":")
        hours = None
        if data["days"]:
            days = tuple(int(day) for day in data["days"])
            hours = Hours(days=days, opens=data["opens"], closes=data["closes"], zone=data["zone"] or "UTC")
        return Wanted(
            scope=scope, target=target, networks=data["networks"], hours=hours, known_machine=data["known_machine"]
        )
