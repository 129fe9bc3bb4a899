from django.apps import AppConfig


class IncidentWordsConfig(AppConfig):
    name = "holdfast.incidents.words"
    label = "incident_words"
    default_auto_field = "django.db.models.BigAutoField"
