"""Groups from lists of the company's systems, within others, and discreet ones; audiences handed over bit by bit."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

DONE = "UPDATE audiences_handover SET state = 'done', settled_at = at, passed = added + no_address"


class Migration(migrations.Migration):

    dependencies = [
        ('audiences', '0002_audiences_stand'),
        ('incidents', '0004_text_writers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='group',
            name='as_of',
            field=models.DateTimeField(help_text='Of when their answer is.', null=True),
        ),
        migrations.AddField(
            model_name='group',
            name='asked_at',
            field=models.DateTimeField(help_text="When the company's systems were asked for it.", null=True),
        ),
        migrations.AddField(
            model_name='group',
            name='discreet',
            field=models.BooleanField(default=False, help_text='Who is in it is shown to nobody but who leads.'),
        ),
        migrations.AddField(
            model_name='group',
            name='list_name',
            field=models.CharField(blank=True, help_text="As the company's systems call the list.", max_length=60),
        ),
        migrations.AddField(
            model_name='group',
            name='list_title',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='group',
            name='within',
            field=models.ForeignKey(help_text='Only those who fit that group too.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='audiences.group'),
        ),
        migrations.AddField(
            model_name='handover',
            name='at_member',
            field=models.BigIntegerField(default=0, help_text='The last member who was gone through.'),
        ),
        migrations.AddField(
            model_name='handover',
            name='passed',
            field=models.PositiveIntegerField(default=0, help_text='How many were.'),
        ),
        migrations.AddField(
            model_name='handover',
            name='settled_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='handover',
            name='state',
            field=models.CharField(choices=[('filling', 'being handed over'), ('done', 'handed over'), ('stopped', 'Stopped')], default='filling', max_length=8),
        ),
        migrations.AddField(
            model_name='handover',
            name='why',
            field=models.CharField(blank=True, help_text='Why it stopped.', max_length=200),
        ),
        migrations.AlterField(
            model_name='handover',
            name='update_id',
            field=models.UUIDField(),
        ),
        migrations.AlterField(
            model_name='handover',
            name='campaign_id',
            field=models.UUIDField(unique=True),
        ),
        migrations.AlterField(
            model_name='group',
            name='source',
            field=models.CharField(choices=[('people', 'what we know of people'), ('file', 'a file of account references'), ('systems', "a list of the company's systems"), ('rest', 'everybody else')], max_length=8),
        ),
        migrations.RunSQL(DONE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='group',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('as_of__isnull', False), ('asked_at__isnull', False), ('source', 'systems')), models.Q(models.Q(('source', 'systems'), _negated=True), ('as_of', None), ('asked_at', None)), _connector='OR'), name='list_is_of_a_moment'),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('state', 'filling')), models.Q(models.Q(('state', 'filling'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='handed_over_settled_at'),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'stopped'), _negated=True), fields=('update_id',), name='update_handed_over_once'),
        ),
    ]
