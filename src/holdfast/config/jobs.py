"""The job app: Procrastinate on Django's own connection, so a job is part of the transaction that asks for it.

Queues: `now` (deliveries, wake-ups), `bulk` (campaigns), `slow` (models, exports). A job handles a batch, never one row.
"""

from __future__ import annotations

from procrastinate import App


def on_app_ready(app: App) -> None:
    """Called by Procrastinate's Django app once every room's `tasks` module is loaded."""
    app.perform_import_paths()
