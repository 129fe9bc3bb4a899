from django.apps import AppConfig


class CutoffConfig(AppConfig):
    name = "holdfast.guard.cutoff"
    label = "guard_cutoff"
    default_auto_field = "django.db.models.BigAutoField"
