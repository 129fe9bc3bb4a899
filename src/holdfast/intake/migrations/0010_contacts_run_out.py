"""A contact may go, as a whole, when it is a month old and no message comes from it any more: never changed, never early.

When its time is over is for the plan to say; see the room `retention`. The month is the database's own, so that no fault
of the plan and no clock of a process takes away what just came in.
"""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION intake_contact_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.sender = ''
        AND to_jsonb(NEW) - 'sender' - 'sender_mask' = to_jsonb(OLD) - 'sender' - 'sender_mask' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND OLD.accepted_at < clock_timestamp() - interval '30 days'
        AND NOT EXISTS (SELECT FROM conversations_message m WHERE m.contact_id = OLD.id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'A contact never changes once it is stored.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
BACKWARD = """
CREATE OR REPLACE FUNCTION intake_contact_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.sender = ''
        AND to_jsonb(NEW) - 'sender' - 'sender_mask' = to_jsonb(OLD) - 'sender' - 'sender_mask' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A contact never changes once it is stored.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("intake", "0009_masks_beside")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
