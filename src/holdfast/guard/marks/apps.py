from django.apps import AppConfig


class MarksConfig(AppConfig):
    name = "holdfast.guard.marks"
    label = "guard_marks"
    default_auto_field = "django.db.models.BigAutoField"
