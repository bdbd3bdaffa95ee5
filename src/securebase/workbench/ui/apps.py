from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "securebase.workbench.ui"
    label = "ui"
    verbose_name = "Shared templates, tags and style"
