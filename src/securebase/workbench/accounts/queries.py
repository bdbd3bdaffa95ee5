"""Reads of accounts and the clinic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext

from securebase.errors import NotPermittedError
from securebase.ipt.course_format import CourseFormat, load_formats
from securebase.ipt.lineage import Lineage, load_lineage
from securebase.workbench.accounts.models import HELP_TEXT, Account, Clinic, Role
from securebase.workbench.audit.models import Entry


def clinic_is_empty() -> bool:
    """Return whether there is no account yet; the page for the first account is open only then."""
    return not Account.objects.exists()


def accounts_of_clinic(account: Account) -> QuerySet[Account]:
    """Return all accounts of an administrator's own clinic."""
    if not account.is_administrator:
        raise NotPermittedError("only an administrator can see the accounts")
    return Account.objects.filter(clinic=account.clinic).order_by("name_shown")


#: audit actions shown to an account's owner, with their labels
_ACTIVITY_LABELS = {
    "account.created": "Account created",
    "password.reset": "New password set",
    "password.changed": "Password changed",
    "sign_in": "Signed in",
}


@dataclass(frozen=True, slots=True)
class AccountActivity:
    """One event of an account as shown to its owner. `by` is empty if the owner did it."""

    at: datetime
    event: str
    by: str


def recent_activity(account: Account, *, n: int = 8) -> list[AccountActivity]:
    """Return the last events of this account, newest first, so that its owner notices misuse."""
    rows = Entry.objects.filter(object_type="account", object_id=str(account.id), action__in=_ACTIVITY_LABELS)
    return [
        AccountActivity(e.at, _ACTIVITY_LABELS[e.action], "" if e.actor == str(account.id) else e.actor_name)
        for e in rows.order_by("-sequence")[:n]
    ]


def lineage_of(clinic: Clinic) -> Lineage:
    """Return the clinic's lineage of IPT."""
    return load_lineage(clinic.lineage)


def course_formats_of(clinic: Clinic) -> tuple[CourseFormat, ...]:
    """Return the course formats that the clinic offers: its own, or those of the shelf."""
    return load_formats(clinic.course_forms)


def clinicians_of(clinic: Clinic) -> QuerySet[Account]:
    """Return the active accounts of a clinic's therapists and supervisors."""
    staff = [a.pk for a in clinic.accounts.filter(is_active=True) if a.has_role(Role.THERAPIST, Role.SUPERVISOR)]
    return clinic.accounts.filter(pk__in=staff).order_by("name_shown")


def help_text_of(clinic: Clinic) -> list[str]:
    """Return the paragraphs of the clinic's help text."""
    return help_lines("" if clinic.help_text == HELP_TEXT else clinic.help_text)


def help_lines(text: str = "") -> list[str]:
    """Return the paragraphs of a clinic's own help text, or of the general one in the language of the page."""
    lines = text.splitlines() if text else [gettext(line) for line in HELP_TEXT.splitlines()]
    return [line.strip() for line in lines if line.strip()]
