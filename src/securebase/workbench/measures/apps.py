from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    name = "securebase.workbench.measures"
    label = "measures"
    verbose_name = "Administrations and safety alerts"
