from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "holdfast.notify.campaigns"
    label = "campaigns"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what mail providers report."""
        from holdfast.notify.campaigns import hooks  # noqa: F401, PLC0415
