from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("guard_ledger", "0003_successions")]

    operations = [
        migrations.AddField(
            model_name="witness",
            name="url",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Where checkpoints are pushed to; else it comes.",
                max_length=300,
            ),
        ),
        migrations.AddField(
            model_name="witness",
            name="inside",
            field=models.BooleanField(db_default=False, default=False, help_text="It may stand at a private address."),
        ),
    ]
