"""Answering everybody who is linked to an incident, begun anew every few seconds, so that no worker is needed twice."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.incidents import answering


# No lock: a worker that was killed leaves its job standing, and the next one must not wait for that.
@app.periodic(cron="* * * * * */5")
@app.task(queue="now", queueing_lock="incident_answers", pass_context=False)
def answer_linked(timestamp: int) -> None:
    """Answer whoever waits for the newest update."""
    answering.answer_due()
