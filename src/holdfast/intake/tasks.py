"""The door's jobs: reading the key directories of operators, away from the door."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.intake import directories


@app.periodic(cron="* * * * *")
@app.task(queue="slow", queueing_lock="read_operators", pass_context=False)
def read_operators(timestamp: int) -> None:
    """Read the directories that are due."""
    directories.read_due()
