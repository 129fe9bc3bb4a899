"""Reports come packed. Trying to pack them again took the server longer than keeping them."""

from django.db import migrations

_COLUMNS = """
ALTER TABLE guard_radius_report ALTER COLUMN as_json SET STORAGE {0}, ALTER COLUMN as_csv SET STORAGE {0}
"""


class Migration(migrations.Migration):
    dependencies = [("guard_radius", "0001_sightings_and_reports")]

    operations = [migrations.RunSQL(_COLUMNS.format("EXTERNAL"), _COLUMNS.format("EXTENDED"))]
