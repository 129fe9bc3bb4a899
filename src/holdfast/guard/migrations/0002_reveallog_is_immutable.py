"""The database itself refuses to change or remove a reveal log entry."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION guard_reveallog_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A reveal log entry never changes once it is stored.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER guard_reveallog_is_immutable BEFORE UPDATE OR DELETE ON guard_reveallog
    FOR EACH ROW EXECUTE FUNCTION guard_reveallog_is_immutable();
"""
BACKWARD = """
DROP TRIGGER guard_reveallog_is_immutable ON guard_reveallog;
DROP FUNCTION guard_reveallog_is_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("guard", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
