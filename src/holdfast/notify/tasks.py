"""Sending, every few seconds, in batches."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.notify import changed, deliveries, reminders


@app.periodic(cron="* * * * * */5")
@app.task(queue="now", queueing_lock="deliver_due", lock="deliver_due", pass_context=False)
def deliver_due(timestamp: int) -> None:
    """Send every mail that is due."""
    while deliveries.send_due():
        pass


@app.periodic(cron="* * * * *")
@app.task(queue="now", queueing_lock="tell_old_addresses", lock="tell_old_addresses", pass_context=False)
def tell_old_addresses(timestamp: int) -> None:
    """Let everybody whose details were changed hear of it at the old address, every minute."""
    changed.tell_old_addresses()


@app.periodic(cron="* * * * * */5")
@app.task(queue="now", queueing_lock="remind_owners", lock="remind_owners", pass_context=False)
def remind_owners(timestamp: int) -> None:
    """Mail those who owe a word what they were told."""
    reminders.remind_owners()
