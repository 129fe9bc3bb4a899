"""Whatever is committed at the gate is noted for the log in the same transaction, and what the log holds only grows.

The noting function runs as its owner, so a role that may only write the reveal log need not be able to write here.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION guard_ledger_note() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE source uuid;
BEGIN
    IF TG_ARGV[0] = 'released' THEN source := NEW.log_id; ELSE source := NEW.id; END IF;
    INSERT INTO public.guard_ledger_pending (kind, source_id) VALUES (TG_ARGV[0], source);
    RETURN NULL;
END $$;
CREATE TRIGGER guard_ledger_note_asked AFTER INSERT ON guard_reveallog
    FOR EACH ROW EXECUTE FUNCTION guard_ledger_note('asked');
CREATE TRIGGER guard_ledger_note_released AFTER INSERT OR UPDATE OF redeemed_at ON guard_revealticket
    FOR EACH ROW WHEN (NEW.redeemed_at IS NOT NULL) EXECUTE FUNCTION guard_ledger_note('released');
CREATE TRIGGER guard_ledger_note_act AFTER INSERT ON guard_ledger_act
    FOR EACH ROW EXECUTE FUNCTION guard_ledger_note('act');

CREATE FUNCTION guard_ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'guard_ledger_tile' THEN
        IF NEW.level = OLD.level AND NEW.index = OLD.index
            AND substring(NEW.hashes FOR length(OLD.hashes)) = OLD.hashes THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'guard_ledger_leaf' THEN
        IF (NEW.index, NEW.kind, NEW.source_id, NEW.entry, NEW.sequenced_at)
                = (OLD.index, OLD.kind, OLD.source_id, OLD.entry, OLD.sequenced_at)
            AND (NEW.actor_salt IS NULL OR NEW.actor_salt = OLD.actor_salt)
            AND (NEW.customer_salt IS NULL OR NEW.customer_salt = OLD.customer_salt) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'The log only grows; nothing in it is changed or removed.'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER guard_ledger_act_stays BEFORE UPDATE OR DELETE ON guard_ledger_act
    FOR EACH ROW EXECUTE FUNCTION guard_ledger_only_grows();
CREATE TRIGGER guard_ledger_leaf_stays BEFORE UPDATE OR DELETE ON guard_ledger_leaf
    FOR EACH ROW EXECUTE FUNCTION guard_ledger_only_grows();
CREATE TRIGGER guard_ledger_tile_stays BEFORE UPDATE OR DELETE ON guard_ledger_tile
    FOR EACH ROW EXECUTE FUNCTION guard_ledger_only_grows();
CREATE TRIGGER guard_ledger_checkpoint_stays BEFORE UPDATE ON guard_ledger_checkpoint
    FOR EACH ROW EXECUTE FUNCTION guard_ledger_only_grows();

-- What was asked before there was a log of this kind comes first, in the order of its clock.
INSERT INTO guard_ledger_pending (kind, source_id)
    SELECT kind, id FROM (
        SELECT 'asked' AS kind, id, at FROM guard_reveallog
        UNION ALL SELECT 'released', log_id, redeemed_at FROM guard_revealticket WHERE redeemed_at IS NOT NULL
    ) AS before ORDER BY at, kind, id;
"""
BACKWARD = """
DROP TRIGGER guard_ledger_note_asked ON guard_reveallog;
DROP TRIGGER guard_ledger_note_released ON guard_revealticket;
DROP TRIGGER guard_ledger_note_act ON guard_ledger_act;
DROP TRIGGER guard_ledger_act_stays ON guard_ledger_act;
DROP TRIGGER guard_ledger_leaf_stays ON guard_ledger_leaf;
DROP TRIGGER guard_ledger_tile_stays ON guard_ledger_tile;
DROP TRIGGER guard_ledger_checkpoint_stays ON guard_ledger_checkpoint;
DROP FUNCTION guard_ledger_note();
DROP FUNCTION guard_ledger_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("guard_ledger", "0001_the_log"), ("guard", "0003_tickets_only_move_forward")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
