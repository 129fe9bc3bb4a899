"""Mail by any Django backend, anymail's among them: one at a time, sorted as replies are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from email import message_from_bytes
from email.policy import default
from uuid import UUID

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from holdfast.kit.clock import now
from holdfast.notify.campaigns.carriers.contract import Away
from holdfast.notify.campaigns.contract import Letter
from holdfast.notify.campaigns.mails import Form, written
from holdfast.notify.outcomes import Kind, Outcome, sorted_out

_MADE_ANEW = {"to", "from", "subject", "reply-to", "mime-version", "content-type", "content-transfer-encoding"}


class BackendCarrier:
    """Hands mails to the configured backend."""

    def __init__(self, form: Callable[[Letter], Form]) -> None:
        self._form = form
        self._backend: BaseEmailBackend | None = None

    def hand_over(self, letters: Sequence[Letter], go_on: Callable[[], bool]) -> Iterator[tuple[UUID, Outcome]]:
        """As `Carrier.hand_over`. After a provider that is busy, nothing more is tried in this window."""
        backend = self._opened()
        for letter in letters:
            if not go_on():
                return
            outcome = self._one(letter, backend)
            yield letter.id, outcome
            if outcome.busy:
                return

    def close(self) -> None:
        """Give the backend back."""
        backend, self._backend = self._backend, None
        if backend is not None:
            with suppress(Exception):  # whatever a backend's own way of failing is, there is nothing left to lose
                backend.close()

    def _opened(self) -> BaseEmailBackend:
        if self._backend is None:
            backend = get_connection(fail_silently=False)
            try:
                backend.open()
            except Exception as error:  # a backend's own exception class, too
                raise Away(f"The mail provider could not be reached ({type(error).__name__}).") from error
            self._backend = backend
        return self._backend

    def _one(self, letter: Letter, backend: BaseEmailBackend) -> Outcome:
        mail = self._mail(letter)
        mail.connection = backend
        try:
            mail.send(fail_silently=False)
        except Exception as error:  # also a backend's own exception class; none may stop the window
            outcome = sorted_out(error)
            if outcome.kind == Kind.UNKNOWN:
                self.close()
                self._opened()
            return outcome
        status = getattr(mail, "anymail_status", None)
        return Outcome(Kind.SENT, provider_id=str(getattr(status, "message_id", "") or ""))

    def _mail(self, letter: Letter) -> EmailMessage:
        """The same mail as over SMTP, in the form that backends take."""
        parsed = message_from_bytes(written(letter, self._form(letter), at=now()), policy=default)
        headers = {name: str(value) for name, value in parsed.items() if name.lower() not in _MADE_ANEW}
        mail = EmailMessage(
            subject=str(parsed["Subject"]),
            body=letter.body,
            from_email=str(parsed["From"]),
            to=[letter.address],
            reply_to=[str(parsed["Reply-To"])],
            headers=headers,
        )
        mail.metadata = {"recipient": str(letter.id)}  # type: ignore[attr-defined] # anymail's; its events name it again
        return mail
