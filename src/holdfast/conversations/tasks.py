"""Jobs of this room."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.conversations.callbacks import bring_forward, mark_broken
from holdfast.conversations.held import give_up_of_absent
from holdfast.conversations.scanning import look_through
from holdfast.conversations.snoozes import wake_due
from holdfast.conversations.told import note_newest


@app.periodic(cron="* * * * *")
@app.task(queue="now", queueing_lock="conversations.wake_due", pass_context=False)
def wake_snoozed(timestamp: int) -> int:
    """Bring back what is due, every minute."""
    return wake_due()


@app.periodic(cron="* * * * *")
@app.task(queue="now", queueing_lock="conversations.keep_promises", pass_context=False)
def keep_promises(timestamp: int) -> int:
    """Bring forward whoever is to be called back now, and write down which promises were broken, every minute."""
    mark_broken()
    return bring_forward()


@app.periodic(cron="* * * * *")
@app.task(queue="now", queueing_lock="conversations.give_up_of_absent", pass_context=False)
def leave_nobody_with_the_absent(timestamp: int) -> int:
    """Give back to its line what is with somebody who cannot answer any more, every minute."""
    return give_up_of_absent()


@app.periodic(cron="* * * * *")
@app.task(queue="now", queueing_lock="conversations.note_waits", pass_context=False)
def note_waits(timestamp: int) -> int:
    """Note what a few of the newest in every line would be told, every minute: waits are corrected by how these end."""
    return note_newest()


@app.periodic(cron="* * * * * */20")
@app.task(queue="slow", queueing_lock="conversations.look_through_files", pass_context=False)
def look_through_files(timestamp: int) -> int:
    """Have the newest files looked through by the virus scanner, where one is set, every 20 seconds."""
    return look_through()
