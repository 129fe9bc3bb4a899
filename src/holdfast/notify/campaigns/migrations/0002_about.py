"""A campaign says what its words have to stand up to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_campaigns")]
    operations = [
        migrations.AddField(
            model_name="campaign",
            name="about",
            field=models.CharField(
                blank=True, max_length=80, help_text="What its words have to stand up to: incident:<id>."
            ),
        ),
    ]
