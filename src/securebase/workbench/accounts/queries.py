"""Reads of accounts and the clinic."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from securebase.errors import NotPermittedError, SecurebaseError
from securebase.ipt.course_form import CourseForm, forms_from
from securebase.ipt.lineage import Lineage, lineage_from
from securebase.model.fitted_set import FittedSet
from securebase.model.parameter_set import ParameterSet
from securebase.picture.client import followed_with
from securebase.study.clinic_sets import SHELF, ClinicSets, SetRevision
from securebase.workbench.accounts.models import Account, Clinic
from securebase.workbench.audit.models import Entry

_log = logging.getLogger(__name__)


def clinic_is_empty() -> bool:
    """No account yet: the page for the first one is open."""
    return not Account.objects.exists()


@dataclass(frozen=True, slots=True)
class SetInUse:
    """The parameter set that pictures rest on. `versions`, `history`: of the clinic's own, newest first. problem: why
    its own cannot be used; the set of the shelf then stands in."""

    parameter_set: ParameterSet
    versions: tuple[FittedSet, ...] = ()
    history: tuple[SetRevision, ...] = ()
    problem: str = ""


def set_in_use() -> SetInUse:
    """The clinic's own set where one was adopted, else that of the shelf. Read again when its history has changed."""
    folder: Path = settings.PARAMETER_SETS
    try:
        changed = (folder / "history.toml").stat().st_mtime_ns
    except OSError:
        return _NONE_OF_ITS_OWN
    return _read_set_in_use(folder, changed)


_NONE_OF_ITS_OWN = SetInUse(followed_with())


@lru_cache(maxsize=4)
def _read_set_in_use(folder: Path, changed: int) -> SetInUse:
    sets = ClinicSets(folder)
    try:
        versions, history = sets.versions()[::-1], sets.history()[::-1]
        own = followed_with() if sets.in_use == SHELF else sets.current()
    except SecurebaseError as error:
        _log.error("The clinic's parameter sets cannot be read, the set of the shelf stands in: %s", error)
        return SetInUse(followed_with(), problem=str(error))
    return SetInUse(own, versions, history)


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
class AccountActivity:
    """One thing that happened to an account, as its owner reads it. `by` is empty where it was the owner."""

    at: datetime
    what: str
    by: str


def recent_activity(account: Account, *, n: int = 8) -> list[AccountActivity]:
    """What happened to this account last, newest first, so that its owner sees what somebody else did with it."""
    rows = Entry.objects.filter(object_type="account", object_id=str(account.id), action__in=_OF_AN_ACCOUNT)
    return [
        AccountActivity(e.at, _OF_AN_ACCOUNT[e.action], "" if e.actor == str(account.id) else e.actor_name)
        for e in rows.order_by("-sequence")[:n]
    ]


def lineage_of(clinic: Clinic) -> Lineage:
    """The lineage of IPT that the clinic works in."""
    return lineage_from(clinic.lineage)


def course_forms_of(clinic: Clinic) -> tuple[CourseForm, ...]:
    """The forms of a course that the clinic offers: its own, or those of the shelf."""
    return forms_from(clinic.course_forms)


def help_text_of(clinic: Clinic) -> list[str]:
    """The clinic's help text, one paragraph a line."""
    return [line.strip() for line in clinic.help_text.splitlines() if line.strip()]
