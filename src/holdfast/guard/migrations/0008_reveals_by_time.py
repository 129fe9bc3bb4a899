"""What was asked in an interval, and what was asked of one customer, are found without reading the whole log."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index made beside running reveals must not lock them out

    dependencies = [("guard", "0007_asking_through_functions")]
    operations = [
        AddIndexConcurrently("reveallog", models.Index(fields=["at"], name="reveal_by_time")),
        AddIndexConcurrently("reveallog", models.Index(fields=["customer_id", "at"], name="reveal_by_customer")),
    ]
