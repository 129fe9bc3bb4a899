from django.apps import AppConfig


class AssistantConfig(AppConfig):
    name = "holdfast.assistant"
    label = "assistant"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell writers of articles what the reply check would hold against their words."""
        from holdfast.assistant import checking
        from holdfast.knowledge import remarks

        remarks.plug(checking.remarks)
