from django.apps import AppConfig


class OwnPagesConfig(AppConfig):
    name = "securebase.workbench.own_pages"
    label = "own_pages"
    verbose_name = "The client’s own page"
