from django.apps import AppConfig


class CheckInsConfig(AppConfig):
    name = "securebase.workbench.check_ins"
    label = "check_ins"
    verbose_name = "Check-ins"
