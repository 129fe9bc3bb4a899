from django.apps import AppConfig


class RadiusConfig(AppConfig):
    name = "holdfast.guard.radius"
    label = "guard_radius"
    default_auto_field = "django.db.models.BigAutoField"
