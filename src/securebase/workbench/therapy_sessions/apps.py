from django.apps import AppConfig


class TherapySessionsConfig(AppConfig):
    name = "securebase.workbench.therapy_sessions"
    label = "therapy_sessions"
    verbose_name = "Sessions, ruptures and repairs"
