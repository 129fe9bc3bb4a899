from django.apps import AppConfig


class WatchingConfig(AppConfig):
    name = "holdfast.guard.watching"
    label = "guard_watching"
    default_auto_field = "django.db.models.BigAutoField"
