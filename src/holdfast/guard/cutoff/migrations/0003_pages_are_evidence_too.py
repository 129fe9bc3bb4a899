"""What pages put before people who were cut off, masked, is held as what they asked for is; searches are too."""

from django.db import migrations

FORWARD = """
-- The number of a cut-off that holds this customer as evidence: its people had their case, opened it, or asked about it.
CREATE OR REPLACE FUNCTION guard_held_by(customer uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT min(k.id) FROM public.guard_cutoff_cut k JOIN public.guard_cutoff_covered c ON c.cut_id = k.id
        WHERE k.hold_lifted_at IS NULL AND (
            EXISTS (SELECT FROM public.guard_reveallog l WHERE l.customer_id = customer AND l.agent_id = c.agent_id)
            OR EXISTS (SELECT FROM public.guard_grant g WHERE g.customer_id = customer AND g.agent_id = c.agent_id)
            OR EXISTS (SELECT FROM public.guard_radius_sighting s WHERE s.customer_id = customer
                AND s.agent_id = c.agent_id AND s.how = 'opened'))
$$;
CREATE FUNCTION guard_cutoff_keeps() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.guard_cutoff_covered c JOIN public.guard_cutoff_cut k ON k.id = c.cut_id
            WHERE c.agent_id = OLD.agent_id AND k.hold_lifted_at IS NULL) THEN
        RAISE EXCEPTION 'This row is on hold as evidence of a cut-off.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER guard_cutoff_keeps_sighting BEFORE DELETE ON guard_radius_sighting
    FOR EACH ROW EXECUTE FUNCTION guard_cutoff_keeps();
CREATE TRIGGER guard_cutoff_keeps_search BEFORE DELETE ON guard_watching_search
    FOR EACH ROW EXECUTE FUNCTION guard_cutoff_keeps();
CREATE TRIGGER guard_cutoff_keeps_grant BEFORE DELETE ON guard_grant
    FOR EACH ROW EXECUTE FUNCTION guard_cutoff_keeps();
"""
BACKWARD = """
DROP TRIGGER guard_cutoff_keeps_grant ON guard_grant;
DROP TRIGGER guard_cutoff_keeps_search ON guard_watching_search;
DROP TRIGGER guard_cutoff_keeps_sighting ON guard_radius_sighting;
DROP FUNCTION guard_cutoff_keeps();
CREATE OR REPLACE FUNCTION guard_held_by(customer uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT min(k.id) FROM public.guard_cutoff_cut k JOIN public.guard_cutoff_covered c ON c.cut_id = k.id
        WHERE k.hold_lifted_at IS NULL AND (
            EXISTS (SELECT FROM public.guard_reveallog l WHERE l.customer_id = customer AND l.agent_id = c.agent_id)
            OR EXISTS (SELECT FROM public.guard_grant g WHERE g.customer_id = customer AND g.agent_id = c.agent_id))
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("guard_cutoff", "0002_who_is_cut_off"),
        ("guard_radius", "0001_sightings_and_reports"),
        ("guard_watching", "0003_signals_and_canaries"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
