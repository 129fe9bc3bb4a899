"""How often each token was used lately. Unlogged: after a crash the counting begins anew, and no request waits for disk."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0007_tokens_of_employers")]

    operations = [
        migrations.CreateModel(
            name="TokenPace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("scope", models.CharField(max_length=40)),
                ("paid_until", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("name", "scope"), name="token_pace_once")],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE intake_tokenpace SET UNLOGGED; ALTER TABLE intake_tokenpace SET (fillfactor = 50)",
            migrations.RunSQL.noop,
        ),
    ]
