"""The database itself keeps a settled promise as it ended, and gives none a later time."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION promises_promise_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' THEN
        RAISE EXCEPTION 'A promise ends once.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.due > OLD.due OR NEW.first_due <> OLD.first_due THEN
        RAISE EXCEPTION 'A promise is never made longer.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER promises_promise_stands
    BEFORE UPDATE OF kind, subject, made_at, first_due, due, state, settled_at, noted_at ON promises_promise
    FOR EACH ROW EXECUTE FUNCTION promises_promise_stands();
"""
BACKWARD = """
DROP TRIGGER promises_promise_stands ON promises_promise;
DROP FUNCTION promises_promise_stands();
"""


class Migration(migrations.Migration):
    dependencies = [("promises", "0001_ledger")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
