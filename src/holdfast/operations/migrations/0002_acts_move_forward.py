"""The database itself refuses to change what was done or refused, and what an act was about."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION operations_act_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('done', 'refused') OR NEW.key <> OLD.key OR NEW.action <> OLD.action
        OR NEW.customer_ref <> OLD.customer_ref OR NEW."by" <> OLD."by" OR NEW.digest <> OLD.digest
        OR NEW.conversation_id IS DISTINCT FROM OLD.conversation_id THEN
        RAISE EXCEPTION 'What was done or refused is final, and an act is about one thing.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER operations_act_moves_forward BEFORE UPDATE ON operations_act
    FOR EACH ROW EXECUTE FUNCTION operations_act_moves_forward();
"""
BACKWARD = """
DROP TRIGGER operations_act_moves_forward ON operations_act;
DROP FUNCTION operations_act_moves_forward();
"""


class Migration(migrations.Migration):
    dependencies = [("operations", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
