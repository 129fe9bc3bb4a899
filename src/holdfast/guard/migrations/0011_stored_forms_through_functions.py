"""Stored forms are given out by functions, like keys: the application reads masks and has no right to ciphertext.

The gate finds value and key by the value's subject itself; the application no longer says what is stored or whose key
it needs. The system itself gets a thousand of one column for a use that is on the list, each time noted. Whoever changes
a function replaces it in a new migration. There is no way back to the time when ciphertext was read.
"""

from django.db import migrations, models

FORWARD = """
-- A row that was read names itself where a stored form would stand, and keeps what it has (see `mask_columns`).
CREATE FUNCTION guard_keep_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := to_jsonb(OLD);
BEGIN
    IF to_jsonb(NEW) ->> TG_ARGV[0] <> format('=%s.%s.%s', TG_TABLE_NAME, TG_ARGV[0], before ->> TG_ARGV[1]) THEN
        RAISE EXCEPTION 'A sealed value that was read in another row is not here.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], before -> TG_ARGV[0]));
END $$;

CREATE FUNCTION guard_machine_opening_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What was given out to machines stays on record.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER guard_machine_opening_is_immutable BEFORE UPDATE OR DELETE ON guard_machineopening
    FOR EACH ROW EXECUTE FUNCTION guard_machine_opening_is_immutable();

-- What a subject (table.column.id) is: whose it is, its customer or its conversation, and its stored form, empty where
-- nothing is stored and null for what is kept outside sealed columns. A closed list; else nulls. It runs with its
-- caller's rights, which are those of the gate's functions.
CREATE FUNCTION guard_value_of(subject text, OUT owner uuid, OUT token text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    column_ text := split_part(subject, '.', 2);
    row_id text := split_part(subject, '.', 3);
    id_ uuid;
BEGIN
    IF row_id !~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN
        RETURN;
    END IF;
    id_ := row_id::uuid;
    CASE split_part(subject, '.', 1)
        WHEN 'people_customer' THEN
            CASE column_
                WHEN 'name' THEN SELECT c.id, c.name INTO owner, token FROM public.people_customer c WHERE c.id = id_;
                WHEN 'address' THEN
                    SELECT c.id, c.address INTO owner, token FROM public.people_customer c WHERE c.id = id_;
                WHEN 'birth_date' THEN
                    SELECT c.id, c.birth_date INTO owner, token FROM public.people_customer c WHERE c.id = id_;
                WHEN 'iban' THEN SELECT c.id, c.iban INTO owner, token FROM public.people_customer c WHERE c.id = id_;
                ELSE NULL;
            END CASE;
        WHEN 'people_identity' THEN
            SELECT i.customer_id, i.value INTO owner, token FROM public.people_identity i
                WHERE i.id = id_ AND column_ = 'value';
        WHEN 'intake_contact' THEN
            SELECT m.conversation_id, c.sender INTO owner, token FROM public.intake_contact c
                JOIN public.conversations_message m ON m.contact_id = c.id
                WHERE c.id = id_ AND column_ = 'sender';
        WHEN 'notify_delivery' THEN
            SELECT m.conversation_id, d.recipient INTO owner, token FROM public.notify_delivery d
                JOIN public.conversations_message m ON m.id = d.message_id
                WHERE d.id = id_ AND column_ = 'recipient';
        WHEN 'conversations_message' THEN
            SELECT m.conversation_id INTO owner FROM public.conversations_message m WHERE m.id = id_;
        WHEN 'conversations_attachment' THEN
            SELECT m.conversation_id INTO owner FROM public.conversations_attachment a
                JOIN public.conversations_message m ON m.id = a.message_id WHERE a.id = id_;
        ELSE NULL;
    END CASE;
END $$;

-- The wrapped key of the customer whom a stored form was sealed for; null for one that is under the ring.
CREATE FUNCTION guard_key_under(token text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF token !~ '^2[.][0-9a-f]{32}[.]' THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT k.wrapped FROM public.guard_datakey k WHERE k.id = substr(token, 3, 32)::uuid);
END $$;

DROP PROCEDURE guard_reveal(uuid, uuid, timestamptz, bigint, text, uuid, uuid, text, text, text, text, boolean, uuid,
    text, text);
DROP FUNCTION guard_try(uuid, timestamptz, bigint, text, uuid, uuid, text, text, boolean, uuid);
DROP FUNCTION guard_redeem(uuid, timestamptz, uuid, bigint, text, text, uuid);
DROP FUNCTION guard_request(uuid, timestamptz, bigint, text, uuid, uuid, text, text, text, text, boolean);
DROP FUNCTION guard_ruling(uuid, boolean, text, uuid, uuid);
DROP FUNCTION guard_owner_of(text);
DROP FUNCTION guard_keys_of(uuid[]);
DROP FUNCTION guard_keys_not_under(text, int);

-- What stands between an asker and a value; null: nothing does.
CREATE FUNCTION guard_ruling(grant_ uuid, subject text, conversation uuid, customer uuid) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    owner_ uuid;
    token_ text;
BEGIN
    IF grant_ IS NULL THEN RETURN 'no_grant'; END IF;
    SELECT v.owner, v.token INTO owner_, token_ FROM public.guard_value_of(subject) v;
    IF coalesce(owner_ NOT IN (customer, conversation), true) THEN RETURN 'not_of_case'; END IF;
    IF token_ = '' THEN RETURN 'empty'; END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION guard_request(entry uuid, at_ timestamptz, agent bigint, session_ text, conversation uuid,
    customer uuid, subject_ text, field_ text, purpose_ text, reason_ text)
RETURNS TABLE (decided text, until timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    given uuid := public.guard_live_grant(agent, conversation, customer);
BEGIN
    decided := public.guard_ruling(given, subject_, conversation, customer);
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

-- Spends a ticket and gives out the stored form, with the wrapped key of its customer. A refusal is logged as `entry`.
CREATE FUNCTION guard_redeem(entry uuid, at_ timestamptz, ticket_ uuid, agent bigint, session_ text, subject_ text)
RETURNS TABLE (decided text, token_ text, key_ text)
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
        WHEN asked.subject <> subject_ THEN 'moved'
        WHEN given IS NULL THEN 'no_grant'
        ELSE 'allowed'
    END;
    IF decided = 'allowed' THEN
        UPDATE public.guard_revealticket t SET redeemed_at = at_ WHERE t.log_id = ticket_;
        token_ := (public.guard_value_of(asked.subject)).token;
        key_ := public.guard_key_under(token_);
    ELSE
        PERFORM public.guard_refuse(entry, at_, agent, session_,
            coalesce(asked.conversation_id, '00000000-0000-0000-0000-000000000000'), asked.customer_id, subject_,
            coalesce(asked.field, ''), coalesce(asked.purpose, 'redeem'), '', decided);
    END IF;
    RETURN NEXT;
END $$;

-- As before: all it does is call the two above, as a client would, with a commit between them.
CREATE PROCEDURE guard_reveal(entry uuid, refusal uuid, at_ timestamptz, agent bigint, session_ text,
    conversation uuid, customer uuid, subject_ text, field_ text, purpose_ text, reason_ text,
    INOUT decided text, INOUT token_ text, INOUT key_ text)
LANGUAGE plpgsql AS $$
BEGIN
    decided := (public.guard_request(entry, at_, agent, session_, conversation, customer, subject_, field_, purpose_,
        reason_)).decided;
    -- The entry is on disk before anything is given out. Inside a transaction of the caller's this raises.
    COMMIT;
    IF decided = 'allowed' THEN
        SELECT r.decided, r.token_, r.key_ INTO decided, token_, key_
            FROM public.guard_redeem(refusal, at_, entry, agent, session_, subject_) r;
    END IF;
END $$;

-- Takes one of three tries an hour to compare a value; those who try at once queue, so three is three.
CREATE FUNCTION guard_try(entry uuid, at_ timestamptz, agent bigint, session_ text, conversation uuid, customer uuid,
    subject_ text, field_ text)
RETURNS TABLE (decided text, token_ text, key_ text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    given uuid := public.guard_live_grant(agent, conversation, customer);
BEGIN
    decided := public.guard_ruling(given, subject_, conversation, customer);
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
        token_ := (public.guard_value_of(subject_)).token;
        key_ := public.guard_key_under(token_);
    END IF;
    RETURN NEXT;
END $$;

-- For which columns each use of the system itself is. Nothing else is given out to it.
CREATE FUNCTION guard_machine_uses() RETURNS TABLE (use_ text, column_ text) LANGUAGE sql IMMUTABLE AS $$
    VALUES ('identify', 'intake_contact.sender'),
        ('deliver', 'intake_contact.sender'), ('deliver', 'notify_delivery.recipient'),
        ('deliver', 'people_identity.value'), ('deliver', 'people_customer.name'),
        ('deliver', 'campaigns_recipient.sealed'), ('deliver', 'status_subscriber.address'),
        ('deliver', 'status_subscriber.webhook'), ('deliver', 'status_subscriber.webhook_secret'),
        ('scrub', 'people_identity.value'), ('scrub', 'people_customer.name'), ('scrub', 'people_customer.address'),
        ('scrub', 'people_customer.birth_date'), ('scrub', 'people_customer.iban'),
        ('act', 'assistant_holding.given')
$$;

-- Stored forms of some rows with the wrapped keys of their customers, for a use of the system itself. What was given
-- out is noted, and so is what was refused: then nothing comes back.
CREATE FUNCTION guard_sealed_for(use_ text, column_ text, ids uuid[]) RETURNS TABLE (id uuid, token text, wrapped text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    listed boolean := EXISTS (SELECT FROM public.guard_machine_uses() u WHERE (u.use_, u.column_) = ($1, $2));
    given bigint := 0;
BEGIN
    IF cardinality(ids) > 1000 THEN
        RAISE EXCEPTION 'At most 1,000 values are given out at once.' USING ERRCODE = 'program_limit_exceeded';
    END IF;
    IF listed THEN
        RETURN QUERY EXECUTE format(
            'SELECT t.%2$I, t.%3$I, k.wrapped FROM public.%1$I t LEFT JOIN public.guard_datakey k'
            ' ON k.id = CASE WHEN t.%3$I ~ ''^2[.][0-9a-f]{32}[.]'' THEN substr(t.%3$I, 3, 32)::uuid END'
            ' WHERE t.%2$I = ANY($1)',
            split_part(column_, '.', 1),
            CASE column_ WHEN 'assistant_holding.given' THEN 'conversation_id' ELSE 'id' END,
            split_part(column_, '.', 2)) USING ids;
        GET DIAGNOSTICS given = ROW_COUNT;
    END IF;
    INSERT INTO public.guard_machineopening (at, use, what, number, refused)
        VALUES (clock_timestamp(), coalesce(left(use_, 20), ''), coalesce(left(column_, 80), ''), given, NOT listed);
END $$;

-- The keys to seal values of these customers with: those there are, and for the others the new ones handed in. That
-- somebody's key was given out who had one is noted; a new one its maker knows anyway.
CREATE FUNCTION guard_keys_for_sealing(ids uuid[], made text[]) RETURNS TABLE (id uuid, wrapped text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    new bigint;
BEGIN
    IF cardinality(ids) > 1000 THEN
        RAISE EXCEPTION 'Keys are given out for 1,000 customers at most.' USING ERRCODE = 'program_limit_exceeded';
    END IF;
    -- In the order of ids, so that two who make the same keys wait for each other instead of deadlocking.
    INSERT INTO public.guard_datakey (id, wrapped, made_at)
        SELECT g.i, g.w, clock_timestamp() FROM unnest(ids, made) AS g (i, w) ORDER BY g.i
        ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS new = ROW_COUNT;
    IF new < cardinality(ids) THEN
        INSERT INTO public.guard_machineopening (at, use, what, number, refused)
            VALUES (clock_timestamp(), 'seal', 'guard_datakey.wrapped', cardinality(ids) - new, false);
    END IF;
    RETURN QUERY SELECT k.id, k.wrapped FROM public.guard_datakey k WHERE k.id = ANY(ids);
END $$;

CREATE FUNCTION guard_keys_not_under(ring_key text, after uuid, most int) RETURNS TABLE (id uuid, wrapped text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT k.id, k.wrapped FROM public.guard_datakey k
        WHERE k.id > after AND k.destroyed_at IS NULL AND split_part(k.wrapped, '.', 1) <> ring_key
        ORDER BY k.id LIMIT least(most, 1000) FOR UPDATE SKIP LOCKED;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("guard", "0010_one_call_reveals")]
    operations = [
        migrations.CreateModel(
            name="MachineOpening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("use", models.CharField(max_length=20)),
                ("what", models.CharField(help_text="table.column", max_length=80)),
                ("number", models.PositiveIntegerField(help_text="How many were given out.")),
                (
                    "refused",
                    models.BooleanField(
                        help_text="This use may not open that column, so nothing was given out.",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["at"], name="machine_opening_by_time")]},
        ),
        migrations.RunSQL(FORWARD),
    ]
