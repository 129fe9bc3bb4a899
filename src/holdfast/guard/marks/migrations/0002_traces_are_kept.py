"""What is read from photographs is kept, and the database itself refuses to change or remove it."""

import holdfast.kit.ids
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION guard_marks_trace_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What was read from a photograph never changes.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER guard_marks_trace_is_immutable BEFORE UPDATE OR DELETE ON guard_marks_trace
    FOR EACH ROW EXECUTE FUNCTION guard_marks_trace_is_immutable();
"""
BACKWARD = """
DROP TRIGGER guard_marks_trace_is_immutable ON guard_marks_trace;
DROP FUNCTION guard_marks_trace_is_immutable();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('guard_marks', '0001_overlays'),
    ]

    operations = [
        migrations.CreateModel(
            name='Photograph',
            fields=[
                ('id', models.UUIDField(editable=False, help_text='Of the reading, and of the trace.', primary_key=True, serialize=False)),
                ('closed', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.UUIDField(default=holdfast.kit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('by_id', models.BigIntegerField(help_text='Null: at the terminal.', null=True)),
                ('what', models.CharField(choices=[('photo', 'a photograph of a screen'), ('file', 'a copy of a file'), ('code', 'a code as somebody read it')], max_length=5)),
                ('sha256', models.CharField(blank=True, help_text='Of the file as it was brought; empty for a code.', max_length=64)),
                ('asked', models.JSONField(help_text='Of which case, customer and time; where it stands in the picture.')),
                ('keep', models.BooleanField(help_text='Whether the file is kept, sealed, with the answer.')),
                ('step', models.PositiveIntegerField(default=0)),
                ('steps', models.PositiveIntegerField(default=0)),
                ('moved_at', models.DateTimeField()),
                ('problem', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='Trace',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('by_id', models.BigIntegerField(help_text='Null: at the terminal.', null=True)),
                ('what', models.CharField(choices=[('photo', 'a photograph of a screen'), ('file', 'a copy of a file'), ('code', 'a code as somebody read it')], max_length=5)),
                ('sha256', models.CharField(blank=True, help_text='Of the file as it was brought; empty for a code.', max_length=64)),
                ('asked', models.JSONField()),
                ('agent_id', models.BigIntegerField(help_text='Whose session it was of; null when nobody is named.', null=True)),
                ('session', models.CharField(blank=True, max_length=16)),
                ('code', models.CharField(blank=True, help_text='Where it was read, or fits as well as naming takes.', max_length=10)),
                ('shown_first', models.DateTimeField(help_text='When the named session was first shown what was asked of.', null=True)),
                ('shown_last', models.DateTimeField(null=True)),
                ('customers', models.JSONField(help_text='Ids of whom it was shown a value of: the photograph is of one of them.')),
                ('z', models.FloatField()),
                ('gap', models.FloatField(help_text='How far the best is ahead of the next.')),
                ('compared', models.PositiveIntegerField(help_text='Sessions.')),
                ('sentence', models.TextField()),
                ('fits', models.JSONField(help_text='The twenty best: session, account, faint, visible.')),
            ],
            options={
                'indexes': [models.Index(fields=['-at'], name='trace_newest'), models.Index(condition=models.Q(('agent_id__isnull', False)), fields=['agent_id'], name='trace_by_agent')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('agent_id', None), ('session', ''), ('shown_first', None), ('shown_last', None)), models.Q(('agent_id__isnull', False), ('shown_first__isnull', False), ('shown_last__isnull', False), models.Q(('session', ''), _negated=True)), _connector='OR'), name='trace_names_somebody_whole_or_nobody')],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
