from django.apps import AppConfig


class WorksheetsConfig(AppConfig):
    name = "securebase.workbench.worksheets"
    label = "worksheets"
    verbose_name = "Worksheets"
