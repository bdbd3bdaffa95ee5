from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "securebase.workbench.jobs"
    label = "jobs"
    verbose_name = "Work that is done later"
