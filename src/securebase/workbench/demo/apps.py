from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "securebase.workbench.demo"
    label = "demo"
    verbose_name = "Simulated demo clinic"
