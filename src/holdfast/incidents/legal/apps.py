from django.apps import AppConfig


class LegalClocksConfig(AppConfig):
    name = "holdfast.incidents.legal"
    label = "legal_clocks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the rooms beside where clocks run."""
        from holdfast.incidents import places
        from holdfast.incidents.legal import queries

        places.plug(queries.places_of)
