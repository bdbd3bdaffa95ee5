from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "securebase.workbench.audit"
    label = "audit"
    verbose_name = "Who did or saw what"
