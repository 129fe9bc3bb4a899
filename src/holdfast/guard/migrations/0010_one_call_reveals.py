"""One call asks, commits and redeems; the two questions every request puts are asked with plans that are kept.

`guard_reveal` is a procedure, since a function cannot commit. It runs with its caller's rights and adds none: all it
does is call `guard_request`, commit, and call `guard_redeem` in the next transaction, as a client would.
"""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION guard_live_grant(agent bigint, conversation uuid, customer uuid) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN (SELECT g.id FROM public.guard_grant g WHERE g.agent_id = agent AND g.conversation_id = conversation
        AND g.customer_id = customer AND g.closed_at IS NULL);
END $$;

CREATE OR REPLACE FUNCTION guard_ruling(grant_ uuid, filled boolean, subject text, conversation uuid, customer uuid)
RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF grant_ IS NULL THEN RETURN 'no_grant'; END IF;
    IF NOT filled THEN RETURN 'empty'; END IF;
    IF coalesce(public.guard_owner_of(subject) NOT IN (customer, conversation), true) THEN RETURN 'not_of_case'; END IF;
    RETURN NULL;
END $$;

CREATE PROCEDURE guard_reveal(entry uuid, refusal uuid, at_ timestamptz, agent bigint, session_ text,
    conversation uuid, customer uuid, subject_ text, field_ text, purpose_ text, reason_ text, filled boolean,
    key_owner uuid, INOUT decided text, INOUT key_ text)
LANGUAGE plpgsql AS $$
BEGIN
    decided := (public.guard_request(entry, at_, agent, session_, conversation, customer, subject_, field_, purpose_,
        reason_, filled)).decided;
    -- The entry is on disk before anything is given out. Inside a transaction of the caller's this raises.
    COMMIT;
    IF decided = 'allowed' THEN
        SELECT r.decided, r.key_ INTO decided, key_
            FROM public.guard_redeem(refusal, at_, entry, agent, session_, subject_, key_owner) r;
    END IF;
END $$;
"""
BACKWARD = """
DROP PROCEDURE guard_reveal(uuid, uuid, timestamptz, bigint, text, uuid, uuid, text, text, text, text, boolean, uuid,
    text, text);

CREATE OR REPLACE FUNCTION guard_ruling(grant_ uuid, filled boolean, subject text, conversation uuid, customer uuid)
RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN grant_ IS NULL THEN 'no_grant'
        WHEN NOT filled THEN 'empty'
        WHEN coalesce(public.guard_owner_of(subject) NOT IN (customer, conversation), true) THEN 'not_of_case'
    END
$$;

CREATE OR REPLACE FUNCTION guard_live_grant(agent bigint, conversation uuid, customer uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT g.id FROM public.guard_grant g WHERE g.agent_id = agent AND g.conversation_id = conversation
        AND g.customer_id = customer AND g.closed_at IS NULL
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("guard", "0009_grants_of_an_agent")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
