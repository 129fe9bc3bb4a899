"""A campaign whose people are still being added is approved by nobody."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_about")]
    operations = [
        migrations.AddField(
            model_name="campaign",
            name="filling",
            field=models.BooleanField(
                default=False, help_text="Its people are still being added, so nobody approves it."
            ),
        ),
    ]
