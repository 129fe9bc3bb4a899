import json

import holdfast.guard.fields
from django.conf import settings
from django.db import migrations, models

# What a form was given goes with its action, whichever code (also of the version before) ends that.
ENDS = """
CREATE FUNCTION assistant_given_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.given := '';
    RETURN NEW;
END $$;
CREATE TRIGGER given_ends BEFORE INSERT OR UPDATE ON assistant_holding FOR EACH ROW
    WHEN (NEW.pending IS NULL AND NEW.given <> '') EXECUTE FUNCTION assistant_given_ends();
"""
STAYS = """
DROP TRIGGER given_ends ON assistant_holding;
DROP FUNCTION assistant_given_ends();
"""
PLAIN = {"action", "asks", "tries", "key"}


def seal_what_is_pending(apps, schema_editor):
    """Close what was kept in plain until now. Forms wait for minutes, so these are few."""
    for row in apps.get_model("assistant", "Holding").objects.filter(pending__isnull=False).defer("given"):
        values = {name: value for name, value in row.pending.items() if name not in PLAIN}
        if values:
            row.pending = {name: value for name, value in row.pending.items() if name in PLAIN}
            row.given = json.dumps(values)
            row.save(update_fields=["pending", "given"])


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', '0001_turns'),
        ('conversations', '0010_how_waits_came_out'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='holding',
            name='given',
            field=holdfast.guard.fields.SealedField(db_default='', default='', help_text='What the customer gave that action: digits, days, a new address.', mask='hidden'),
        ),
        migrations.AlterField(
            model_name='holding',
            name='pending',
            field=models.JSONField(help_text="An action that waits for the customer's next word, and how far.", null=True),
        ),
        migrations.RunSQL(ENDS, STAYS),
        migrations.RunPython(seal_what_is_pending, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name='holding',
            constraint=models.CheckConstraint(condition=models.Q(('given', ''), ('pending__isnull', False), _connector='OR'), name='what_was_given_ends_with_its_action'),
        ),
    ]
