"""What a list covers and where it ends, in sentences that stand on every report."""

from __future__ import annotations

from datetime import UTC, datetime

from holdfast.guard.radius.contract import Radius

UPPER_BOUND = (
    "Seen is not leaked. The list is an upper bound of what these accounts could know, not a finding that anything"
    " was passed on, or about any person."
)
NOT_KNOWN = (
    "Not known to the house: a look over somebody's shoulder, files that are no pictures, whoever reads the database"
    " or its backups past the application, and lists that have case numbers and no value, as on the bridge."
)


def sentences(radius: Radius) -> tuple[str, ...]:
    """Return what a reader has to know to judge the list."""
    asked, log = radius.question, radius.log
    fields = ", ".join(asked.fields) if asked.fields else "all"
    said = [
        UPPER_BOUND,
        f"It covers {_many(len(asked.agents), 'account')} from {_at(asked.since)} to {_at(asked.until)};"
        f" fields: {fields.replace('_', ' ')}.",
    ]
    if log.signed_at is not None:
        said.append(
            f"Values shown, asked for, compared and refused are those of the log {log.origin} at {log.size:,} entries,"
            f" signed {_at(log.signed_at)}; each can be proven from it. Nothing is shown without an entry."
        )
    else:
        said.append("The log has not been signed yet, so nothing of this can be proven to somebody outside.")
    if log.waiting:
        said.append(f"{_many(log.waiting, 'entry', 'entries')} had no place in the log yet and are counted as well.")
    if log.begins_at is None:
        said.append("The log of reveals is empty. What was seen before Holdfast kept one is not known.")
    elif asked.since < log.begins_at:
        said.append(
            f"The log begins {_at(log.begins_at)}. What was seen from {_at(asked.since)} until then is not known."
        )
    if radius.made_at < asked.until:
        said.append(f"The interval was not over when it was counted, {_at(radius.made_at)}. Count again afterwards.")
    said.append(_pages(radius))
    if radius.traces:
        said.append(
            f"{_many(len(radius.traces), 'photograph, file or code', 'photographs, files and codes')} that turned up"
            f" {'was' if len(radius.traces) == 1 else 'were'} read as being of these accounts, by marks: evidence of"
            " whose screen or copy it was, not of who held the camera, and no more than one of the customers it may be"
            " of."
        )
    if log.nameless:
        said.append(
            f"{_many(log.nameless, 'request')} of these accounts named no customer, and are in no class: made-up or"
            " stale tickets, or senders nobody knows."
        )
    if log.whole_exports:
        said.append(
            f"These accounts made {_many(log.whole_exports, 'export')} that name no customer. Whoever was in them is"
            " not in this list; look at each."
        )
    said.append(NOT_KNOWN)
    return tuple(said)


def _pages(radius: Radius) -> str:
    asked, since = radius.question, radius.log.pages_since
    if since is None:
        return "Which cases pages showed under masks was not noted in this time; whose case it was is known."
    late = f" They are noted from {since:%Y-%m-%d} on." if asked.since.date() < since.date() else ""
    return (
        "Cases listed, found or opened under masks are noted once a day and are not in the log: they cannot be proven,"
        f" and whole days count.{late}"
    )


def _many(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
