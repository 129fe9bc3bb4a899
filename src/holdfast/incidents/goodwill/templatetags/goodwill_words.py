"""Numbers of a comparison in words."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def points(difference: float) -> str:
    """A difference of shares in percentage points with its sign: `+1.2`, `−0.4`."""
    said = f"{100 * difference:+.1f}"
    return said.replace("-", "\N{MINUS SIGN}")
