"""The database itself changes no frozen audience, and takes nobody into one afterwards."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audiences_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'An audience stays as it was frozen; freeze it anew.'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audiences_stand BEFORE UPDATE OR DELETE ON audiences_audience
    FOR EACH ROW EXECUTE FUNCTION audiences_stand();
CREATE TRIGGER audiences_members_stand BEFORE UPDATE OR DELETE ON audiences_member
    FOR EACH ROW EXECUTE FUNCTION audiences_stand();
CREATE FUNCTION audiences_takes_nobody() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM audiences_audience WHERE id IN (SELECT DISTINCT audience_id FROM added)) THEN
        RAISE EXCEPTION 'An audience stays as it was frozen; freeze it anew.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audiences_takes_nobody AFTER INSERT ON audiences_member
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION audiences_takes_nobody();
"""
BACKWARD = """
DROP TRIGGER audiences_takes_nobody ON audiences_member;
DROP FUNCTION audiences_takes_nobody();
DROP TRIGGER audiences_members_stand ON audiences_member;
DROP TRIGGER audiences_stand ON audiences_audience;
DROP FUNCTION audiences_stand();
"""


class Migration(migrations.Migration):
    dependencies = [("audiences", "0001_audiences")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
