"""How a case came to its agent, and who reopened it: what explains that its customer's values were opened."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0011_callbacks_in_the_ledger"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="assignment",
            name="picked",
            field=models.BooleanField(
                db_default=False, default=False, help_text="They gave it to themselves, not as the next in line."
            ),
        ),
        migrations.AddField(
            model_name="closure",
            name="reopened_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
    ]
