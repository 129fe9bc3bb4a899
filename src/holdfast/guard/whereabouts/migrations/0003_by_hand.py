"""The last asks of a session, so that what is quicker than by hand is seen."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('guard_whereabouts', '0002_rulings'),
    ]

    operations = [
        migrations.AddField(
            model_name='seat',
            name='lately',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), db_default=[], default=list, help_text='Its last asks, see `by_hand`.', size=None),
        ),
    ]
