"""What was noticed about whom and what people decided; made-up customers; customers' reports; that somebody searched."""

import django.db.models.deletion
import holdfast.kit.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("guard_watching", "0002_budgets_in_the_ticket"),
    ]

    operations = [
        migrations.CreateModel(
            name="Canary",
            fields=[
                ("tag", models.BinaryField(max_length=16, primary_key=True, serialize=False)),
                ("hidden", models.BinaryField(max_length=60)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("honey", "writes in; nothing of it needs to be opened"),
                            ("search", "lies there to be found"),
                        ],
                        max_length=6,
                    ),
                ),
                ("planted_at", models.DateTimeField()),
                ("by_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Noticed",
            fields=[
                (
                    "id",
                    models.UUIDField(default=holdfast.kit.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("agent_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=12)),
                ("sentence", models.CharField(max_length=400)),
                ("reasons", models.JSONField(default=list)),
                ("clears", models.JSONField(default=list)),
                ("entries", models.JSONField(default=list, help_text="Ids of entries of the log of reveals.")),
                ("at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(help_text="When a look last found it.")),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None)),
                        fields=("agent_id", "kind"),
                        name="watching_noticed_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.UUIDField(default=holdfast.kit.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("customer_id", models.UUIDField()),
                ("knew", models.JSONField(default=list, help_text="Words of a closed list.")),
                ("source", models.CharField(choices=[("form", "Form"), ("import", "Import")], max_length=6)),
                ("happened_on", models.DateField()),
                ("at", models.DateTimeField()),
                ("by_id", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["happened_on"], name="watching_report_by_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("customer_id", "happened_on"), name="watching_reported_once_a_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="Search",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("agent_id", models.BigIntegerField()),
                ("by", models.CharField(help_text="case, value, words", max_length=5)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["at", "agent_id"], name="watching_search_by_time")],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("agent_id", models.BigIntegerField()),
                ("kind", models.CharField(blank=True, max_length=12)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("explained", "Explained"),
                            ("watched", "to be watched further"),
                            ("named", "who it is may be seen"),
                        ],
                        max_length=9,
                    ),
                ),
                ("words", models.CharField(max_length=300)),
                ("by_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "noticed",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="guard_watching.noticed",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["agent_id", "-at"], name="watching_decision_of_agent")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("words", ""), _negated=True), name="watching_decision_says_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("by_id", models.F("agent_id")), _negated=True),
                        name="watching_nobody_decides_about_oneself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ViewerAddress",
            fields=[
                ("index", models.BinaryField(max_length=16, primary_key=True, serialize=False)),
                ("agent_id", models.BigIntegerField()),
                ("shown_at", models.DateTimeField()),
                ("written_to_at", models.DateTimeField(help_text="When somebody first wrote to it.", null=True)),
                (
                    "canary",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="addresses",
                        to="guard_watching.canary",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("agent_id", "canary"), name="watching_one_address_each")
                ],
            },
        ),
    ]
