from django.apps import AppConfig


class AudiencesConfig(AppConfig):
    name = "holdfast.incidents.audiences"
    label = "audiences"
    default_auto_field = "django.db.models.BigAutoField"
