"""Asking, redeeming, comparing and refusing are functions of the database: it decides, it logs, it counts the minute.

They run with their owner's rights, so that a role of its own can own log and tickets (`guard/roles.py`) and the role of
the application can do nothing with either but call these. Whoever changes one replaces it in a new migration.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION guard_purposes() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY['identify', 'contact', 'correct', 'payment', 'protect', 'other']
$$;

-- What a sealed value (table.column.id) belongs to: its customer or its conversation. A closed list; else null.
CREATE FUNCTION guard_owner_of(subject text) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    row_id text := split_part(subject, '.', 3);
    id_ uuid;
    owner uuid;
BEGIN
    IF row_id !~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN
        RETURN NULL;
    END IF;
    id_ := row_id::uuid;
    CASE split_part(subject, '.', 1)
        WHEN 'people_customer' THEN SELECT c.id INTO owner FROM public.people_customer c WHERE c.id = id_;
        WHEN 'people_identity' THEN SELECT i.customer_id INTO owner FROM public.people_identity i WHERE i.id = id_;
        WHEN 'intake_contact' THEN
            SELECT m.conversation_id INTO owner FROM public.conversations_message m WHERE m.contact_id = id_;
        WHEN 'conversations_message' THEN
            SELECT m.conversation_id INTO owner FROM public.conversations_message m WHERE m.id = id_;
        WHEN 'conversations_attachment' THEN
            SELECT m.conversation_id INTO owner FROM public.conversations_attachment a
                JOIN public.conversations_message m ON m.id = a.message_id WHERE a.id = id_;
        WHEN 'notify_delivery' THEN
            SELECT m.conversation_id INTO owner FROM public.notify_delivery d
                JOIN public.conversations_message m ON m.id = d.message_id WHERE d.id = id_;
        ELSE owner := NULL;
    END CASE;
    RETURN owner;
END $$;

CREATE FUNCTION guard_live_grant(agent bigint, conversation uuid, customer uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT g.id FROM public.guard_grant g WHERE g.agent_id = agent AND g.conversation_id = conversation
        AND g.customer_id = customer AND g.closed_at IS NULL
$$;

-- What stands between an asker and a value; null: nothing does.
CREATE FUNCTION guard_ruling(grant_ uuid, filled boolean, subject text, conversation uuid, customer uuid)
RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN grant_ IS NULL THEN 'no_grant'
        WHEN NOT filled THEN 'empty'
        WHEN coalesce(public.guard_owner_of(subject) NOT IN (customer, conversation), true) THEN 'not_of_case'
    END
$$;

CREATE FUNCTION guard_request(entry uuid, at_ timestamptz, agent bigint, session_ text, conversation uuid,
    customer uuid, subject_ text, field_ text, purpose_ text, reason_ text, filled boolean)
RETURNS TABLE (decided text, until timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    given uuid := public.guard_live_grant(agent, conversation, customer);
BEGIN
    decided := public.guard_ruling(given, filled, subject_, conversation, customer);
    IF decided IS NULL AND NOT purpose_ = ANY(public.guard_purposes()) THEN
        decided := 'no_purpose';
    ELSIF decided IS NULL AND purpose_ = 'other' AND length(btrim(reason_)) < 5 THEN
        decided := 'no_reason';
    END IF;
    decided := coalesce(decided, 'allowed');
    INSERT INTO public.guard_reveallog (id, at, agent_id, session, conversation_id, subject, customer_id, field,
            purpose, reason, outcome, grant_id)
        VALUES (entry, at_, agent, session_, conversation, left(subject_, 120), customer, left(field_, 40),
            left(purpose_, 40), left(reason_, 200), decided, given);
    IF decided = 'allowed' THEN
        until := at_ + interval '60 seconds';
        INSERT INTO public.guard_revealticket (log_id, expires_at, made_in, valid_until)
            VALUES (entry, until, pg_current_xact_id()::text::bigint, clock_timestamp() + interval '60 seconds');
    END IF;
    RETURN NEXT;
END $$;

-- A refusal of whatever stands above: budgets, a cut-off, a ticket nobody knows. It can never say yes.
CREATE FUNCTION guard_refuse(entry uuid, at_ timestamptz, agent bigint, session_ text, conversation uuid,
    customer uuid, subject_ text, field_ text, purpose_ text, reason_ text, outcome_ text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF outcome_ IN ('allowed', 'compared', 'matched', 'differs') THEN
        RAISE EXCEPTION 'Only refusals are written this way.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    INSERT INTO public.guard_reveallog (id, at, agent_id, session, conversation_id, subject, customer_id, field,
            purpose, reason, outcome, grant_id)
        VALUES (entry, at_, agent, session_, conversation, left(subject_, 120), customer, left(field_, 40),
            left(purpose_, 40), left(reason_, 200), outcome_,
            public.guard_live_grant(agent, conversation, customer));
END $$;

-- Spends a ticket and gives out the wrapped key of `key_owner` (null: none is needed). A refusal is logged as `entry`.
CREATE FUNCTION guard_redeem(entry uuid, at_ timestamptz, ticket_ uuid, agent bigint, session_ text, subject_ text,
    key_owner uuid)
RETURNS TABLE (decided text, key_ text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    ticket public.guard_revealticket;
    asked public.guard_reveallog;
    given uuid;
BEGIN
    -- Locked, so that of two who try at once the second finds it spent.
    SELECT * INTO ticket FROM public.guard_revealticket t WHERE t.log_id = ticket_ FOR UPDATE;
    SELECT * INTO asked FROM public.guard_reveallog l WHERE l.id = ticket.log_id;
    -- Shared lock: a closing under way is waited for, so no value leaves after the case was taken away.
    SELECT g.id INTO given FROM public.guard_grant g WHERE g.agent_id = agent
        AND g.conversation_id = asked.conversation_id AND g.customer_id = asked.customer_id AND g.closed_at IS NULL
        FOR SHARE;
    decided := CASE
        WHEN asked.id IS NULL THEN 'no_ticket'
        -- Its log row has to be on disk: never in the transaction that asked, nor in one that may still roll back.
        WHEN coalesce(pg_xact_status(ticket.made_in::text::xid8), 'gone') <> 'committed' THEN 'no_ticket'
        WHEN asked.agent_id <> agent OR asked.session <> session_ THEN 'other_session'
        WHEN ticket.redeemed_at IS NOT NULL THEN 'used'
        WHEN ticket.expires_at <= at_ OR coalesce(ticket.valid_until, ticket.expires_at) <= clock_timestamp()
            THEN 'expired'
        WHEN asked.subject <> left(subject_, 120) THEN 'moved'
        WHEN given IS NULL THEN 'no_grant'
        ELSE 'allowed'
    END;
    IF decided = 'allowed' THEN
        UPDATE public.guard_revealticket t SET redeemed_at = at_ WHERE t.log_id = ticket_;
        SELECT k.wrapped INTO key_ FROM public.guard_datakey k WHERE k.id = key_owner;
    ELSE
        PERFORM public.guard_refuse(entry, at_, agent, session_,
            coalesce(asked.conversation_id, '00000000-0000-0000-0000-000000000000'), asked.customer_id, subject_,
            coalesce(asked.field, ''), coalesce(asked.purpose, 'redeem'), '', decided);
    END IF;
    RETURN NEXT;
END $$;

-- Takes one of three tries an hour to compare a value; those who try at once queue, so three is three.
CREATE FUNCTION guard_try(entry uuid, at_ timestamptz, agent bigint, session_ text, conversation uuid, customer uuid,
    subject_ text, field_ text, filled boolean, key_owner uuid)
RETURNS TABLE (decided text, key_ text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    given uuid := public.guard_live_grant(agent, conversation, customer);
BEGIN
    decided := public.guard_ruling(given, filled, subject_, conversation, customer);
    IF decided IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(conversation::text || '.' || left(subject_, 120), 0));
        IF (SELECT count(*) FROM public.guard_reveallog l WHERE l.conversation_id = conversation
                AND l.subject = left(subject_, 120) AND l.outcome = 'compared' AND l.at > at_ - interval '1 hour') >= 3
        THEN
            decided := 'tries_used';
        END IF;
    END IF;
    decided := coalesce(decided, 'compared');
    INSERT INTO public.guard_reveallog (id, at, agent_id, session, conversation_id, subject, customer_id, field,
            purpose, reason, outcome, grant_id)
        VALUES (entry, at_, agent, session_, conversation, left(subject_, 120), customer, left(field_, 40),
            'compare', '', decided, given);
    IF decided = 'compared' THEN
        SELECT k.wrapped INTO key_ FROM public.guard_datakey k WHERE k.id = key_owner;
    END IF;
    RETURN NEXT;
END $$;

-- How something that was allowed came out: once compared, the answer; or that the value would not open.
CREATE FUNCTION guard_conclude(entry uuid, at_ timestamptz, of_entry uuid, outcome_ text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.guard_reveallog (id, at, agent_id, session, conversation_id, subject, customer_id, field,
            purpose, reason, outcome, grant_id)
        SELECT entry, at_, l.agent_id, l.session, l.conversation_id, l.subject, l.customer_id, l.field, l.purpose, '',
            outcome_, l.grant_id
        FROM public.guard_reveallog l WHERE l.id = of_entry AND (
            outcome_ IN ('moved', 'erased', 'no_key', 'too_short') AND l.outcome IN ('allowed', 'compared')
            OR outcome_ IN ('matched', 'differs') AND l.outcome = 'compared');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Nothing allowed came out so.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
END $$;
"""
BACKWARD = """
DROP FUNCTION guard_conclude(uuid, timestamptz, uuid, text);
DROP FUNCTION guard_try(uuid, timestamptz, bigint, text, uuid, uuid, text, text, boolean, uuid);
DROP FUNCTION guard_redeem(uuid, timestamptz, uuid, bigint, text, text, uuid);
DROP FUNCTION guard_refuse(uuid, timestamptz, bigint, text, uuid, uuid, text, text, text, text, text);
DROP FUNCTION guard_request(uuid, timestamptz, bigint, text, uuid, uuid, text, text, text, text, boolean);
DROP FUNCTION guard_ruling(uuid, boolean, text, uuid, uuid);
DROP FUNCTION guard_live_grant(bigint, uuid, uuid);
DROP FUNCTION guard_owner_of(text);
DROP FUNCTION guard_purposes();
"""


class Migration(migrations.Migration):
    dependencies = [("guard", "0006_tickets_know_their_transaction")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
