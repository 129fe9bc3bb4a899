"""One mail to one sealed address, now: a link that somebody asked for. Whatever goes to many is a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.fields import Sealed
from holdfast.guard.opening import CannotOpen, MachineUse, opened_for_machine

_log = structlog.get_logger(__name__)


@sensitive_variables()
def send(*, id: UUID, to: Sealed, subject: str, body: str, headers: Mapping[str, str]) -> bool:  # noqa: A002
    """Send it and return whether the mail server took it; why not is logged without the address. `id` names it."""
    try:
        mail = EmailMessage(
            subject=subject,
            body=body,
            to=[opened_for_machine(to, use=MachineUse.DELIVER)],
            headers={
                "Message-ID": f"<letter-{id}@{settings.MAIL_DOMAIN}>",
                "Auto-Submitted": "auto-generated",  # RFC 3834
                "X-Auto-Response-Suppress": "All",
                **headers,
            },
        )
        return mail.send(fail_silently=False) == 1
    except CannotOpen:
        _log.warning("letter_not_sent", letter=str(id), error="CannotOpen")
    except Exception as error:  # of any mail provider; its text may name the address
        _log.warning("letter_not_sent", letter=str(id), error=type(error).__name__)
    return False
