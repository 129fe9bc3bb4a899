from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outreach", "0001_outreach")]

    operations = [
        migrations.AlterField(
            model_name="outreach",
            name="end",
            field=models.CharField(
                blank=True,
                choices=[
                    ("done", "talked to"),
                    ("declined", "asked not to be called"),
                    ("handed_back", "handed back"),
                    ("time_over", "its time was over"),
                    ("cut_off", "who had them is cut off"),
                ],
                max_length=12,
            ),
        ),
    ]
