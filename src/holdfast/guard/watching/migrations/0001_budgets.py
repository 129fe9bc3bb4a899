"""What budgets have left, who widened one, who has less for a while."""

import django.contrib.postgres.fields
import holdfast.kit.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Spent",
            fields=[
                ("agent_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("hour", models.DateTimeField()),
                (
                    "hour_customers",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
                ),
                (
                    "hour_values",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="Hashes of what was opened.",
                        size=None,
                    ),
                ),
                ("day", models.DateTimeField()),
                (
                    "day_customers",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
                ),
                (
                    "day_values",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Limits",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("customers_hour", models.PositiveIntegerField()),
                ("customers_day", models.PositiveIntegerField()),
                ("values_hour", models.PositiveIntegerField()),
                ("values_day", models.PositiveIntegerField()),
                (
                    "vendor_hour",
                    models.PositiveIntegerField(
                        help_text="Customers an hour of a whole vendor, for each of its people."
                    ),
                ),
                ("by_id", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="watching_one_row_of_limits")
                ],
            },
        ),
        migrations.CreateModel(
            name="Restraint",
            fields=[
                (
                    "id",
                    models.UUIDField(default=holdfast.kit.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("agent_id", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("half", "half the budget"),
                            ("second", "each further customer needs somebody of another organisation"),
                            ("masked", "values stay masked"),
                        ],
                        max_length=6,
                    ),
                ),
                ("why", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("by_id", models.BigIntegerField(help_text="Nobody: the house by itself.", null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_by_id", models.BigIntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)),
                        fields=("agent_id", "kind"),
                        name="watching_one_restraint_of_a_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("why", ""), _negated=True), name="watching_restraint_says_why"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VendorSpent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vendor_id", models.BigIntegerField()),
                ("hour", models.DateTimeField()),
                ("slot", models.PositiveSmallIntegerField(help_text="0 to 15; 16 is what was widened.")),
                ("room", models.PositiveIntegerField()),
                ("taken", models.PositiveIntegerField(db_default=0, default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("vendor_id", "hour", "slot"), name="watching_vendor_slot_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Widening",
            fields=[
                (
                    "id",
                    models.UUIDField(default=holdfast.kit.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("agent_id", models.BigIntegerField(help_text="None: for the whole vendor.", null=True)),
                ("vendor_id", models.BigIntegerField(help_text="Who employs the agent; 0 is the house itself.")),
                ("customers", models.PositiveIntegerField()),
                ("reason", models.CharField(max_length=200)),
                ("asked_by_id", models.BigIntegerField()),
                ("asked_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_id", models.BigIntegerField(null=True)),
                ("decider_vendor_id", models.BigIntegerField(null=True)),
                ("given", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [models.Index(fields=["agent_id", "until"], name="watching_widening_of_agent")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("given", False),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by_id__isnull", False),
                                ("decider_vendor_id__isnull", False),
                                models.Q(("decider_vendor_id", models.F("vendor_id")), _negated=True),
                                models.Q(("decided_by_id", models.F("asked_by_id")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="watching_widened_by_another_house",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="watching_widening_says_why"
                    ),
                ],
            },
        ),
    ]
