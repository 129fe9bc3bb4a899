from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class GuardConfig(AppConfig):
    name = "holdfast.guard"
    label = "guard"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_note_ring, sender=self)


def _note_ring(**_: Any) -> None:
    from django.db import connection

    from holdfast.guard.models import RingKey
    from holdfast.guard.ring_check import note_ring

    if RingKey._meta.db_table in connection.introspection.table_names():  # not where migrations were taken back
        note_ring()
