from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "holdfast.incidents"
    label = "incidents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let every update pass the check of words from the start on."""
        from holdfast.incidents import worded, wording

        wording.plug(worded.check)
        wording.plug_holding(worded.holding_texts)
