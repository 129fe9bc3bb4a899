"""Every published version of an article is kept, by the database itself, and never changes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEPT_NOW = """
INSERT INTO knowledge_articleversion (article_id, version, title, summary, body, asks, topic, by_id, at)
SELECT id, version, title, summary, body, asks, topic, NULL, updated_at FROM knowledge_article WHERE published;
"""

TRIGGERS = """
CREATE FUNCTION knowledge_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept knowledge_articleversion;
BEGIN
    INSERT INTO knowledge_articleversion (article_id, version, title, summary, body, asks, topic, by_id, at)
    VALUES (NEW.id, NEW.version, NEW.title, NEW.summary, NEW.body, NEW.asks, NEW.topic, NEW.changed_by_id, now())
    ON CONFLICT (article_id, version) DO NOTHING;
    SELECT * INTO kept FROM knowledge_articleversion WHERE article_id = NEW.id AND version = NEW.version;
    IF (kept.title, kept.summary, kept.body) IS DISTINCT FROM (NEW.title, NEW.summary, NEW.body) THEN
        RAISE EXCEPTION 'New words of a published article need a new version.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER knowledge_keep_version AFTER INSERT OR UPDATE ON knowledge_article
    FOR EACH ROW WHEN (NEW.published) EXECUTE FUNCTION knowledge_keep_version();

CREATE FUNCTION knowledge_version_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A published version never changes and is never removed.'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER knowledge_version_is_immutable BEFORE DELETE OR
    UPDATE OF article_id, version, title, summary, body, asks, topic, at ON knowledge_articleversion
    FOR EACH ROW EXECUTE FUNCTION knowledge_version_is_immutable();
"""
NO_TRIGGERS = """
DROP TRIGGER knowledge_version_is_immutable ON knowledge_articleversion;
DROP FUNCTION knowledge_version_is_immutable();
DROP TRIGGER knowledge_keep_version ON knowledge_article;
DROP FUNCTION knowledge_keep_version();
"""


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField(
            "article", "review_by", models.DateField(help_text="When somebody should look at it again.", null=True)
        ),
        migrations.AddField(
            "article",
            "of_version",
            models.PositiveIntegerField(help_text="The original's version that this translates.", null=True),
        ),
        migrations.AddField(
            "article",
            "changed_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="ArticleVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=160)),
                ("summary", models.CharField(max_length=300)),
                ("body", models.TextField()),
                ("asks", models.JSONField(default=list)),
                ("topic", models.CharField(max_length=60)),
                ("at", models.DateTimeField(help_text="When it was published first.")),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="knowledge.article"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("article", "version"), name="article_version_once")],
            },
        ),
        migrations.RunSQL(KEPT_NOW, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
