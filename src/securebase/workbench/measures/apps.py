from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    name = "securebase.workbench.measures"
    label = "measures"
    verbose_name = "Administrations and safety alerts"

    def ready(self) -> None:
        """Register the handlers of jobs."""
        from securebase.workbench.measures import alert_mail  # noqa: F401
