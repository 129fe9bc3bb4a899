"""Which file an article came from, so that importing it again changes only what changed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0003_feedback_and_unanswered")]

    operations = [
        migrations.AddField(
            "article",
            "imported_digest",
            models.CharField(
                blank=True, db_default="", default="", help_text="SHA-256 of the file it came from.", max_length=64
            ),
        ),
        migrations.AddField(
            "article",
            "imported_version",
            models.PositiveIntegerField(help_text="The version that file became.", null=True),
        ),
    ]
