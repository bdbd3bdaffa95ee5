from django.apps import AppConfig


class RequestsConfig(AppConfig):
    name = "securebase.workbench.requests"
    label = "requests"
    verbose_name = "Requests to clients to answer"

    def ready(self) -> None:
        """Register the handlers of jobs."""
        from datetime import timedelta

        from securebase.workbench.jobs.actions import regularly
        from securebase.workbench.requests import sending

        regularly(sending.follow_courses, timedelta(minutes=2))
