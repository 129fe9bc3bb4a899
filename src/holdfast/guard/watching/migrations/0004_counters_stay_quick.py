"""Counters that change with every ticket stay quick: old versions go soon, and they are found by their keys.

Plans of a function are made while the tables are all but empty, and kept; they would read whole tables for good.
"""

from django.db import migrations

FORWARD = """
ALTER TABLE guard_watching_spent SET (fillfactor = 40, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 500);
ALTER TABLE guard_watching_vendorspent SET (fillfactor = 40, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 500);
ALTER FUNCTION guard_budget_take() SET enable_seqscan = off;
ALTER FUNCTION guard_budget_of_vendor(bigint, timestamptz, int, int) SET enable_seqscan = off;
"""
BACKWARD = """
ALTER TABLE guard_watching_spent RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
ALTER TABLE guard_watching_vendorspent RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
ALTER FUNCTION guard_budget_take() RESET enable_seqscan;
ALTER FUNCTION guard_budget_of_vendor(bigint, timestamptz, int, int) RESET enable_seqscan;
"""


class Migration(migrations.Migration):
    dependencies = [("guard_watching", "0003_signals_and_canaries")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
