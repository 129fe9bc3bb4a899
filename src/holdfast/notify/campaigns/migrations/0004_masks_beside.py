"""Masks stand beside what is stored, which the application then need not read. On a large table: a rewrite, under a lock."""

from django.db import migrations

from holdfast.guard.mask_columns import beside


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0003_filling"), ("guard", "0011_stored_forms_through_functions")]
    operations = [beside("campaigns_recipient", "sealed")]
