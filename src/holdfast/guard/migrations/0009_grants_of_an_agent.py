"""Whose cases somebody had in an interval is found without reading every grant there ever was."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("guard", "0008_reveals_by_time")]
    operations = [
        AddIndexConcurrently("grant", models.Index(fields=["agent_id", "opened_at"], name="grants_of_an_agent")),
    ]
