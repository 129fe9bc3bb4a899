"""Masks stand beside what is stored, which the application then need not read. On a large table: a rewrite, under a lock.

That a sender may be taken out when its customer is erased is all that may still change; its mask goes with it.
"""

from django.db import migrations

from holdfast.guard.mask_columns import beside

FORWARD = """
CREATE OR REPLACE FUNCTION intake_contact_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.sender = ''
        AND to_jsonb(NEW) - 'sender' - 'sender_mask' = to_jsonb(OLD) - 'sender' - 'sender_mask' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A contact never changes once it is stored.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
BACKWARD = """
CREATE OR REPLACE FUNCTION intake_contact_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.sender = '' AND to_jsonb(NEW) - 'sender' = to_jsonb(OLD) - 'sender' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A contact never changes once it is stored.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("intake", "0008_token_pace"), ("guard", "0011_stored_forms_through_functions")]
    operations = [beside("intake_contact", "sender"), migrations.RunSQL(FORWARD, BACKWARD)]
