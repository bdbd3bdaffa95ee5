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
from securebase.ipt.course_format import CourseFormat, load_formats
from securebase.ipt.lineage import Lineage, load_lineage
from securebase.model.fitted_set import FittedSet
from securebase.model.parameter_set import ParameterSet
from securebase.picture.fingerprints import default_parameter_set
from securebase.study.clinic_sets import SHELF_VERSION, ClinicSets, SetRevision
from securebase.workbench.accounts.models import Account, Clinic
from securebase.workbench.audit.models import Entry

_log = logging.getLogger(__name__)


def clinic_is_empty() -> bool:
    """Return whether there is no account yet; the page for the first account is open only then."""
    return not Account.objects.exists()


@dataclass(frozen=True, slots=True)
class SetInUse:
    """The parameter set behind all pictures; `versions` and `history` of the clinic's own sets, newest first.

    problem: why the clinic's own set cannot be used; the set of the shelf replaces it.
    """

    parameter_set: ParameterSet
    versions: tuple[FittedSet, ...] = ()
    history: tuple[SetRevision, ...] = ()
    problem: str = ""


def set_in_use() -> SetInUse:
    """Return the clinic's own set if it adopted one, else that of the shelf; reload when its history file changes."""
    folder: Path = settings.PARAMETER_SETS
    try:
        changed = (folder / "history.toml").stat().st_mtime_ns
    except OSError:
        return _SHELF_SET
    return _read_set_in_use(folder, changed)


_SHELF_SET = SetInUse(default_parameter_set())


@lru_cache(maxsize=4)
def _read_set_in_use(folder: Path, changed: int) -> SetInUse:
    sets = ClinicSets(folder)
    try:
        versions, history = sets.versions()[::-1], sets.history()[::-1]
        current = default_parameter_set() if sets.in_use == SHELF_VERSION else sets.current()
    except SecurebaseError as error:
        _log.error("Cannot read the clinic's parameter sets; using the set of the shelf instead: %s", error)
        return SetInUse(default_parameter_set(), problem=str(error))
    return SetInUse(current, versions, history)


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


def help_text_of(clinic: Clinic) -> list[str]:
    """Return the paragraphs of the clinic's help text."""
    return [line.strip() for line in clinic.help_text.splitlines() if line.strip()]
