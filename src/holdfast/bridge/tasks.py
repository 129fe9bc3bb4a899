"""Jobs of this room."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.bridge import asking


@app.periodic(cron="* * * * * 6")  # by then the minute is closed
@app.task(queue="slow", queueing_lock="bridge.add_up", pass_context=False)
def add_up_what_people_ask(timestamp: int) -> bool:
    """Add up what people ask about, every minute."""
    return asking.add_up()
