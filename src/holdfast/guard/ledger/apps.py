from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "holdfast.guard.ledger"
    label = "guard_ledger"
    default_auto_field = "django.db.models.BigAutoField"
