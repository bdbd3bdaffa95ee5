"""Reads of accounts and the clinic."""

from __future__ import annotations

from django.db.models import QuerySet

from securebase.errors import NotPermittedError
from securebase.workbench.accounts.models import Account, Clinic


def clinic_is_empty() -> bool:
    """No account yet: the page for the first one is open."""
    return not Account.objects.exists()


def accounts_of_clinic(account: Account) -> QuerySet[Account]:
    """Everybody of an administrator's own clinic."""
    if not account.is_administrator:
        raise NotPermittedError("only an administrator sees the accounts")
    return Account.objects.filter(clinic=account.clinic).order_by("name_shown")


def help_text_of(clinic: Clinic) -> list[str]:
    """The clinic's help text, one paragraph a line."""
    return [line.strip() for line in clinic.help_text.splitlines() if line.strip()]
