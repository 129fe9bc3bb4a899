"""No ticket is made for a session that is elsewhere, out of hours or on a machine nobody proved, whoever makes it.

A trigger of the ticket's own transaction, as budgets are, and before them: it takes no lock. A refusal raises `HFB01`
with the outcome as its text; the gate then logs it. Without any rule it is one look at an empty table.
"""

from django.db import migrations

FORWARD = """
-- What stands against opening something in a session; null: nothing does. Networks and hours come from the narrowest
-- rule that has any; a known machine is asked for wherever any rule asks. A session nobody noted is in no network.
CREATE FUNCTION guard_whereabouts_ruling(agent_ bigint, session_ text, at_ timestamptz) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    seat public.guard_whereabouts_seat;
    rule public.guard_whereabouts_rule;
    here text[];
    hours public.guard_whereabouts_rule;
    known boolean := false;
    there timestamp;
    day int;
BEGIN
    IF NOT EXISTS (SELECT FROM public.guard_whereabouts_rule) THEN
        RETURN NULL;
    END IF;
    FOR rule IN
        SELECT r.* FROM public.people_agent a LEFT JOIN public.people_team t ON t.id = a.team_id
            JOIN public.guard_whereabouts_rule r ON (r.scope, r.target) IN (
                ('team', a.team_id::text), ('vendor', t.vendor_id::text), ('role', a.role), ('everybody', ''))
            WHERE a.id = agent_ ORDER BY array_position(ARRAY['team', 'vendor', 'role', 'everybody'], r.scope::text)
    LOOP
        here := coalesce(here, rule.networks::text[]);
        IF hours.id IS NULL AND rule.days IS NOT NULL THEN
            hours := rule;
        END IF;
        known := known OR rule.known_machine;
    END LOOP;
    IF here IS NULL AND hours.id IS NULL AND NOT known OR EXISTS (
        SELECT FROM public.guard_whereabouts_leave l WHERE l.agent_id = agent_ AND l.given AND l.until > at_)
    THEN
        RETURN NULL;
    END IF;
    SELECT * INTO seat FROM public.guard_whereabouts_seat s WHERE s.session = session_ AND s.agent_id = agent_;
    IF here IS NOT NULL AND NOT coalesce(
        (SELECT bool_or(seat.address <<= n::cidr) FROM unnest(here) AS n), false)
    THEN
        RETURN 'elsewhere';
    END IF;
    IF hours.id IS NOT NULL THEN
        there := at_ AT TIME ZONE hours.zone;
        day := extract(isodow FROM there);
        IF NOT (CASE
            WHEN hours.opens = hours.closes THEN day = ANY (hours.days)
            WHEN hours.opens < hours.closes THEN
                day = ANY (hours.days) AND there::time >= hours.opens AND there::time < hours.closes
            ELSE day = ANY (hours.days) AND there::time >= hours.opens
                OR (day + 5) % 7 + 1 = ANY (hours.days) AND there::time < hours.closes
        END) THEN
            RETURN 'off_hours';
        END IF;
    END IF;
    IF known AND NOT coalesce(seat.known, false) THEN
        RETURN 'new_machine';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION guard_at_work() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    against text;
BEGIN
    IF EXISTS (SELECT FROM public.guard_whereabouts_rule) THEN
        SELECT public.guard_whereabouts_ruling(l.agent_id, l.session, l.at) INTO against
            FROM public.guard_reveallog l WHERE l.id = NEW.log_id;
        IF against IS NOT NULL THEN
            RAISE EXCEPTION '%', against USING ERRCODE = 'HFB01';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_at_work BEFORE INSERT ON guard_revealticket
    FOR EACH ROW WHEN (NEW.redeemed_at IS NULL) EXECUTE FUNCTION guard_at_work();
"""
BACKWARD = """
DROP TRIGGER guard_at_work ON guard_revealticket;
DROP FUNCTION guard_at_work();
DROP FUNCTION guard_whereabouts_ruling(bigint, text, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("guard_whereabouts", "0001_whereabouts"), ("guard", "0011_stored_forms_through_functions")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
