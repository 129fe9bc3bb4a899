"""Masks stand beside what is stored, which the application then need not read. On a large table: a rewrite, under a lock."""

from django.db import migrations

from holdfast.guard.mask_columns import beside


class Migration(migrations.Migration):
    dependencies = [("status", "0005_care_line"), ("guard", "0011_stored_forms_through_functions")]
    operations = [beside("status_subscriber", "address", "webhook", "webhook_secret")]
