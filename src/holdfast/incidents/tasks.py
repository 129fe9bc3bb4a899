"""Answering everybody who is linked to an incident, and asking those who sign; begun anew every few seconds."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.incidents import answering, asking_by_mail


# No lock: a worker that was killed leaves its job standing, and the next one must not wait for that.
@app.periodic(cron="* * * * * */5")
@app.task(queue="now", queueing_lock="incident_answers", pass_context=False)
def answer_linked(timestamp: int) -> None:
    """Answer whoever waits for the newest update."""
    answering.answer_due()


@app.periodic(cron="* * * * * */5")
@app.task(queue="now", queueing_lock="approval_mails", pass_context=False)
def mail_asks(timestamp: int) -> None:
    """Tell those who sign by mail that their approval is asked for."""
    asking_by_mail.mail_asks()
