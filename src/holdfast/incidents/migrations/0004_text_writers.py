"""A text of an update says who had a hand in it; of those that are there, the author of the draft is known."""

from django.db import migrations, models

FILL = """
UPDATE incidents_updatetext x SET writers = jsonb_build_array(u.author_id)
FROM incidents_update u WHERE u.id = x.update_id AND u.author_id IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0003_reviews")]
    operations = [
        migrations.AddField(
            model_name="updatetext",
            name="writers",
            field=models.JSONField(
                default=list, help_text="Agents who had a hand in these words, whoever began first."
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
