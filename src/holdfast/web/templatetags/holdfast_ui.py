"""Tags for the small parts that every screen shares: icons, times, clocks, seals, people, chips, fields."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any, Literal

from django import template
from django.forms import BoundField, CheckboxInput, Select, Textarea
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

SOON = dt.timedelta(minutes=15)
THIN_SPACE = "\u2009"
CHANNEL_ICONS = {
    "email": "mail",
    "chat": "message-circle",
    "phone": "phone",
    "voice": "mic",
    "alexa": "mic",
    "siri": "mic",
    "app": "smartphone",
    "api": "code",
    "mcp": "bot",
    "a2a": "bot",
    "social": "at-sign",
    "web": "globe",
}
EVENT_ICONS = {
    "assignment": "user-check",
    "transfer": "arrow-left-right",
    "close": "archive",
    "closed": "archive",
    "reopen": "rotate-ccw",
    "reopened": "rotate-ccw",
    "snooze": "alarm-clock",
    "snoozed": "alarm-clock",
    "woken": "bell",
    "merge": "merge",
    "merged": "merge",
    "unmerge": "split",
    "tag": "tag",
    "person_request": "headphones",
    "handover": "headphones",
    "bounce": "triangle-alert",
    "repeat": "send",
    "held": "shield",
    "card": "credit-card",
    "reveal": "lock-open",
}
KEY_CAPS = {"enter": "corner-down-left", "up": "arrow-up"}


@register.simple_tag
def icon(name: str, size: Literal["", "s", "l"] = "", label: str = "") -> SafeString:
    """Draw `name` from the sprite at 16 px (`s` 14, `l` 20). Without a label it is hidden from screen readers."""
    return _drawn(name, size, label)


# A page has a hundred icons, of some dozen kinds. Typed, because a `SafeString` is drawn otherwise than an equal `str`.
@lru_cache(maxsize=1024, typed=True)
def _drawn(name: str, size: str, label: str) -> SafeString:
    names = f"i {size} i-{name}".replace("  ", " ")
    href = f"{static('vendor/icons.svg')}#i-{name}"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', names, label, href)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', names, href)


@register.filter
def channel_icon(channel: str) -> str:
    """Name of the sprite icon for a channel; an unknown one is an inbox."""
    return CHANNEL_ICONS.get(channel, "inbox")


@register.filter
def event_icon(kind: str) -> str:
    """Name of the sprite icon for a system entry in a thread."""
    return EVENT_ICONS.get(kind, "info")


@register.filter
def file_icon(media_type: str) -> str:
    """Name of the sprite icon for an attachment's media type."""
    return "image" if media_type.startswith("image/") else "file-text"


@register.simple_tag
def keys(*names: str) -> SafeString:
    """Key caps, e.g. `{% keys "mod" "enter" %}`. `mod` reads Ctrl until a script finds out it is a Mac."""
    return format_html_join("", "{}", ((_cap(name),) for given in names for name in given.split()))


@lru_cache(maxsize=256, typed=True)
def _cap(name: str) -> SafeString:
    if name == "mod":
        return mark_safe("<kbd data-mod>Ctrl</kbd>")
    if name.lower() == "shift":
        return mark_safe("<kbd data-shift>Shift</kbd>")
    if name in KEY_CAPS:
        return format_html("<kbd>{}</kbd>", icon(KEY_CAPS[name]))
    return format_html("<kbd>{}</kbd>", name)


def short_age(since: dt.timedelta) -> str:
    """Age in the shortest true words: `now`, `38 min`, `5 h`, `3 d`, `6 wk`."""
    seconds = max(0, int(since.total_seconds()))
    if seconds < 45:
        return "now"
    if seconds < 3600:
        return f"{max(1, round(seconds / 60))} min"
    if seconds < 86_400:
        return f"{seconds // 3600} h"
    days = seconds // 86_400
    return f"{days} d" if days < 28 else f"{days // 7} wk"


def span(length: dt.timedelta) -> str:
    """A length in minutes, hours or days with what a person needs of it: `14 min`, `1 h 27 min`, `3 d`."""
    minutes = max(0, round(length.total_seconds() / 60))
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{hours // 24} d"


@register.filter
def for_long(length: dt.timedelta) -> str:
    """A length as `span` says it."""
    return span(length)


def _stamp(moment: dt.datetime) -> str:
    return timezone.localtime(moment).strftime("%a %-d %b %Y, %H:%M")


@register.simple_tag
def ago(moment: dt.datetime | None, css: str = "ago") -> SafeString:
    """How long ago, kept current by `time.js`, with the full date on hover."""
    if moment is None:
        return SafeString()
    # Only the class is anybody's text: a list has fifty of these, and escaping what cannot need it is a tenth of it.
    return mark_safe(  # noqa: S308
        f'<time class="{escape(css)}" datetime="{moment.isoformat()}" title="{_stamp(moment)}" data-ago>'
        f"{short_age(timezone.now() - moment)}</time>"
    )


@register.simple_tag
def at(moment: dt.datetime | None) -> SafeString:
    """Clock time today, `Fri 14:30` this week, `14 Mar` before. `time.js` turns it into the reader's zone."""
    if moment is None:
        return SafeString()
    return format_html(
        '<time datetime="{}" title="{}" data-at>{}</time>', moment.isoformat(), _stamp(moment), clock_time(moment)
    )


@register.filter
def clock_time(moment: dt.datetime) -> str:
    """The short form that `at` prints, as plain text."""
    local, now = timezone.localtime(moment), timezone.localtime()
    if local.date() == now.date():
        return local.strftime("%H:%M")
    if abs(local - now) < dt.timedelta(days=6):
        return local.strftime("%a %H:%M")
    return local.strftime("%-d %b" if local.year == now.year else "%-d %b %Y")


@register.simple_tag
def day(moment: dt.datetime) -> str:
    """`Today`, `Yesterday` or `Friday 20 November`, for the lines between the days of a thread."""
    local, today = timezone.localtime(moment).date(), timezone.localtime().date()
    if local == today:
        return "Today"
    if local == today - dt.timedelta(days=1):
        return "Yesterday"
    return local.strftime("%A %-d %B" if local.year == today.year else "%A %-d %B %Y")


@register.simple_tag
def clock(
    due: dt.datetime,
    since: dt.datetime | None = None,
    *,
    kept_at: dt.datetime | None = None,
    before: str = "",
    remaining: bool = False,
) -> SafeString:
    """A promise clock. Open: an emptying ring. Soon (15 min, or the last quarter): amber. Broken: a sign. Kept: a tick.

    `since` is when the promise was given (default: an hour before `due`); `before` is a word in front of the time.
    The remaining time is spoken; `remaining` also shows it.
    """
    if kept_at is not None:
        return format_html('<span class="clock kept">{}<span>kept {}</span></span>', icon("check", "s"), at(kept_at))
    left = due - timezone.now()
    whole = due - since if since and since < due else dt.timedelta(hours=1)
    if left.total_seconds() <= 0:
        state, mark, shown, spoken = "broken", icon("circle-alert", "s"), f"{span(-left)} late", "late by"
    else:
        state = "soon" if left < SOON or left < whole / 4 else "open"
        mark, shown, spoken = ring(left / whole), clock_time(due), "in"
    return format_html(
        '<span class="clock {}" data-due="{}" data-since="{}" title="Due {}">'
        '{}<span>{}<b data-shown>{}</b></span> <span class="{}" data-left>{} {}</span></span>',
        state,
        due.isoformat(),
        (due - whole).isoformat(),
        _stamp(due),
        mark,
        format_html('<span class="lbl">{} </span>', before) if before else "",
        shown,
        "t2" if remaining else "vh",
        spoken,
        span(abs(left)),
    )


@register.simple_tag
def ring(share: float) -> SafeString:
    """The emptying ring by itself; `share` of 1 is full. Starts at twelve, geometry in attributes only."""
    part = f"{min(1.0, max(0.0, share)) * 100:.0f} 100"
    return format_html(
        '<svg class="ring" viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.5"/><circle class="left" '
        'cx="8" cy="8" r="6.5" pathLength="100" stroke-dasharray="{}" transform="rotate(-90 8 8)"/></svg>',
        part,
    )


@register.simple_tag
def seal(value: object, kind: str = "") -> SafeString:
    """A sealed value as hatch, lock and mask. Prints `str(value)`, which for a `Sealed` is its mask."""
    shown = str(value) if value else "•••"
    return format_html(
        '<span class="seal">{}<span><span class="vh">{}sealed, </span>{}</span></span>',
        icon("lock"),
        f"{kind}, " if kind else "",
        shown,
    )


@register.filter
def initials(name: object) -> str:
    """At most two letters for a name: `Maren O.` gives `MO`, `Kofi` gives `KO`, nothing gives `?`."""
    words = [word for word in str(name or "").replace(".", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]).upper()


@register.simple_tag
def avatar(name: object, css: str = "", title: str = "") -> SafeString:
    """A round mark with initials; `css` of `bot` gives the square machine mark, `you` the reader's own."""
    inside = icon("bot") if "bot" in css.split() else initials(name)
    tip = format_html(' title="{}"', title) if title else ""
    return format_html('<span class="{}"{} aria-hidden="true">{}</span>', f"av {css}".strip(), tip, inside)


def wait_words(low: float | None, high: float | None) -> str:
    """Minutes as the range we tell people: `under 2 min`, `25–40 min`, `over an hour`."""
    if low is None or high is None:
        return "not known yet"
    if high < 2:
        return "under 2 min"
    if low >= 60:
        return "over an hour"
    first, last = max(1, round(low)), max(1, round(high))
    return f"{first} min" if first == last else f"{first}–{last} min"


@register.simple_tag
def told(low: float | None, high: float | None) -> str:
    """The wait we tell, in words; see `wait_words`."""
    return wait_words(low, high)


@register.simple_tag
def wait_range(low: float, high: float, waited: float | None = None) -> SafeString:
    """The bar of a told wait on an axis of 0 to 60 minutes; `waited` marks what really happened."""
    start = min(60.0, max(0.0, low)) / 0.6
    width = max(3.3, min(60.0, high) / 0.6 - start)
    tick = (
        format_html('<rect class="at" x="{}%" y="-2" width="2" height="12"/>', f"{min(60.0, waited) / 0.6:.1f}")
        if waited is not None
        else SafeString()
    )
    return format_html(
        '<svg class="range{}" role="img" aria-label="{}"><rect x="{}%" y="1" width="{}%" height="6" rx="2"/>{}</svg>',
        " hot" if high >= 60 else "",
        wait_words(low, high),
        f"{start:.1f}",
        f"{width:.1f}",
        tick,
    )


@register.simple_tag
def busy_bar(part: float) -> SafeString:
    """The bar of a share that is taken; hot from nine in ten."""
    return format_html(
        '<svg class="range{}" aria-hidden="true"><rect x="0%" y="1" width="{}%" height="6" rx="2"/></svg>',
        " hot" if part >= 0.9 else "",
        f"{100 * part:.1f}",
    )


@register.simple_tag
def chip(text: str, tone: str = "", picture: str = "") -> SafeString:
    """A 20 px chip. Tones: nothing, `line` (a reason), `kelp`, `amber`, `coral`, `tide`, `plum`."""
    return _chip(text, tone, picture)


@lru_cache(maxsize=1024, typed=True)
def _chip(text: str, tone: str, picture: str) -> SafeString:
    mark = icon(picture) if picture else SafeString()
    return format_html('<span class="{}">{}{}</span>', f"chip {tone}".strip(), mark, text)


@register.filter
def share(part: float) -> str:
    """A share as a whole percentage with a thin space: `97 %`."""
    return f"{round(part * 100)}{THIN_SPACE}%"


@register.filter
def file_size(size: int) -> str:
    """Bytes in words a person uses: `840 B`, `12 kB`, `3.4 MB`."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{round(size / 1000)} kB"
    return f"{size / 1_000_000:.1f} MB"


@register.inclusion_tag("parts/field.html")
def field(bound: BoundField, label: str = "", hint: str = "") -> dict[str, Any]:
    """A form field with label, hint and errors, tied together for screen readers."""
    notes = [f"{bound.auto_id}-hint"] if hint or bound.help_text else []
    if bound.errors:
        notes.append(f"{bound.auto_id}-wrong")
    attrs: dict[str, Any] = {"class": "" if isinstance(bound.field.widget, CheckboxInput) else "input"}
    if notes:
        attrs["aria-describedby"] = " ".join(notes)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    attrs |= {"placeholder": ""} if not isinstance(bound.field.widget, (Select, Textarea, CheckboxInput)) else {}
    return {
        "bound": bound,
        "control": bound.as_widget(attrs=attrs),
        "label": label or bound.label,
        "hint": hint or bound.help_text,
        "checkbox": isinstance(bound.field.widget, CheckboxInput),
    }
