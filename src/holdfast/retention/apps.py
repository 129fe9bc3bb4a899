from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "holdfast.retention"
    label = "retention"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let a legal hold keep a customer from being erased at somebody's wish, too."""
        from holdfast.desk import erasing
        from holdfast.retention import holds

        erasing.plug(holds.keeps_from_erasing)
