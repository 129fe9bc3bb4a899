"""How many texts wait for the approval of whoever looks at a page."""

from __future__ import annotations

from typing import Any

from django import template

from holdfast.incidents.words import bell

register = template.Library()


@register.simple_tag
def approvals_waiting(user: Any) -> int:
    """The count for the navigation; 0 for whoever approves nothing."""
    return bell.waiting_for(user.pk) if getattr(user, "is_authenticated", False) else 0
