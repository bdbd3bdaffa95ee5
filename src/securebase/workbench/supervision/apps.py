from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "securebase.workbench.supervision"
    label = "supervision"
    verbose_name = "Supervision"
