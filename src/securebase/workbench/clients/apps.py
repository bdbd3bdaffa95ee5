from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "securebase.workbench.clients"
    label = "clients"
    verbose_name = "Clients and episodes"
