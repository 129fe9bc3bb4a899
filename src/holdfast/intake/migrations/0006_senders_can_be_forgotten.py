"""A contact still never changes, but for one thing: when its customer is erased, its sender is taken out."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION intake_contact_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.sender = '' AND to_jsonb(NEW) - 'sender' = to_jsonb(OLD) - 'sender' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A contact never changes once it is stored.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
BACKWARD = """
CREATE OR REPLACE FUNCTION intake_contact_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A contact never changes once it is stored.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("intake", "0005_operators")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
