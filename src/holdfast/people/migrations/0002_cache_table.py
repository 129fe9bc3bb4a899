"""The cache's table: rate limits and used codes, shared by every process. Unlogged: losing it in a crash is harmless."""

from django.db import migrations

FORWARD = """
CREATE UNLOGGED TABLE IF NOT EXISTS holdfast_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS holdfast_cache_expires ON holdfast_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, "DROP TABLE IF EXISTS holdfast_cache")]
