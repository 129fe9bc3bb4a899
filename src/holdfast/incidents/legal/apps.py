from django.apps import AppConfig


class LegalClocksConfig(AppConfig):
    name = "holdfast.incidents.legal"
    label = "legal_clocks"
    default_auto_field = "django.db.models.BigAutoField"
