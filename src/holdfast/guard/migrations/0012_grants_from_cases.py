"""A grant is opened by a function of the database that looks at the case itself, and stays on record for good.

It opens for whoever has the case now and is let in, for the customer of that case, and for nobody else; an executive's
call is a case as well. Each grant keeps how the case came, by whom and which assignment that was, as the house showed
it then. Whoever changes a function replaces it in a new migration.
"""

from django.db import migrations, models

FORWARD = """
CREATE FUNCTION guard_grant_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL
        OR (NEW.id, NEW.agent_id, NEW.conversation_id, NEW.customer_id, NEW.opened_at, NEW.way)
            <> (OLD.id, OLD.agent_id, OLD.conversation_id, OLD.customer_id, OLD.opened_at, OLD.way)
        OR (NEW.by_id, NEW.epoch, NEW.recorded_at) IS DISTINCT FROM (OLD.by_id, OLD.epoch, OLD.recorded_at) THEN
        RAISE EXCEPTION 'A grant ends once and never changes otherwise.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_grant_only_ends BEFORE UPDATE OR DELETE ON guard_grant
    FOR EACH ROW EXECUTE FUNCTION guard_grant_only_ends();

-- Opens the grants that cases give: each for the agent who has the case now and for its customer. Says of each what
-- came of it; what is open already stays as it is.
CREATE FUNCTION guard_open_grants(at_ timestamptz, agents bigint[], cases uuid[], customers uuid[])
RETURNS TABLE (case_ uuid, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- A case that is being passed on at this moment is waited for, and then looked at. In the order of ids, so that two
    -- who open many do not wait in a circle.
    PERFORM FROM public.conversations_conversation c WHERE c.id = ANY(cases) ORDER BY c.id FOR SHARE;
    PERFORM FROM public.outreach_outreach o WHERE o.id = ANY(cases) ORDER BY o.id FOR SHARE;
    PERFORM pg_advisory_xact_lock_shared(1668641903);  -- who cuts off holds it alone
    RETURN QUERY
    WITH looked AS (
        SELECT asked.agent, asked.conversation, asked.customer, a.epoch,
            CASE WHEN o.id IS NOT NULL THEN 'call' WHEN a.picked THEN 'picked'
                WHEN a.by_id <> asked.agent THEN 'given' ELSE 'routed' END AS way,
            coalesce(a.by_id, o.by_id) AS by_id,
            CASE
                WHEN c.id IS NULL AND o.id IS NULL THEN 'no_case'
                WHEN c.state = 'closed' OR o.ended_at IS NOT NULL OR o.held_until <= at_ THEN 'closed'
                WHEN coalesce(a.agent_id, o.executive_id) IS DISTINCT FROM asked.agent THEN 'not_theirs'
                WHEN coalesce(c.customer_id, o.customer_id) IS DISTINCT FROM asked.customer THEN 'other_customer'
                WHEN p.is_active IS NOT TRUE THEN 'not_here'
                WHEN k.agent_id IS NOT NULL THEN 'cut_off'
                ELSE 'opened'
            END AS found
        FROM unnest(agents, cases, customers) AS asked (agent, conversation, customer)
        LEFT JOIN public.conversations_conversation c ON c.id = asked.conversation
        LEFT JOIN public.conversations_assignment a ON a.conversation_id = c.id AND a.ended_at IS NULL
            AND a.agent_id = c.assignee_id AND a.epoch = c.epoch
        LEFT JOIN public.outreach_outreach o ON o.id = asked.conversation AND c.id IS NULL
        LEFT JOIN public.people_agent p ON p.id = asked.agent
        LEFT JOIN public.guard_cut_agents() k ON k.agent_id = asked.agent
    ), opened AS (
        INSERT INTO public.guard_grant (id, agent_id, conversation_id, customer_id, opened_at, way, by_id, epoch,
                recorded_at)
            SELECT gen_random_uuid(), l.agent, l.conversation, l.customer, at_, l.way, l.by_id, l.epoch,
                clock_timestamp()
            FROM looked l WHERE l.found = 'opened'
            ON CONFLICT (agent_id, conversation_id, customer_id) WHERE closed_at IS NULL DO NOTHING
    )
    SELECT l.conversation, l.found FROM looked l;
END $$;

-- Ends every open grant of these cases, and every one of these agents; says how many there were.
CREATE FUNCTION guard_close_grants(at_ timestamptz, cases uuid[], agents bigint[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    of_cases bigint := 0;
    of_agents bigint := 0;
BEGIN
    IF cases <> '{}' THEN
        UPDATE public.guard_grant g SET closed_at = at_ WHERE g.conversation_id = ANY(cases) AND g.closed_at IS NULL;
        GET DIAGNOSTICS of_cases = ROW_COUNT;
    END IF;
    IF agents <> '{}' THEN
        UPDATE public.guard_grant g SET closed_at = at_ WHERE g.agent_id = ANY(agents) AND g.closed_at IS NULL;
        GET DIAGNOSTICS of_agents = ROW_COUNT;
    END IF;
    RETURN of_cases + of_agents;
END $$;
"""
BACKWARD = """
DROP FUNCTION guard_close_grants(timestamptz, uuid[], bigint[]);
DROP FUNCTION guard_open_grants(timestamptz, bigint[], uuid[], uuid[]);
DROP TRIGGER guard_grant_only_ends ON guard_grant;
DROP FUNCTION guard_grant_only_ends();
"""


class Migration(migrations.Migration):
    dependencies = [("guard", "0011_stored_forms_through_functions")]
    operations = [
        migrations.AddField("grant", "by_id", models.BigIntegerField(null=True)),
        migrations.AddField(
            "grant", "epoch", models.PositiveIntegerField(help_text="Of the assignment it rests on.", null=True)
        ),
        migrations.AddField(
            "grant",
            "recorded_at",
            models.DateTimeField(help_text="`opened_at` by the database's own clock.", null=True),
        ),
        migrations.AddField(
            "grant",
            "way",
            models.CharField(
                choices=[
                    ("routed", "as the next in line, or from the house itself"),
                    ("picked", "taken by hand"),
                    ("given", "given by somebody"),
                    ("call", "a call to make"),
                    ("unknown", "not kept"),
                ],
                db_default="unknown",
                default="unknown",
                max_length=7,
            ),
        ),
        migrations.AddConstraint(
            "grant",
            models.CheckConstraint(
                condition=models.Q(way__in=["routed", "picked", "given", "call", "unknown"]),
                name="grant_came_some_way",
            ),
        ),
        migrations.AddIndex(
            "grant",
            models.Index(
                condition=models.Q(closed_at__isnull=True), fields=["conversation_id"], name="open_grants_of_a_case"
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
