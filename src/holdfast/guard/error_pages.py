"""What Django may write about a request that failed, on its debug page or in a mail to the operator."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

from holdfast.guard.redaction import redact


class QuietReports(SafeExceptionReporterFilter):
    """Keeps typed-in values and redacts local variables, also with debug pages on, where Django hides nothing."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> Any:
        """Hide every posted value: people type customers' data into forms."""
        return {} if request is None else dict.fromkeys(request.POST, self.cleansed_substitute)

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> Any:
        """Return the frame's variables; strings and the text of anything else come without addresses and numbers."""
        return [(name, _Shown(value)) for name, value in super().get_traceback_frame_variables(request, tb_frame)]


class _Shown:
    """A variable whose text is redacted when the report prints it."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        return redact(repr(self._value))
