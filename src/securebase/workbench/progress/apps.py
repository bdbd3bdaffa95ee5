from django.apps import AppConfig


class ProgressConfig(AppConfig):
    name = "securebase.workbench.progress"
    label = "progress"
    verbose_name = "Client pictures"
