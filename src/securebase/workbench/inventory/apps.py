from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "securebase.workbench.inventory"
    label = "inventory"
    verbose_name = "Interpersonal inventory"
