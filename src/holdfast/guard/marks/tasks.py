"""Reading photographs apart from the pages that ask for it, and forgetting what could not be read."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app

from holdfast.guard.marks import reading
from holdfast.guard.marks.models import Photograph, Reading
from holdfast.kit.clock import now

_KEPT = timedelta(days=30)


@app.task(queue="now", pass_context=False)
def read_photograph(reading_id: str) -> None:
    """Read one that was put down."""
    reading.work(UUID(reading_id))


@app.periodic(cron="17 4 * * *")
@app.task(queue="slow", queueing_lock="marks.forget_readings", pass_context=False)
def forget_readings(timestamp: int) -> int:
    """Forget what was not read, or could not be, in a month, with its file; return how many."""
    old = list(Reading.objects.filter(at__lt=now() - _KEPT).values_list("id", flat=True))
    with transaction.atomic():
        Photograph.objects.filter(pk__in=old).delete()
        return Reading.objects.filter(pk__in=old).delete()[0]
