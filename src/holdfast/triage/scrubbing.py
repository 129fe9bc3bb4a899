"""What people wrote, without values in it, before anybody reads, searches, quotes or forwards it.

The contact as it arrived stays what it is; its words open through the gate, like its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from holdfast.conversations.to_thread import ToThread
from holdfast.guard.file_names import NameScrubber
from holdfast.guard.free_text import Known, Scrubber
from holdfast.guard.opening import MachineUse, opened_many_for_machine
from holdfast.people.on_file import sealed_values

_TAG = re.compile(r"<[^<>]{0,2000}>")
_HOUSE = {"name", "email address", "address", "birth date"}  # of their own record: nobody needs to be told


def scrubbed(items: Sequence[ToThread]) -> list[ToThread]:
    """Return `items` with typed masks where values stood, in subject, text, quotes and names of files; two queries.

    A formatted version that has values in it is left out, since they may be spread over its tags.
    """
    known = _known({item.customer_id for item in items if item.customer_id is not None})
    return [_scrubbed(item, known.get(item.customer_id, ()) if item.customer_id else ()) for item in items]


def _scrubbed(item: ToThread, known: Sequence[Known]) -> ToThread:
    return _words(_files(item, NameScrubber(known)) if item.attachments else item, Scrubber(known))


def _files(item: ToThread, scrubber: NameScrubber) -> ToThread:
    """Names of files are seen before anybody asks for one; whoever takes it gets its own name."""
    names = {name: scrubber.scrubbed(name) for each in item.attachments if (name := str(each.get("name") or ""))}
    masked = {name: scrubbed.text for name, scrubbed in names.items() if scrubbed.kinds}
    if not masked:
        return item
    details = dict(item.details) | {"masked": list(dict.fromkeys(k for each in names.values() for k in each.kinds))}
    if "warnings" in details:
        details["warnings"] = [_without(str(warning), masked) for warning in details["warnings"]]
    return replace(
        item,
        text=_without(item.text, masked),
        quoted=_without(item.quoted, masked),
        html="" if any(name in item.html for name in masked) else item.html,
        attachments=[
            {**each, "name": masked.get(str(each.get("name")), each.get("name"))} for each in item.attachments
        ],
        details=details,
    )


def _without(text: str, masked: Mapping[str, str]) -> str:
    for name, shown in masked.items():
        text = text.replace(name, shown)
    return text


def _words(item: ToThread, scrubber: Scrubber) -> ToThread:
    subject, text, quoted = (scrubber.scrubbed(each) for each in (item.subject, item.text, item.quoted))
    formatted = scrubber.scrubbed(_TAG.sub("", item.html)) if item.html else None
    in_html = formatted.kinds if formatted is not None else ()
    kinds = dict.fromkeys((*subject.kinds, *text.kinds, *quoted.kinds, *in_html))
    if not kinds:
        return item
    details = dict(item.details)
    details["masked"] = list(dict.fromkeys((*details.get("masked", ()), *kinds)))
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
