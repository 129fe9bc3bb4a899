from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("posture", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="posture",
            name="drill",
            field=models.BooleanField(db_default=False, default=False, help_text="Rehearsed; screens say so."),
        )
    ]
