"""Reads of accounts and the clinic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from securebase.errors import NotPermittedError
from securebase.workbench.accounts.models import Account, Clinic
from securebase.workbench.audit.models import Entry


def clinic_is_empty() -> bool:
    """No account yet: the page for the first one is open."""
    return not Account.objects.exists()


def accounts_of_clinic(account: Account) -> QuerySet[Account]:
    """Everybody of an administrator's own clinic."""
    if not account.is_administrator:
        raise NotPermittedError("only an administrator sees the accounts")
    return Account.objects.filter(clinic=account.clinic).order_by("name_shown")


#: Of the audit trail, what an account's owner is shown of it, in words.
_OF_AN_ACCOUNT = {
    "account.created": "Account made",
    "password.reset": "New password set",
    "password.changed": "Password changed",
    "sign_in": "Signed in",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to an account, as its owner reads it. `by` is empty where it was the owner."""

    at: datetime
    what: str
    by: str


def lately(account: Account, *, n: int = 8) -> list[Happening]:
    """What happened to this account last, newest first, so that its owner sees what somebody else did with it."""
    rows = Entry.objects.filter(object_type="account", object_id=str(account.id), action__in=_OF_AN_ACCOUNT)
    return [
        Happening(e.at, _OF_AN_ACCOUNT[e.action], "" if e.actor == str(account.id) else e.actor_name)
        for e in rows.order_by("-sequence")[:n]
    ]


def help_text_of(clinic: Clinic) -> list[str]:
    """The clinic's help text, one paragraph a line."""
    return [line.strip() for line in clinic.help_text.splitlines() if line.strip()]
