from django.apps import AppConfig


class BridgeConfig(AppConfig):
    name = "holdfast.bridge"
    label = "bridge"
    default_auto_field = "django.db.models.BigAutoField"
