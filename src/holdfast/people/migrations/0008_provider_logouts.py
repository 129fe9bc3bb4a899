"""What the company's identity provider said about signing out there, so that each word of it counts once."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0007_masks_beside'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProviderLogout',
            fields=[
                ('digest', models.BinaryField(help_text="Of the token's issuer and own name (jti).", max_length=32, primary_key=True, serialize=False)),
                ('sub', models.BinaryField(help_text='Of the person; empty where only a session is named.', max_length=32)),
                ('sid', models.BinaryField(help_text='Of the session there; empty: all of the person.', max_length=32)),
                ('issued_at', models.DateTimeField()),
                ('at', models.DateTimeField()),
                ('done_at', models.DateTimeField(help_text='When the sessions it means had ended.', null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['at'], name='provider_logout_by_time')],
            },
        ),
    ]
