from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "securebase.workbench.accounts"
    label = "accounts"
    verbose_name = "Accounts and sign-in"
