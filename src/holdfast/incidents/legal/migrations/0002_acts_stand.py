"""The database itself changes and deletes no act."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION legal_clocks_act_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'An act is kept as it was declared; a correction is another act.'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER legal_clocks_act_stands BEFORE UPDATE OR DELETE ON legal_clocks_act
    FOR EACH ROW EXECUTE FUNCTION legal_clocks_act_stands();
"""
BACKWARD = """
DROP TRIGGER legal_clocks_act_stands ON legal_clocks_act;
DROP FUNCTION legal_clocks_act_stands();
"""


class Migration(migrations.Migration):
    dependencies = [("legal_clocks", "0001_clocks")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
