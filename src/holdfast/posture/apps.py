from django.apps import AppConfig


class PostureConfig(AppConfig):
    name = "holdfast.posture"
    label = "posture"
    default_auto_field = "django.db.models.BigAutoField"
