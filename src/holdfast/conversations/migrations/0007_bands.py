from django.db import migrations, models

# Statement triggers see all rows of a statement at once, so a batch of places costs one row per queue, band and minute.
TRIGGERS = """
CREATE FUNCTION conversations_count_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        INSERT INTO conversations_linecount (queue_id, band, minute, waiting)
        SELECT queue_id, band, date_trunc('minute', fair_at), count(*) FROM after_rows WHERE left_at IS NULL
        GROUP BY 1, 2, 3;
    END IF;
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        INSERT INTO conversations_linecount (queue_id, band, minute, waiting)
        SELECT queue_id, band, date_trunc('minute', fair_at), -count(*) FROM before_rows WHERE left_at IS NULL
        GROUP BY 1, 2, 3;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER count_line_insert AFTER INSERT ON conversations_place REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION conversations_count_line();
CREATE TRIGGER count_line_update AFTER UPDATE ON conversations_place
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION conversations_count_line();
CREATE TRIGGER count_line_delete AFTER DELETE ON conversations_place REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT EXECUTE FUNCTION conversations_count_line();
INSERT INTO conversations_linecount (queue_id, band, minute, waiting)
SELECT queue_id, band, date_trunc('minute', fair_at), count(*) FROM conversations_place WHERE left_at IS NULL
GROUP BY 1, 2, 3;
"""
NO_TRIGGERS = """
DROP TRIGGER count_line_insert ON conversations_place;
DROP TRIGGER count_line_update ON conversations_place;
DROP TRIGGER count_line_delete ON conversations_place;
DROP FUNCTION conversations_count_line();
"""


class Migration(migrations.Migration):

    dependencies = [("conversations", "0006_waiting_is_open")]

    operations = [
        migrations.AddField(
            model_name="place",
            name="band",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text="0 is served first."),
        ),
        migrations.AddField(model_name="place", name="fair_at", field=models.DateTimeField(null=True)),
        migrations.RunSQL("UPDATE conversations_place SET fair_at = joined_at", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="place",
            name="fair_at",
            field=models.DateTimeField(
                help_text="Virtual time within the band; `joined_at` unless the shield says else."
            ),
        ),
        migrations.RemoveIndex(model_name="place", name="place_in_order"),
        migrations.AddIndex(
            model_name="place",
            index=models.Index(
                condition=models.Q(("left_at__isnull", True)),
                fields=["queue_id", "band", "fair_at", "id"],
                name="place_in_line",
            ),
        ),
        migrations.AddIndex(
            model_name="place",
            index=models.Index(
                condition=models.Q(("left_at__isnull", True)),
                fields=["queue_id", "joined_at", "id"],
                name="place_by_age",
            ),
        ),
        migrations.CreateModel(
            name="LineCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("queue_id", models.BigIntegerField()),
                ("band", models.PositiveSmallIntegerField()),
                ("minute", models.DateTimeField()),
                ("waiting", models.IntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["queue_id", "band", "minute"], include=["waiting"], name="line_count_in_order"
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                ("queue_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("since_floor", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
