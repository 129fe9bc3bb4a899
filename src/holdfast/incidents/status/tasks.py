"""What the worker does for the public page: telling subscribers, mailing links, and the copy for elsewhere."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from procrastinate.contrib.django import app

from holdfast.incidents import queries
from holdfast.incidents.status import announcing, briefing, exporting, hooking, subscribing, texting
from holdfast.kit.clock import now

_log = structlog.get_logger(__name__)
_ANEW = timedelta(minutes=5)
_exported = ("", now() - _ANEW)


@app.periodic(cron="* * * * * */5")
@app.task(queue="now", queueing_lock="status_announce", pass_context=False)
def announce(timestamp: int) -> None:
    """Tell subscribers of what was published."""
    announcing.announce_due()


@app.task(queue="now", pass_context=False)
def send_link(subscriber: str) -> None:
    """Mail a link somebody asked for."""
    subscribing.send_link(UUID(subscriber))


@app.task(queue="now", pass_context=False)
def send_code(subscriber: str) -> None:
    """Send a code somebody asked for by text message."""
    texting.send_code(UUID(subscriber))


@app.task(queue="now", lock="status_prove", pass_context=False)
def prove(subscriber: str) -> None:
    """Ask a webhook for its proof; one after the other, so that slow ones hold up each other and nothing else."""
    hooking.prove(UUID(subscriber))


@app.periodic(cron="* * * * * */5")
@app.task(queue="now", queueing_lock="status_export", lock="status_export", pass_context=False)
def export(timestamp: int) -> None:
    """Keep the copy in the configured folder new: with every change, and every few minutes."""
    global _exported
    if settings.STATUS_EXPORT is None:
        return
    version, moment = queries.public_version(), now()
    if version == _exported[0] and moment - _exported[1] < _ANEW:
        return
    try:
        exporting.export(settings.STATUS_EXPORT)
    except (OSError, exporting.ExportRefused) as error:
        _log.error("status_not_exported", error=type(error).__name__, detail=str(error))
    else:
        _exported = version, moment


@app.periodic(cron="17 3 * * *")
@app.task(queue="slow", queueing_lock="status_forget", pass_context=False)
def forget(timestamp: int) -> None:
    """Forget addresses whose owners never agreed."""
    subscribing.forget_unconfirmed(now() - timedelta(days=7))


@app.periodic(cron="*/10 * * * *")
@app.task(queue="now", queueing_lock="status_briefing", pass_context=False)
def brief(timestamp: int) -> None:
    """Mail the briefing on the mornings of an open incident."""
    briefing.mail_briefing()
