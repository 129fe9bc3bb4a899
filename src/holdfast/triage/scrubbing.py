"""What people wrote, without values in it, before anybody reads, searches, quotes or forwards it.

The contact as it arrived stays what it is; its words open through the gate, like its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from holdfast.conversations.to_thread import ToThread
from holdfast.guard.free_text import Known, Scrubber
from holdfast.guard.opening import MachineUse, opened_many_for_machine
from holdfast.people.on_file import sealed_values

_TAG = re.compile(r"<[^<>]{0,2000}>")
_HOUSE = {"name", "email address", "address", "birth date"}  # of their own record: nobody needs to be told


def scrubbed(items: Sequence[ToThread]) -> list[ToThread]:
    """Return `items` with typed masks where values stood, in subject, text and quotes; two queries for all of them.

    A formatted version that has values in it is left out, since they may be spread over its tags.
    """
    known = _known({item.customer_id for item in items if item.customer_id is not None})
    return [_scrubbed(item, Scrubber(known.get(item.customer_id, ()) if item.customer_id else ())) for item in items]


def _scrubbed(item: ToThread, scrubber: Scrubber) -> ToThread:
    subject, text, quoted = (scrubber.scrubbed(each) for each in (item.subject, item.text, item.quoted))
    formatted = scrubber.scrubbed(_TAG.sub("", item.html)) if item.html else None
    in_html = formatted.kinds if formatted is not None else ()
    kinds = dict.fromkeys((*subject.kinds, *text.kinds, *quoted.kinds, *in_html))
    if not kinds:
        return item
    details = dict(item.details) | {"masked": list(kinds)}
    if told := [kind for kind in kinds if kind not in _HOUSE]:
        details["warnings"] = [*details.get("warnings", ()), _warning(told)]
    html = "" if in_html else item.html
    return replace(item, subject=subject.text, text=text.text, quoted=quoted.text, html=html, details=details)


def _warning(kinds: Sequence[str]) -> str:
    return f"Masked here: {', '.join(kinds)}. The source of the message shows what was written, and the log keeps it."


def _known(customers: Iterable[UUID]) -> Mapping[UUID, list[Known]]:
    rows = sealed_values(list(customers))
    values = opened_many_for_machine([row.value for row in rows], use=MachineUse.SCRUB)
    known: dict[UUID, list[Known]] = {}
    for row, value in zip(rows, values, strict=True):
        if value:
            known.setdefault(row.customer_id, []).append(Known(row.kind, value))
    return known
