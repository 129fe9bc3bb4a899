from django.apps import AppConfig


class StaffingConfig(AppConfig):
    name = "holdfast.staffing"
    label = "staffing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hand the shifts to whoever watches what is opened outside of them."""
        from holdfast.guard.watching import rosters
        from holdfast.staffing import queries

        rosters.plug(queries.shifts_between)
