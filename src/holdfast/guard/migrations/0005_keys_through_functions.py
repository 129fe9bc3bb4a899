"""Customers' keys are made, read, wrapped anew and destroyed through these functions; a destroyed key stays destroyed."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION guard_data_key_stays_destroyed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.destroyed_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.made_at <> OLD.made_at THEN
        RAISE EXCEPTION 'The row of a customer''s key stays, and a destroyed key does not come back.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_data_key_stays_destroyed BEFORE UPDATE OR DELETE ON guard_datakey
    FOR EACH ROW EXECUTE FUNCTION guard_data_key_stays_destroyed();

CREATE FUNCTION guard_keys_of(ids uuid[]) RETURNS TABLE (id uuid, wrapped text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF cardinality(ids) > 1000 THEN
        RAISE EXCEPTION 'Keys are given out for 1,000 customers at most.' USING ERRCODE = 'program_limit_exceeded';
    END IF;
    RETURN QUERY SELECT k.id, k.wrapped FROM public.guard_datakey k WHERE k.id = ANY(ids);
END $$;

CREATE FUNCTION guard_make_keys(ids uuid[], made text[]) RETURNS TABLE (id uuid, wrapped text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- In the order of ids, so that two who make the same keys wait for each other instead of deadlocking.
    INSERT INTO public.guard_datakey (id, wrapped, made_at)
        SELECT g.i, g.w, clock_timestamp() FROM unnest(ids, made) AS g (i, w) ORDER BY g.i
        ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT k.id, k.wrapped FROM public.guard_datakey k WHERE k.id = ANY(ids);
END $$;

CREATE FUNCTION guard_destroy_keys(ids uuid[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE destroyed bigint;
BEGIN
    UPDATE public.guard_datakey k SET wrapped = '', destroyed_at = clock_timestamp()
        WHERE k.id = ANY(ids) AND k.destroyed_at IS NULL;
    GET DIAGNOSTICS destroyed = ROW_COUNT;
    INSERT INTO public.guard_datakey (id, wrapped, made_at, destroyed_at)
        SELECT i, '', clock_timestamp(), clock_timestamp() FROM unnest(ids) AS i ON CONFLICT DO NOTHING;
    RETURN destroyed;
END $$;

CREATE FUNCTION guard_keys_not_under(ring_key text, most int) RETURNS TABLE (id uuid, wrapped text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT k.id, k.wrapped FROM public.guard_datakey k
        WHERE k.destroyed_at IS NULL AND split_part(k.wrapped, '.', 1) <> ring_key
        ORDER BY k.id LIMIT least(most, 1000) FOR UPDATE SKIP LOCKED;
END $$;

CREATE FUNCTION guard_rewrap_keys(ids uuid[], before text[], after text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE changed bigint;
BEGIN
    UPDATE public.guard_datakey k SET wrapped = g.a FROM unnest(ids, before, after) AS g (i, b, a)
        WHERE k.id = g.i AND k.wrapped = g.b AND k.destroyed_at IS NULL AND g.a <> '';
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;

CREATE FUNCTION guard_keys_after(after uuid, most int) RETURNS TABLE (id uuid, wrapped text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT k.id, k.wrapped FROM public.guard_datakey k WHERE k.id > after ORDER BY k.id LIMIT least(most, 1000)
$$;

CREATE FUNCTION guard_key_counts() RETURNS TABLE (ring_key text, keys bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT split_part(wrapped, '.', 1), count(*) FROM public.guard_datakey GROUP BY 1 ORDER BY 1
$$;
"""
BACKWARD = """
DROP FUNCTION guard_key_counts();
DROP FUNCTION guard_keys_after(uuid, int);
DROP FUNCTION guard_rewrap_keys(uuid[], text[], text[]);
DROP FUNCTION guard_keys_not_under(text, int);
DROP FUNCTION guard_destroy_keys(uuid[]);
DROP FUNCTION guard_make_keys(uuid[], text[]);
DROP FUNCTION guard_keys_of(uuid[]);
DROP TRIGGER guard_data_key_stays_destroyed ON guard_datakey;
DROP FUNCTION guard_data_key_stays_destroyed();
"""


class Migration(migrations.Migration):
    dependencies = [("guard", "0004_data_keys")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
