from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "holdfast.incidents"
    label = "incidents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let every update, and every campaign about an incident, pass the check of words from the start on."""
        from holdfast.incidents import campaigned, worded, wording
        from holdfast.notify.campaigns import checking

        wording.plug(worded.check)
        wording.plug_holding(worded.holding_texts)
        checking.plug(campaigned.check, campaigned.ask)
