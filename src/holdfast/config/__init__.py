"""How the rooms are wired together: settings, URLs, the ASGI dispatcher and the job app.

In: `HOLDFAST_*` environment variables (`options.py`). Out: `settings`, `asgi.application`, `jobs.app`.
Nothing here decides anything about customers; it only connects.
"""
