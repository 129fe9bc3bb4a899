"""Where values may be opened from, where sessions are, and leave to open them from elsewhere."""

import django.contrib.postgres.fields
import holdfast.kit.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Leave',
            fields=[
                ('id', models.UUIDField(default=holdfast.kit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('agent_id', models.BigIntegerField()),
                ('vendor_id', models.BigIntegerField(help_text='Who employs them; 0 is the house itself.')),
                ('reason', models.CharField(max_length=200)),
                ('asked_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by_id', models.BigIntegerField(null=True)),
                ('decider_vendor_id', models.BigIntegerField(null=True)),
                ('given', models.BooleanField(default=False)),
            ],
            options={
                'indexes': [models.Index(fields=['agent_id', 'until'], name='whereabouts_leave_of_agent')],
                'constraints': [models.CheckConstraint(condition=models.Q(('given', False), models.Q(('decided_at__isnull', False), ('decided_by_id__isnull', False), ('decider_vendor_id__isnull', False), models.Q(('decider_vendor_id', models.F('vendor_id')), _negated=True), models.Q(('decided_by_id', models.F('agent_id')), _negated=True)), _connector='OR'), name='whereabouts_left_by_another_house'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='whereabouts_leave_says_why')],
            },
        ),
        migrations.CreateModel(
            name='Rule',
            fields=[
                ('id', models.UUIDField(default=holdfast.kit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('scope', models.CharField(choices=[('everybody', 'Everybody'), ('role', 'Role'), ('vendor', 'Vendor'), ('team', 'Team')], max_length=9)),
                ('target', models.CharField(blank=True, help_text='A role, or the id of a vendor or team.', max_length=20)),
                ('networks', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=43), help_text='In CIDR notation.', null=True, size=None)),
                ('days', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), help_text='1 is Monday, as in ISO 8601.', null=True, size=None)),
                ('opens', models.TimeField(null=True)),
                ('closes', models.TimeField(help_text='Before `opens`: on the next day. The same: all day.', null=True)),
                ('zone', models.CharField(blank=True, help_text='Of the hours, as in the IANA database.', max_length=40)),
                ('known_machine', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('by_id', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('scope', 'target'), name='whereabouts_one_rule_each'), models.CheckConstraint(condition=models.Q(models.Q(('closes', None), ('days', None), ('opens', None), ('zone', '')), models.Q(('closes__isnull', False), ('days__isnull', False), ('opens__isnull', False), models.Q(('zone', ''), _negated=True)), _connector='OR'), name='whereabouts_hours_are_whole'), models.CheckConstraint(condition=models.Q(('networks__isnull', False), ('days__isnull', False), ('known_machine', True), _connector='OR'), name='whereabouts_rule_says_something')],
            },
        ),
        migrations.CreateModel(
            name='Seat',
            fields=[
                ('session', models.CharField(max_length=16, primary_key=True, serialize=False)),
                ('agent_id', models.BigIntegerField()),
                ('address', models.GenericIPAddressField(null=True, unpack_ipv4=True)),
                ('known', models.BooleanField(help_text="The machine was proven to be this person's.")),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['at'], name='whereabouts_seat_by_time')],
            },
        ),
    ]
