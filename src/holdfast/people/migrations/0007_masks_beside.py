"""Masks stand beside what is stored, which the application then need not read. On a large table: a rewrite, under a lock."""

from django.db import migrations

from holdfast.guard.mask_columns import beside


class Migration(migrations.Migration):
    dependencies = [("people", "0006_sites"), ("guard", "0011_stored_forms_through_functions")]
    operations = [
        beside("people_customer", "name", "address", "birth_date", "iban"),
        beside("people_identity", "value"),
    ]
