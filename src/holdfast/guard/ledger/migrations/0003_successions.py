"""The signing key of the log can be changed; which key took over when is kept for good."""

from django.db import migrations, models

FORWARD = """
CREATE TRIGGER guard_ledger_succession_stays BEFORE UPDATE OR DELETE ON guard_ledger_succession
    FOR EACH ROW EXECUTE FUNCTION guard_ledger_only_grows();
"""
BACKWARD = "DROP TRIGGER guard_ledger_succession_stays ON guard_ledger_succession;"


class Migration(migrations.Migration):
    dependencies = [("guard_ledger", "0002_what_the_log_follows")]
    operations = [
        migrations.CreateModel(
            name="Succession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("size", models.BigIntegerField(help_text="Of the last checkpoint that the old key signed.")),
                ("at", models.DateTimeField()),
                ("note", models.TextField()),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
