"""Live notices between processes: `publish`, `subscribe`, `close`. Payloads carry ids only, never content."""
