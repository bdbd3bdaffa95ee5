from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "securebase.workbench.exports"
    label = "exports"
    verbose_name = "Downloads"
