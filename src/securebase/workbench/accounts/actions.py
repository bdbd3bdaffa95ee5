"""Writes of accounts, sign-ins and the clinic."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import F

from securebase.errors import ConflictError, InputError, NotPermittedError
from securebase.ipt.course_format import MAX_FORMATS, CourseFormat, check_format
from securebase.ipt.lineage import Lineage
from securebase.schema import to_plain
from securebase.workbench.accounts.models import Account, Clinic, Role, SignInCount, normalise_user_name
from securebase.workbench.audit.actions import record

#: Failed sign-ins until a lock, for one account name and for one network address. OWASP ASVS 4.0.3, V2.2.1 allows at
#: most 100 an hour for one account; 5 per quarter of an hour is 20. A whole clinic may share one address: 25.
FAILURES_UNTIL_LOCK = {"account": 5, "address": 25}
LOCK_DURATION = timedelta(minutes=15)


@transaction.atomic
def create_clinic(*, name: str) -> Clinic:
    """Create a clinic with the general help text."""
    clinic = Clinic.objects.create(name=name)
    record(actor=None, action="clinic.created", object_type="clinic", object_id=clinic.id)
    return clinic


@transaction.atomic
def create_account(
    *,
    clinic: Clinic,
    user_name: str,
    name_shown: str,
    password: str | None,
    roles: Sequence[Role] = (Role.THERAPIST,),
    by: Account | None = None,
) -> Account:
    """Create an account for a member of staff; nobody can sign in to one without a password."""
    if by is not None and not by.is_administrator:
        raise NotPermittedError("only an administrator can create accounts")
    if Account.objects.filter(user_name=normalise_user_name(user_name)).exists():
        raise InputError(f"the user name “{normalise_user_name(user_name)}” is already taken", advice="Choose another.")
    account = Account(clinic=clinic, user_name=user_name, name_shown=name_shown, roles=[Role(r).value for r in roles])
    account.set_password(password)
    # the administrator knows this password: `RequireOwnPassword` makes the owner choose another
    account.password_set_by_other = by is not None
    account.save()
    record(
        actor=by or account,
        action="account.created",
        object_type="account",
        object_id=account.id,
        detail={"roles": list(account.roles)},
    )
    return account


@transaction.atomic
def create_first_account(*, clinic_name: str, user_name: str, name_shown: str, password: str) -> Account:
    """Create the clinic and its first account, a therapist's and an administrator's in one.

    Only while no account exists. Check and write share one transaction, so two racing requests create one account.
    """
    if Account.objects.exists():
        raise NotPermittedError("this clinic already has an account", advice="Sign in.")
    clinic = Clinic.objects.first() or create_clinic(name=clinic_name)
    roles = (Role.THERAPIST, Role.ADMINISTRATOR)
    return create_account(clinic=clinic, user_name=user_name, name_shown=name_shown, password=password, roles=roles)


@transaction.atomic
def set_active(*, account: Account, active: bool, by: Account) -> Account:
    """Close or reopen an account. A closed account is signed out at its next request."""
    if not by.is_administrator or by.clinic_id != account.clinic_id:
        raise NotPermittedError("only an administrator can close accounts")
    if account.pk == by.pk:
        raise InputError("you cannot close your own account", advice="Ask another administrator.")
    account.is_active = active
    account.save(update_fields=["is_active"])
    action = "account.reopened" if active else "account.closed"
    record(actor=by, action=action, object_type="account", object_id=account.id)
    return account


@transaction.atomic
def change_password(*, account: Account, password: str) -> Account:
    """Set a new password, which ends every other sign-in of the account."""
    account.set_password(password)
    account.password_set_by_other = False
    account.save(update_fields=["password", "password_set_by_other"])
    record(actor=account, action="password.changed", object_type="account", object_id=account.id)
    return account


@transaction.atomic
def reset_password(*, account: Account, by: Account, password: str) -> Account:
    """Set a new initial password for somebody who forgot theirs, end their sign-ins and lift their lock.

    The administrator knows it, so the owner must choose another at the next sign-in and can see who set it.
    """
    if not by.is_administrator or by.clinic_id != account.clinic_id:
        raise NotPermittedError("only an administrator can set another person’s password")
    if account.pk == by.pk:
        raise InputError("you cannot reset your own password here", advice="Change it on your account page.")
    account.set_password(password)
    account.password_set_by_other = True
    account.save(update_fields=["password", "password_set_by_other"])
    SignInCount.objects.filter(kind="account", key=_digest("account", account.user_name)).delete()
    record(actor=by, action="password.reset", object_type="account", object_id=account.id)
    return account


@transaction.atomic
def change_contact(*, account: Account, name_shown: str, mail: str) -> Account:
    """Change the display name and the email address of one's own account."""
    account.name_shown, account.mail = name_shown, mail
    account.save(update_fields=["name_shown", "mail"])
    record(actor=account, action="account.changed", object_type="account", object_id=account.id)
    return account


@transaction.atomic
def change_alerts(
    *, clinic: Clinic, by: Account, duty_clinician: Account | None, duty_after_minutes: int, version: int
) -> Clinic:
    """Choose the duty clinician. Raises ConflictError if the clinic changed since the form read `version`."""
    if not by.is_administrator or by.clinic_id != clinic.id:
        raise NotPermittedError("only an administrator can change the clinic")
    if duty_clinician is not None and duty_clinician.clinic_id != clinic.id:
        raise InputError(f"{duty_clinician.name_shown} belongs to another clinic")
    changed = Clinic.objects.filter(id=clinic.id, version=version).update(
        duty_clinician=duty_clinician, duty_after_minutes=duty_after_minutes, version=F("version") + 1
    )
    if not changed:
        raise ConflictError
    detail = {"duty": str(duty_clinician.id) if duty_clinician else "", "minutes": duty_after_minutes}
    record(actor=by, action="clinic.alerts_changed", object_type="clinic", object_id=clinic.id, detail=detail)
    clinic.refresh_from_db()
    return clinic


@transaction.atomic
def change_clinic(*, clinic: Clinic, by: Account, name: str, help_text: str, version: int) -> Clinic:
    """Change name and help text. Raises ConflictError if the clinic changed since the form read `version`."""
    if not by.is_administrator or by.clinic_id != clinic.id:
        raise NotPermittedError("only an administrator can change the clinic")
    changed = Clinic.objects.filter(id=clinic.id, version=version).update(
        name=name, help_text=help_text, version=F("version") + 1
    )
    if not changed:
        raise ConflictError
    record(actor=by, action="clinic.changed", object_type="clinic", object_id=clinic.id)
    clinic.refresh_from_db()
    return clinic


@transaction.atomic
def change_practice(
    *, account: Account, training: str, years_of_experience: int | None, orientation: str, ipt_training: str
) -> Account:
    """Store training, experience and orientation as the account's owner reports them."""
    account.training, account.years_of_experience = training, years_of_experience
    account.orientation, account.ipt_training = orientation, ipt_training
    account.save(update_fields=["training", "years_of_experience", "orientation", "ipt_training"])
    record(actor=account, action="account.changed", object_type="account", object_id=account.id)
    return account


@transaction.atomic
def change_lineage(*, clinic: Clinic, by: Account, lineage: Lineage, version: int) -> Clinic:
    """Set the clinic's lineage of IPT. `version` as in `change_clinic`."""
    return _change(clinic, by, version, "clinic.lineage_changed", {"lineage": to_plain(lineage)}, to_plain(lineage))


@transaction.atomic
def change_course_formats(*, clinic: Clinic, by: Account, formats: Sequence[CourseFormat], version: int) -> Clinic:
    """Replace the clinic's own course formats; none restores the shelf's. Courses that have begun keep theirs."""
    if len(formats) > MAX_FORMATS:
        raise InputError(
            f"at most {MAX_FORMATS} course formats are allowed (got {len(formats)})", advice="Remove some."
        )
    stored = [to_plain(check_format(f)) for f in formats]
    detail = {"forms": [f"{f.name}: {f.sessions}/{f.initial}/{f.ending}/{f.days_between}" for f in formats]}
    return _change(clinic, by, version, "clinic.course_forms_changed", {"course_forms": stored}, detail)


def _change(  # noqa: PLR0917 (two callers, above)
    clinic: Clinic, by: Account, version: int, action: str, values: dict[str, Any], detail: Mapping[str, Any]
) -> Clinic:
    if not by.is_administrator or by.clinic_id != clinic.id:
        raise NotPermittedError("only an administrator can change the clinic")
    if not Clinic.objects.filter(id=clinic.id, version=version).update(**values, version=F("version") + 1):
        raise ConflictError
    record(actor=by, action=action, object_type="clinic", object_id=clinic.id, detail=dict(detail))
    clinic.refresh_from_db()
    return clinic


def _digest(kind: str, key: str) -> str:
    # stored instead of the name: people type passwords into the user name field
    return hashlib.sha256(f"{kind}:{normalise_user_name(key)}".encode()).hexdigest()


def _throttle_keys(user_name: str, address: str) -> list[tuple[str, str]]:
    return [("account", _digest("account", user_name)), ("address", _digest("address", address))]


def locked_until(*, user_name: str, address: str, now: datetime) -> datetime | None:
    """Return when the lock on this account name or this address ends; None if sign-in is open."""
    locks = [
        count.locked_until
        for kind, key in _throttle_keys(user_name, address)
        for count in SignInCount.objects.filter(kind=kind, key=key, locked_until__gt=now)
        if count.locked_until is not None
    ]
    return max(locks, default=None)


@transaction.atomic
def record_failed_sign_in(*, user_name: str, address: str, now: datetime) -> None:
    """Count a failure for the account name and for the address.

    Names without an account count as well, so that a lock does not reveal which accounts exist.
    """
    locked = []
    # two counters: the name stops guessing one account, the address stops trying one password on many accounts
    for kind, key in _throttle_keys(user_name, address):
        count, _ = SignInCount.objects.get_or_create(kind=kind, key=key, defaults={"last_failed_at": now})
        lapsed = now - count.last_failed_at > LOCK_DURATION
        count.failures = 1 if lapsed else count.failures + 1
        count.last_failed_at = now
        if count.failures >= FAILURES_UNTIL_LOCK[kind]:
            count.locked_until = now + LOCK_DURATION
            locked.append(kind)
        count.save()
    account = Account.objects.filter(user_name=normalise_user_name(user_name)).first()
    record(
        actor=None,
        action="sign_in.failed",
        object_type="account",
        object_id=account.id if account else "",
        detail={"address": address, "locked": locked},
        at=now,
    )


@transaction.atomic
def record_sign_in(*, account: Account, address: str, now: datetime) -> None:
    """Record a sign-in and clear the count of its account name.

    The address keeps its count: an attacker must not reset it by signing in to an account of their own.
    """
    SignInCount.objects.filter(kind="account", key=_digest("account", account.user_name)).delete()
    account.last_login = now
    account.save(update_fields=["last_login"])
    record(actor=account, action="sign_in", object_type="account", object_id=account.id, detail={"address": address})


def record_sign_out(*, account: Account, reason: str) -> None:
    record(actor=account, action="sign_out", object_type="account", object_id=account.id, detail={"why": reason})


def record_denial(*, account: Account | AnonymousUser | None, page: str, reason: str, client: object = "") -> None:
    """Record a request that was refused."""
    actor = account if isinstance(account, Account) else None
    record(actor=actor, action="denied", object_type="page", object_id=page, client=client, detail={"why": reason})
