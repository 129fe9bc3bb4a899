"""Callbacks that were promised before stand in the ledger of promises, too."""

from django.db import migrations

# The ledger counts as late what was done after the window, and a callback was over with its window at the earliest.
FORWARD = """
INSERT INTO promises_promise (id, kind, subject, about, made_at, first_due, due, state, settled_at, noted_at,
    settled_by_id, why)
SELECT gen_random_uuid(), 'callback', 'callback:' || id,
    CASE how WHEN 'call' THEN 'Call back' ELSE 'Write back' END,
    booked_at, ends_at, ends_at,
    CASE WHEN state = 'booked' THEN 'open' WHEN state = 'kept' AND ended > ends_at THEN 'late' ELSE state END,
    CASE state WHEN 'booked' THEN NULL WHEN 'broken' THEN greatest(ended, ends_at) ELSE ended END,
    CASE state WHEN 'booked' THEN NULL ELSE ended END,
    by_id,
    CASE state WHEN 'cancelled' THEN 'Given up, or the matter was closed.' ELSE '' END
FROM (SELECT *, coalesce(settled_at, booked_at) AS ended FROM conversations_callback) AS callback
"""
BACKWARD = "DELETE FROM promises_promise WHERE kind = 'callback'"


class Migration(migrations.Migration):
    dependencies = [("conversations", "0010_how_waits_came_out"), ("promises", "0002_promises_stand")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
