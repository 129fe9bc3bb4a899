from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "holdfast.conversations"
    label = "conversations"
    default_auto_field = "django.db.models.BigAutoField"
