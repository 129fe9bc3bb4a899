from django.apps import AppConfig


class StatusConfig(AppConfig):
    name = "holdfast.incidents.status"
    label = "status"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Whoever answers a text message with STOP is no subscriber any more."""
        from holdfast.incidents.status import subscribing
        from holdfast.notify.campaigns import stopping

        stopping.plug(subscribing.end_number)
