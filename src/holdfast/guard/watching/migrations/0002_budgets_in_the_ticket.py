"""No ticket to open a value is made beyond its agent's and their vendor's budget, whichever function makes it.

The budget is taken by a trigger inside the ticket's own transaction: the agent's row is locked, so fifty who ask at once
get what is left and not one more. A refusal raises `HFB01` with the outcome as its text; the gate then logs it.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION guard_budget_limits() RETURNS public.guard_watching_limits
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(
        (SELECT l FROM public.guard_watching_limits l WHERE l.id = 1),
        ROW(1, 12, 40, 24, 60, 4, NULL, now())::public.guard_watching_limits)
$$;

-- One of the customers that the people of a vendor may open in this hour. Slots spread the waiting; each tries its own
-- first. The lock on a slot is the last that a ticket takes, and a full slot is never waited for with another in hand
-- that is wanted by somebody ahead, so nobody waits in a circle.
CREATE FUNCTION guard_budget_of_vendor(vendor bigint, hour_ timestamptz, per_agent int, own int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    place int;
    total bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM public.guard_watching_vendorspent s WHERE s.vendor_id = vendor AND s.hour = hour_) THEN
        SELECT greatest(20, per_agent * count(*)) INTO total FROM public.people_agent a
            JOIN public.people_team t ON t.id = a.team_id WHERE t.vendor_id = vendor AND a.is_active;
        INSERT INTO public.guard_watching_vendorspent (vendor_id, hour, slot, room)
            SELECT vendor, hour_, i, CASE WHEN i = 16 THEN 0 ELSE total / 16 + (i < total % 16)::int END
            FROM generate_series(0, 16) AS i ON CONFLICT DO NOTHING;
    END IF;
    LOOP
        SELECT s.slot INTO place FROM public.guard_watching_vendorspent s
            WHERE s.vendor_id = vendor AND s.hour = hour_ AND s.slot < 16 AND s.taken < s.room
            ORDER BY (s.slot - own + 16) % 16 LIMIT 1;
        EXIT WHEN NOT FOUND;
        UPDATE public.guard_watching_vendorspent s SET taken = s.taken + 1
            WHERE s.vendor_id = vendor AND s.hour = hour_ AND s.slot = place AND s.taken < s.room;
        IF FOUND THEN
            RETURN true;
        END IF;
    END LOOP;
    UPDATE public.guard_watching_vendorspent s SET taken = s.taken + 1
        WHERE s.vendor_id = vendor AND s.hour = hour_ AND s.slot = 16 AND s.taken < (
            SELECT coalesce(sum(w.customers), 0) FROM public.guard_watching_widening w
            WHERE w.agent_id IS NULL AND w.vendor_id = vendor AND w.given AND w.until > hour_);
    RETURN FOUND;
END $$;

CREATE FUNCTION guard_budget_take() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked public.guard_reveallog;
    most public.guard_watching_limits;
    spent public.guard_watching_spent;
    masked boolean;
    share int;
    extra int;
    vendor bigint;
    joined timestamptz;
    hour_ timestamptz;
    day_ timestamptz;
    value_ bigint;
    new_in_hour boolean;
BEGIN
    SELECT * INTO asked FROM public.guard_reveallog l WHERE l.id = NEW.log_id;
    SELECT coalesce(bool_or(r.kind = 'masked'), false),
            coalesce(min(CASE r.kind WHEN 'second' THEN 0 WHEN 'half' THEN 50 END), 100) INTO masked, share
        FROM public.guard_watching_restraint r
        WHERE r.agent_id = asked.agent_id AND r.lifted_at IS NULL AND r.until > asked.at;
    IF masked THEN
        RAISE EXCEPTION 'masked_again' USING ERRCODE = 'HFB01';
    END IF;
    hour_ := date_trunc('hour', asked.at, 'UTC');
    day_ := date_trunc('day', asked.at, 'UTC');
    value_ := hashtextextended(asked.subject, 0);
    SELECT * INTO spent FROM public.guard_watching_spent s WHERE s.agent_id = asked.agent_id;
    -- What was opened in this hour already opens again: nothing new is seen, and nothing is written.
    IF FOUND AND spent.hour = hour_ AND value_ = ANY (spent.hour_values) THEN
        RETURN NEW;
    ELSIF NOT FOUND THEN
        INSERT INTO public.guard_watching_spent
                (agent_id, hour, hour_customers, hour_values, day, day_customers, day_values)
            VALUES (asked.agent_id, hour_, '{}', '{}', day_, '{}', '{}') ON CONFLICT DO NOTHING;
    END IF;
    SELECT * INTO spent FROM public.guard_watching_spent s WHERE s.agent_id = asked.agent_id FOR UPDATE;
    -- A clock that is put back opens no new hour, unless it stood in the future before.
    IF spent.hour <= clock_timestamp() + interval '1 hour' THEN
        hour_ := greatest(hour_, spent.hour);
        day_ := greatest(day_, spent.day);
    END IF;
    IF hour_ <> spent.hour THEN
        spent.hour_customers := '{}';
        spent.hour_values := '{}';
    END IF;
    IF day_ <> spent.day THEN
        spent.day_customers := '{}';
        spent.day_values := '{}';
    END IF;
    most := public.guard_budget_limits();
    SELECT t.vendor_id, a.created_at INTO vendor, joined FROM public.people_agent a
        LEFT JOIN public.people_team t ON t.id = a.team_id WHERE a.id = asked.agent_id;
    IF joined > asked.at - interval '28 days' THEN
        share := least(share, 50);  -- somebody new
    END IF;
    SELECT coalesce(sum(w.customers), 0) INTO extra FROM public.guard_watching_widening w
        WHERE w.agent_id = asked.agent_id AND w.given AND w.until > asked.at;
    new_in_hour := NOT asked.customer_id = ANY (spent.hour_customers);
    IF new_in_hour AND cardinality(spent.hour_customers) >= most.customers_hour * share / 100 + extra
        OR NOT value_ = ANY (spent.hour_values)
            AND cardinality(spent.hour_values) >= most.values_hour * share / 100 + 2 * extra
        OR NOT asked.customer_id = ANY (spent.day_customers)
            AND cardinality(spent.day_customers) >= most.customers_day * share / 100 + extra
        OR NOT value_ = ANY (spent.day_values)
            AND cardinality(spent.day_values) >= most.values_day * share / 100 + 2 * extra
    THEN
        RAISE EXCEPTION 'over_budget' USING ERRCODE = 'HFB01';
    END IF;
    UPDATE public.guard_watching_spent s SET hour = hour_, day = day_,
            hour_customers = array_remove(spent.hour_customers, asked.customer_id) || asked.customer_id,
            hour_values = array_remove(spent.hour_values, value_) || value_,
            day_customers = array_remove(spent.day_customers, asked.customer_id) || asked.customer_id,
            day_values = array_remove(spent.day_values, value_) || value_
        WHERE s.agent_id = asked.agent_id;
    IF new_in_hour AND vendor IS NOT NULL
        AND NOT public.guard_budget_of_vendor(vendor, hour_, most.vendor_hour, (asked.agent_id % 16)::int)
    THEN
        RAISE EXCEPTION 'vendor_budget' USING ERRCODE = 'HFB01';
    END IF;
    RETURN NEW;
END $$;
-- A ticket that is written as spent opens nothing, so it takes nothing.
CREATE TRIGGER guard_budget_take BEFORE INSERT ON guard_revealticket
    FOR EACH ROW WHEN (NEW.redeemed_at IS NULL) EXECUTE FUNCTION guard_budget_take();
"""
BACKWARD = """
DROP TRIGGER guard_budget_take ON guard_revealticket;
DROP FUNCTION guard_budget_take();
DROP FUNCTION guard_budget_of_vendor(bigint, timestamptz, int, int);
DROP FUNCTION guard_budget_limits();
"""


class Migration(migrations.Migration):
    dependencies = [("guard_watching", "0001_budgets"), ("guard", "0007_asking_through_functions")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
