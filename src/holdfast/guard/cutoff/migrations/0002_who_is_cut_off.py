"""Functions that tell who is cut off, and triggers that keep it so: no grant, no rewriting, nothing on hold is erased.

They run as their owner, so that the role that owns the log of reveals needs no right on these tables.
"""

from django.db import migrations

FORWARD = """
-- How somebody stands: '' (as ever), 'out' or 'masked'; and the greatest number of a cut-off that ever meant them.
CREATE FUNCTION guard_cut_state(agent bigint, OUT mode text, OUT epoch bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    mode := '';
    epoch := 0;
    IF NOT EXISTS (SELECT FROM public.guard_cutoff_cut) THEN
        RETURN;
    END IF;
    SELECT CASE WHEN bool_or(k.ended_at IS NULL AND k.kind = 'out') THEN 'out'
                WHEN bool_or(k.ended_at IS NULL) THEN 'masked' ELSE '' END, coalesce(max(k.id), 0)
        INTO mode, epoch
        FROM public.guard_cutoff_cut k
        LEFT JOIN public.people_agent a ON a.id = agent
        LEFT JOIN public.people_team t ON t.id = a.team_id
        WHERE EXISTS (SELECT FROM public.guard_cutoff_covered c WHERE c.cut_id = k.id AND c.agent_id = agent)
           OR (k.ended_at IS NULL AND k.target_id = CASE k.scope WHEN 'agent' THEN a.id WHEN 'team' THEN a.team_id
                WHEN 'site' THEN t.site_id WHEN 'vendor' THEN t.vendor_id END);
END $$;

-- Everybody who is cut off now, each once, with the stricter kind.
CREATE FUNCTION guard_cut_agents() RETURNS TABLE (agent_id bigint, mode text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.guard_cutoff_cut k WHERE k.ended_at IS NULL) THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT who.id, CASE WHEN bool_or(who.kind = 'out') THEN 'out' ELSE 'masked' END FROM (
        SELECT c.agent_id AS id, k.kind FROM public.guard_cutoff_covered c
            JOIN public.guard_cutoff_cut k ON k.id = c.cut_id WHERE k.ended_at IS NULL
        UNION ALL
        SELECT a.id, k.kind FROM public.guard_cutoff_cut k
            JOIN public.people_agent a ON true
            LEFT JOIN public.people_team t ON t.id = a.team_id
            WHERE k.ended_at IS NULL AND k.target_id = CASE k.scope WHEN 'agent' THEN a.id WHEN 'team' THEN a.team_id
                WHEN 'site' THEN t.site_id WHEN 'vendor' THEN t.vendor_id END
    ) AS who GROUP BY who.id;
END $$;

-- A case that is given to somebody at this very moment must not leave them a grant: who cuts off holds the lock alone.
CREATE FUNCTION guard_cutoff_no_grant() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1668641903);
    IF (public.guard_cut_state(NEW.agent_id)).mode <> '' THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_cutoff_no_grant BEFORE INSERT ON guard_grant
    FOR EACH ROW EXECUTE FUNCTION guard_cutoff_no_grant();

-- The log says of a refusal what was behind it.
CREATE FUNCTION guard_cutoff_says_so() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (public.guard_cut_state(NEW.agent_id)).mode <> '' THEN
        NEW.outcome := 'cut_off';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_cutoff_says_so BEFORE INSERT ON guard_reveallog
    FOR EACH ROW WHEN (NEW.outcome = 'no_grant') EXECUTE FUNCTION guard_cutoff_says_so();

CREATE FUNCTION guard_cutoff_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'guard_cutoff_cut' THEN
        IF (NEW.id, NEW.scope, NEW.target_id, NEW.label, NEW.kind, NEW.why, NEW.at)
                = (OLD.id, OLD.scope, OLD.target_id, OLD.label, OLD.kind, OLD.why, OLD.at)
            AND NEW.by_id IS NOT DISTINCT FROM OLD.by_id
            AND (NEW.ended_at IS NOT DISTINCT FROM OLD.ended_at OR OLD.ended_at IS NULL AND EXISTS (
                SELECT FROM guard_cutoff_asked q WHERE q.cut_id = NEW.id AND q.what = 'undo'
                    AND q.agreed_at IS NOT NULL))
            AND (NEW.hold_lifted_at IS NOT DISTINCT FROM OLD.hold_lifted_at OR OLD.hold_lifted_at IS NULL AND EXISTS (
                SELECT FROM guard_cutoff_asked q WHERE q.cut_id = NEW.id AND q.what = 'lift_hold'
                    AND q.agreed_at IS NOT NULL)) THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'guard_cutoff_asked' THEN
        IF (NEW.id, NEW.cut_id, NEW.what, NEW.why, NEW.by_id, NEW.at)
                = (OLD.id, OLD.cut_id, OLD.what, OLD.why, OLD.by_id, OLD.at)
            AND OLD.agreed_at IS NULL AND OLD.withdrawn_at IS NULL THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'A cut-off stands until two people agree to take it back, and its record for good.'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER guard_cutoff_cut_stands BEFORE UPDATE OR DELETE ON guard_cutoff_cut
    FOR EACH ROW EXECUTE FUNCTION guard_cutoff_stands();
CREATE TRIGGER guard_cutoff_covered_stands BEFORE UPDATE OR DELETE ON guard_cutoff_covered
    FOR EACH ROW EXECUTE FUNCTION guard_cutoff_stands();
CREATE TRIGGER guard_cutoff_asked_stands BEFORE UPDATE OR DELETE ON guard_cutoff_asked
    FOR EACH ROW EXECUTE FUNCTION guard_cutoff_stands();
CREATE TRIGGER guard_cutoff_evidence_stands BEFORE UPDATE OR DELETE ON guard_cutoff_evidence
    FOR EACH ROW EXECUTE FUNCTION guard_cutoff_stands();

-- The number of a cut-off that holds this customer as evidence: its people had their case, or asked for their values.
CREATE FUNCTION guard_held_by(customer uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT min(k.id) FROM public.guard_cutoff_cut k JOIN public.guard_cutoff_covered c ON c.cut_id = k.id
        WHERE k.hold_lifted_at IS NULL AND (
            EXISTS (SELECT FROM public.guard_reveallog l WHERE l.customer_id = customer AND l.agent_id = c.agent_id)
            OR EXISTS (SELECT FROM public.guard_grant g WHERE g.customer_id = customer AND g.agent_id = c.agent_id))
$$;
CREATE FUNCTION guard_cutoff_holds_key() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF public.guard_held_by(OLD.id) IS NOT NULL THEN
        RAISE EXCEPTION 'This customer is on hold as evidence of cut-off %.', public.guard_held_by(OLD.id)
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_cutoff_holds_key BEFORE UPDATE ON guard_datakey
    FOR EACH ROW WHEN (OLD.destroyed_at IS NULL AND NEW.destroyed_at IS NOT NULL)
    EXECUTE FUNCTION guard_cutoff_holds_key();
CREATE FUNCTION guard_cutoff_holds_salt() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.guard_reveallog l JOIN public.guard_cutoff_covered c ON c.agent_id = l.agent_id
            JOIN public.guard_cutoff_cut k ON k.id = c.cut_id
            WHERE l.id = OLD.source_id AND k.hold_lifted_at IS NULL) THEN
        RAISE EXCEPTION 'This entry is on hold as evidence of a cut-off.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_cutoff_holds_salt BEFORE UPDATE ON guard_ledger_leaf
    FOR EACH ROW WHEN (OLD.customer_salt IS NOT NULL AND NEW.customer_salt IS NULL
        OR OLD.actor_salt IS NOT NULL AND NEW.actor_salt IS NULL)
    EXECUTE FUNCTION guard_cutoff_holds_salt();
"""
BACKWARD = """
DROP TRIGGER guard_cutoff_holds_salt ON guard_ledger_leaf;
DROP TRIGGER guard_cutoff_holds_key ON guard_datakey;
DROP TRIGGER guard_cutoff_says_so ON guard_reveallog;
DROP TRIGGER guard_cutoff_no_grant ON guard_grant;
DROP TRIGGER guard_cutoff_cut_stands ON guard_cutoff_cut;
DROP TRIGGER guard_cutoff_covered_stands ON guard_cutoff_covered;
DROP TRIGGER guard_cutoff_asked_stands ON guard_cutoff_asked;
DROP TRIGGER guard_cutoff_evidence_stands ON guard_cutoff_evidence;
DROP FUNCTION guard_cutoff_holds_salt();
DROP FUNCTION guard_cutoff_holds_key();
DROP FUNCTION guard_cutoff_says_so();
DROP FUNCTION guard_cutoff_no_grant();
DROP FUNCTION guard_cutoff_stands();
DROP FUNCTION guard_held_by(uuid);
DROP FUNCTION guard_cut_agents();
DROP FUNCTION guard_cut_state(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("guard_cutoff", "0001_cut_offs"),
        ("guard", "0007_asking_through_functions"),
        ("guard_ledger", "0002_what_the_log_follows"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
