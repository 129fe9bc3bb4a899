"""Faults as RFC 9457 problem documents: what is wrong, in which field, and never what the customer wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from holdfast.intake.contact import ContactIn

_SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "This field is not known.",
    "string_type": "This must be a string.",
    "string_too_short": "This must not be empty.",
    "dict_type": "This must be an object.",
    "list_type": "This must be a list.",
    "model_type": "This must be a JSON object.",
    "model_attributes_type": "This must be a JSON object.",
    "datetime_type": "This must be a date and time in ISO 8601, as a string.",
    "datetime_parsing": "This is not a date and time in ISO 8601.",
    "datetime_from_date_parsing": "This is not a date and time in ISO 8601.",
    "timezone_aware": "This needs an offset from UTC, such as Z or +07:00.",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field, in a sentence."""

    field: str
    detail: str


class Problem(Exception):
    """An answer other than the one hoped for. `headers` go out with it; `close` ends the connection."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[Fault] = (),
        *,
        headers: Sequence[tuple[bytes, bytes]] = (),
        close: bool = False,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = [*headers, *([(b"connection", b"close")] if close else [])]

    def body(self) -> bytes:
        """Return the document. Source: RFC 9457 section 3; `errors` is an extension member."""
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = [{"field": fault.field, "detail": fault.detail} for fault in self.errors]
        return json.dumps(document).encode()


def malformed(body: bytes, error: ValidationError) -> Problem:
    """Tell what is wrong with a body that `ContactIn` refused."""
    if any(item["type"] == "json_invalid" for item in error.errors(include_url=False, include_input=False)):
        return _not_json(body, error)
    faults = [
        Fault(_dotted(item["loc"]), _SENTENCES.get(item["type"]) or _sentence(item["msg"]))
        for item in error.errors(include_url=False, include_input=False, include_context=False)[:20]
    ]
    if len(faults) == 1 and faults[0].field == "body":
        return Problem(422, "The body must be a JSON object.", faults)
    return Problem(422, "The contact was not accepted: some fields are wrong.", faults)


def unspeakable(value: Any, path: str = "") -> list[Fault]:
    """Find the strings in a JSON value that no database can keep: with NUL, or half of a surrogate pair."""
    if isinstance(value, str):
        if "\x00" in value:
            return [Fault(path or "body", "This contains the character NUL (U+0000).")]
        try:
            value.encode()
        except UnicodeEncodeError:
            return [Fault(path or "body", "This contains half of a surrogate pair, which is not a character.")]
        return []
    if isinstance(value, dict):
        found = [fault for key, item in value.items() for fault in unspeakable(item, _joined(path, key))]
        return found + [Fault(path or "body", fault.detail) for key in value for fault in unspeakable(key)]
    if isinstance(value, list):
        return [fault for index, item in enumerate(value) for fault in unspeakable(item, f"{path}[{index}]")]
    return []


def _not_json(body: bytes, error: ValidationError) -> Problem:
    try:
        text = body.decode()
    except UnicodeDecodeError as wrong:
        detail = f"Byte {wrong.start} is not UTF-8."
        return Problem(400, "The body is not encoded in UTF-8.", [Fault("body", detail)])
    try:
        # Python reads lone surrogates and raw control characters, so the field that holds them can be named.
        faults = unspeakable(json.loads(text, strict=False))
    except (ValueError, RecursionError):
        faults = []
    if faults:
        return Problem(422, "The contact was not accepted: some characters cannot be stored.", faults)
    reason = str(error.errors(include_url=False, include_input=False)[0].get("ctx", {}).get("error", "not JSON"))
    return Problem(400, "The body is not JSON.", [Fault("body", _sentence(reason))])


def _joined(path: str, key: object) -> str:
    name = str(key)[:60].encode("ascii", "backslashreplace").decode()
    return f"{path}.{name}" if path else name


def _dotted(location: Sequence[int | str]) -> str:
    path = ""
    for part in location:
        path = f"{path}[{part}]" if isinstance(part, int) else path if part == "[key]" else _joined(path, part)
    if path.startswith("sender"):  # only reached if pydantic names the attribute rather than its alias
        path = ContactIn.model_fields["sender"].alias + path[6:]  # type: ignore[operator]
    return path or "body"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
