"""An ask says who had a hand in the text, so that none of them approves it."""

from django.db import migrations, models

FILL = """
UPDATE incident_words_ask a SET writers = jsonb_build_array(v.by_id)
FROM incident_words_version v JOIN incident_words_template t ON t.id = v.template_id
WHERE a.subject = 'template:' || t.slug AND a.locale = v.locale AND a.text = v.body AND v.by_id IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("incident_words", "0001_words")]
    operations = [
        migrations.AddField(
            model_name="ask",
            name="writers",
            field=models.JSONField(
                default=list, help_text="Agents who had a hand in the text; none of them approves it."
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
