"""What a provider's answer means: it has it, later, never, or nobody knows."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from enum import StrEnum

from anymail.exceptions import AnymailError, AnymailRequestsAPIError
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

LATER_BY_HTTP = frozenset({408, 425, 429, 503})
_BUSY_BY_SMTP = frozenset({421, 451, 452})
BROKE_OFF = "The connection broke while it was being handed over."


class Kind(StrEnum):
    SENT = "sent"
    LATER = "later"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message. `busy`: the provider as a whole wants to be left alone for a while.

    `code` is a mail server's reply (RFC 5321 4.2), 0 without; `sentence` holds no value of a person.
    """

    kind: Kind
    sentence: str = ""
    busy: bool = False
    code: int = 0
    provider_id: str = ""


SENT = Outcome(Kind.SENT)


def smtp_said(code: int, sentence: str) -> Outcome:
    """A mail server's definite no: 4xx means later, everything else means never (RFC 5321, 4.2.1)."""
    kind = Kind.LATER if 400 <= code < 500 else Kind.NEVER
    return Outcome(kind, sentence, busy=code in _BUSY_BY_SMTP, code=code)


def http_said(status: int | None, *, unreached: bool = False) -> Outcome:
    """Sort what a provider's HTTP interface answered; without a status the connection broke, unless it never was."""
    if unreached or status in LATER_BY_HTTP:
        return Outcome(Kind.LATER, f"The provider takes no mail now ({status or 'no connection'}).", busy=True)
    if status is not None and 200 <= status < 300:
        return SENT
    if status is not None and status < 500:
        return Outcome(Kind.NEVER, f"The provider refused the mail ({status}).")
    return Outcome(Kind.UNKNOWN, BROKE_OFF)


def sorted_out(error: Exception) -> Outcome:
    """Return what it means that handing a mail to Django's or a provider's backend raised `error`."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return smtp_said(min(codes, default=550), "The mail server refused this address.")
    if isinstance(error, smtplib.SMTPResponseException):
        return smtp_said(error.smtp_code, f"The mail server refused the mail ({error.smtp_code}).")
    if isinstance(error, AnymailError):
        status = error.status_code
        if status is None and not isinstance(error, AnymailRequestsAPIError):  # an address or mail it cannot take
            return Outcome(Kind.NEVER, f"The provider refused it: {type(error).__name__}.")
        return http_said(status, unreached=_never_connected(error))
    if isinstance(error, (OSError, smtplib.SMTPException)):
        return Outcome(Kind.UNKNOWN, BROKE_OFF)
    return Outcome(Kind.NEVER, f"The mail could not be handed over: {type(error).__name__}.")


def _never_connected(error: AnymailError) -> bool:
    """Whether the provider was not even reached, so that it cannot have the mail."""
    tried = error.__cause__.args[0] if error.__cause__ is not None and error.__cause__.args else None
    return isinstance(getattr(tried, "reason", None), NewConnectionError | ConnectTimeoutError)
