"""The browsers somebody signs in with, and each time somebody signed in or did not get in."""

import django.db.models.deletion
import holdfast.kit.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0008_provider_logouts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Machine",
            fields=[
                (
                    "id",
                    models.UUIDField(default=holdfast.kit.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("digest", models.BinaryField(help_text="SHA-256 of what its cookie holds.", max_length=32)),
                ("name", models.CharField(help_text="Such as Firefox on Windows.", max_length=60)),
                ("network", models.CharField(blank=True, help_text="Where it was last, roughly.", max_length=43)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("proven_at", models.DateTimeField(help_text="When it was shown to be theirs.", null=True)),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="machines",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("succeeded", models.BooleanField()),
                (
                    "method",
                    models.CharField(
                        blank=True, help_text="password, totp, webauthn, provider ..., with +", max_length=40
                    ),
                ),
                ("browser", models.CharField(max_length=60)),
                ("network", models.CharField(blank=True, help_text="Roughly.", max_length=43)),
                (
                    "new",
                    models.CharField(
                        blank=True,
                        choices=[("", "Nothing"), ("machine", "Machine"), ("network", "Network")],
                        default="",
                        max_length=7,
                    ),
                ),
                (
                    "agent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_ins",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "machine",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="people.machine"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="machine",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)), fields=("agent", "digest"), name="machine_once_per_agent"
            ),
        ),
        migrations.AddIndex(
            model_name="signin",
            index=models.Index(fields=["agent", "-at"], name="sign_in_of_agent"),
        ),
        migrations.AddIndex(
            model_name="signin",
            index=models.Index(fields=["-at"], name="sign_in_by_time"),
        ),
    ]
