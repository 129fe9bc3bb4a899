"""What the application's role may have removed of what it does not own, and never early; and records that stay as said.

Keys of customers without a case, and entries of what machines were given, go through functions of their owner, which
look for themselves: a key or entry is old, no case is left, nothing holds the customer. The ages here are the least,
whatever a plan says, and by the database's own clock.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION retention_keys_run_out(owners uuid[]) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    over uuid[];
BEGIN
    IF cardinality(owners) > 1000 THEN
        RAISE EXCEPTION 'Keys run out for 1,000 customers at most.' USING ERRCODE = 'program_limit_exceeded';
    END IF;
    SELECT array_agg(o.id ORDER BY o.id) INTO over FROM unnest(owners) AS o(id)
        LEFT JOIN public.guard_datakey k ON k.id = o.id
        WHERE (k.id IS NULL OR k.made_at < clock_timestamp() - interval '30 days')
            AND NOT EXISTS (SELECT FROM public.conversations_conversation c WHERE c.customer_id = o.id)
            AND NOT EXISTS (SELECT FROM public.retention_hold h WHERE h.customer_id = o.id AND h.ended_at IS NULL)
            AND public.guard_held_by(o.id) IS NULL;
    UPDATE public.guard_datakey k SET wrapped = '', destroyed_at = clock_timestamp()
        WHERE k.id = ANY(over) AND k.destroyed_at IS NULL;
    INSERT INTO public.guard_datakey (id, wrapped, made_at, destroyed_at)
        SELECT i, '', clock_timestamp(), clock_timestamp() FROM unnest(over) AS i ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT unnest(over);
END $$;

CREATE OR REPLACE FUNCTION guard_machine_opening_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < clock_timestamp() - interval '180 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'What was given out to machines stays on record.' USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- The application's role has no right to delete entries; here they go by their numbers, and a count stays instead.
CREATE FUNCTION retention_forget_openings(ids bigint[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    forgotten bigint;
BEGIN
    IF cardinality(ids) > 10000 THEN
        RAISE EXCEPTION 'Entries run out 10,000 at a time.' USING ERRCODE = 'program_limit_exceeded';
    END IF;
    WITH gone AS (
        DELETE FROM public.guard_machineopening o
            WHERE o.id = ANY(ids) AND o.at < clock_timestamp() - interval '180 days'
            RETURNING o.at, o.use, o.what, o.refused, o.number
    ), counted AS (
        INSERT INTO public.retention_openings (id, at, until, use, what, refused, entries, number)
        SELECT gen_random_uuid(), clock_timestamp(), max(g.at), g.use, g.what, g.refused, count(*), sum(g.number)
            FROM gone g GROUP BY g.use, g.what, g.refused
    ) SELECT count(*) INTO forgotten FROM gone;
    RETURN forgotten;
END $$;

CREATE FUNCTION retention_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'retention_release' THEN
        IF OLD.ended_at IS NULL AND (NEW.id, NEW.plan_id, NEW.started_at) = (OLD.id, OLD.plan_id, OLD.started_at) THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'retention_hold' THEN
        IF OLD.ended_at IS NULL AND to_jsonb(NEW) - 'ended_at' - 'ended_by_id'
                = to_jsonb(OLD) - 'ended_at' - 'ended_by_id' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'Plans, runs and holds stay on record as they were.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER retention_plan_stays BEFORE UPDATE OR DELETE ON retention_plan
    FOR EACH ROW EXECUTE FUNCTION retention_stays();
CREATE TRIGGER retention_release_stays BEFORE UPDATE OR DELETE ON retention_release
    FOR EACH ROW EXECUTE FUNCTION retention_stays();
CREATE TRIGGER retention_hold_stays BEFORE UPDATE OR DELETE ON retention_hold
    FOR EACH ROW EXECUTE FUNCTION retention_stays();
CREATE TRIGGER retention_openings_stay BEFORE UPDATE OR DELETE ON retention_openings
    FOR EACH ROW EXECUTE FUNCTION retention_stays();
"""
BACKWARD = """
DROP TRIGGER retention_openings_stay ON retention_openings;
DROP TRIGGER retention_hold_stays ON retention_hold;
DROP TRIGGER retention_release_stays ON retention_release;
DROP TRIGGER retention_plan_stays ON retention_plan;
DROP FUNCTION retention_stays();
DROP FUNCTION retention_forget_openings(bigint[]);
CREATE OR REPLACE FUNCTION guard_machine_opening_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What was given out to machines stays on record.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP FUNCTION retention_keys_run_out(uuid[]);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0001_plans_and_runs"),
        ("guard", "0011_stored_forms_through_functions"),
        ("guard_cutoff", "0003_pages_are_evidence_too"),
        ("conversations", "0001_initial"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
