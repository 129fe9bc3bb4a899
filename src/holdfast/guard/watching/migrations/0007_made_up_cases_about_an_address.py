from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('guard_watching', '0006_days_are_counted_once'),
    ]

    operations = [
        migrations.AlterField(
            model_name='canary',
            name='kind',
            field=models.CharField(choices=[('honey', 'writes in; nothing of it needs to be opened'), ('needs', 'writes in; their address or number has to be seen now and then'), ('search', 'lies there to be found')], max_length=6),
        ),
    ]
