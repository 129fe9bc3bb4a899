"""What readers said of an article, and what people looked for and did not find."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0002_article_versions"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="ArticleFeedback",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("helped", models.BooleanField()),
                ("line", models.CharField(blank=True, help_text="In their words, scrubbed.", max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="feedback", to="knowledge.article"
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["article", "version"], name="feedback_by_version")]},
        ),
        migrations.CreateModel(
            name="Unanswered",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("locale", models.CharField(max_length=10)),
                (
                    "stems",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        help_text="Stems of the words of its first question, sorted.",
                        size=None,
                    ),
                ),
                (
                    "asks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        help_text="How it was asked, at most ten ways.",
                        size=None,
                    ),
                ),
                ("searches", models.PositiveIntegerField(default=0, help_text="In the help centre.")),
                ("questions", models.PositiveIntegerField(default=0, help_text="Put to the assistant.")),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "article",
                    models.ForeignKey(
                        help_text="Written because of it.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="knowledge.article",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("settled_at__isnull", True)),
                        fields=("locale", "stems"),
                        name="unanswered_once",
                    )
                ],
            },
        ),
    ]
