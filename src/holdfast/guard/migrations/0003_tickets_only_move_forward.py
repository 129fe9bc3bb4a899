"""The database itself lets a ticket change once, from unused to used, and never lose or outlive its minute."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION guard_revealticket_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.redeemed_at IS NOT NULL OR NEW.redeemed_at IS NULL
        OR NEW.log_id <> OLD.log_id OR NEW.expires_at <> OLD.expires_at THEN
        RAISE EXCEPTION 'A reveal ticket is used once and never changes otherwise.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_revealticket_moves_forward BEFORE UPDATE OR DELETE ON guard_revealticket
    FOR EACH ROW EXECUTE FUNCTION guard_revealticket_moves_forward();
"""
BACKWARD = """
DROP TRIGGER guard_revealticket_moves_forward ON guard_revealticket;
DROP FUNCTION guard_revealticket_moves_forward();
"""


class Migration(migrations.Migration):
    dependencies = [("guard", "0002_reveallog_is_immutable")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
