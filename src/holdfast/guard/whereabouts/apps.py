from django.apps import AppConfig


class WhereaboutsConfig(AppConfig):
    name = "holdfast.guard.whereabouts"
    label = "guard_whereabouts"
    default_auto_field = "django.db.models.BigAutoField"
