"""The database itself refuses to change or remove a contact."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION intake_contact_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A contact never changes once it is stored.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER intake_contact_is_immutable BEFORE UPDATE OR DELETE ON intake_contact
    FOR EACH ROW EXECUTE FUNCTION intake_contact_is_immutable();
"""
BACKWARD = """
DROP TRIGGER intake_contact_is_immutable ON intake_contact;
DROP FUNCTION intake_contact_is_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
