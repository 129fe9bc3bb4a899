"""What a virus scanner said of a file, by its content."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0012_how_cases_came")]

    operations = [
        migrations.CreateModel(
            name="FileVerdict",
            fields=[
                (
                    "digest",
                    models.CharField(
                        help_text="SHA-256, as in the blob store.", max_length=64, primary_key=True, serialize=False
                    ),
                ),
                (
                    "found",
                    models.CharField(blank=True, help_text="The scanner's name for it; empty: nothing.", max_length=120),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
