"""Writes of the client's own page: link and code, contents, closing; and the check of the code."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from securebase.errors import InputError
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.actions import record
from securebase.workbench.check_ins.models import CheckIn, CheckInMode, CheckInState
from securebase.workbench.clients.actions import ensure_own
from securebase.workbench.clients.models import Client
from securebase.workbench.clients.tokens import digest, new_token
from securebase.workbench.own_pages.models import EndedBy, OwnPage

OWN_PAGE_REASON = "the client’s own page"
#: Wrong codes in a row that lock the page for a while, and wrong codes in total that end the link.
FAILURES_UNTIL_LOCK, FAILURES_UNTIL_END = 5, 20
LOCK_DURATION = timedelta(minutes=15)
CODE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class NewLink:
    """A new link and its code; the database stores only a digest and a hash of them."""

    page: OwnPage
    token: str
    code: str

    @property
    def path(self) -> str:
        return f"/p/{self.token}/"


class CodeOutcome(StrEnum):
    """Outcome of an attempt to enter the code."""

    OPEN = "open"
    WRONG = "wrong"
    LOCKED = "locked"
    ENDED = "ended"


def _get_or_create(client: Client) -> OwnPage:
    rows = OwnPage.objects.unscoped(reason="the page of a client who is in reach")
    return rows.select_for_update().get_or_create(client=client)[0]


@transaction.atomic
def make_link(*, client: Client, by: Account, at: datetime) -> NewLink:
    """Create a new link and code. Ends the old link and every visit that began with it."""
    ensure_own(client, by)
    page, token = _get_or_create(client), new_token()
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    page.token_digest, page.code_hash = digest(token), make_password(code)
    page.link_number += 1
    page.made_at, page.expires_at = at, at + timedelta(weeks=settings.OWN_PAGE_WEEKS)
    page.ended_at, page.ended_by = None, ""
    page.failures, page.failures_of_link, page.locked_until = 0, 0, None
    page.save()
    _record(by, "own_page.link_made", page)
    return NewLink(page, token, code)


@transaction.atomic
def hand_over(*, client: Client, by: Account) -> OwnPage:
    """Open the page on the therapist's device, without link and code, for a client who is present."""
    ensure_own(client, by)
    page = _get_or_create(client)
    _record(by, "own_page.handed_over", page)
    return page


@transaction.atomic
def close_page(*, page: OwnPage, by: Account | None, at: datetime) -> None:
    """End the link and every visit. `by` is the therapist, or None for the client."""
    if by is not None:
        ensure_own(page.client, by)
    _end_link(page, EndedBy.THERAPIST if by else EndedBy.CLIENT, at)
    _record(by, "own_page.closed", page)


def _end_link(page: OwnPage, ended_by: EndedBy, at: datetime) -> None:
    page.token_digest, page.code_hash = None, ""
    page.ended_at, page.ended_by = at, ended_by.value
    page.link_number += 1
    page.save()


@transaction.atomic
def set_page_contents(*, page: OwnPage, by: Account, graph: bool, circle: bool) -> None:
    """Set whether the page shows the symptom line and the circle; worksheets are shared one by one."""
    ensure_own(page.client, by)
    page.shows_graph, page.shows_circle = graph, circle
    page.save(update_fields=["shows_graph", "shows_circle"])
    _record(by, "own_page.changed", page, graph=graph, circle=circle)


@transaction.atomic
def get_or_create_page(*, client: Client, by: Account) -> OwnPage:
    """Return the client's page; creates the row if there is none."""
    ensure_own(client, by)
    return _get_or_create(client)


@transaction.atomic
def try_code(*, page_id: uuid.UUID, code: str, at: datetime) -> CodeOutcome:
    """Check a code and count a wrong one.

    Five wrong codes in a row lock the page for a quarter of an hour; twenty since the link was created end the link.
    Nothing here raises, so that the transaction never rolls the counters back.
    """
    rows = OwnPage.objects.unscoped(reason=OWN_PAGE_REASON)
    page = rows.select_for_update().select_related("client").get(id=page_id)
    if not page.is_open(at) or not page.code_hash:
        return CodeOutcome.ENDED
    if page.locked_until is not None and at < page.locked_until:
        return CodeOutcome.LOCKED
    if check_password("".join(code.split()), page.code_hash):
        page.failures, page.locked_until, page.opened_at = 0, None, at
        page.save(update_fields=["failures", "locked_until", "opened_at"])
        _record(None, "own_page.opened", page)
        return CodeOutcome.OPEN
    page.failures += 1
    page.failures_of_link += 1
    if page.failures_of_link >= FAILURES_UNTIL_END:
        _end_link(page, EndedBy.ATTEMPTS, at)
        _record(None, "own_page.code_refused", page, ended=True)
        return CodeOutcome.ENDED
    locked = page.failures >= FAILURES_UNTIL_LOCK
    if locked:
        page.failures, page.locked_until = 0, at + LOCK_DURATION
    page.save(update_fields=["failures", "failures_of_link", "locked_until"])
    _record(None, "own_page.code_refused", page, locks=locked)
    return CodeOutcome.LOCKED if locked else CodeOutcome.WRONG


@transaction.atomic
def open_check_in(*, check_in: CheckIn, page: OwnPage, handed_over: bool) -> str:
    """Return the path of a new link to an open check-in. The old link ends; the expiry time does not change."""
    rows = CheckIn.objects.unscoped(reason=OWN_PAGE_REASON).exclude(mode=CheckInMode.PAPER)
    row = rows.filter(id=check_in.id, episode__client=page.client, state=CheckInState.WAITING).first()
    if row is None:
        raise InputError("this check-in is no longer open")
    row.link_number += 1
    row.token_digest, row.mode = digest(row.token), CheckInMode.DEVICE if handed_over else CheckInMode.LINK
    row.save(update_fields=["link_number", "token_digest", "mode"])
    _record(None, "own_page.check_in", page, check_in=str(row.id))
    return row.path


@transaction.atomic
def record_read(*, page: OwnPage, part: str, object_id: object = "") -> None:
    """Record in the audit trail that the client viewed a part of their page."""
    record(
        actor=None,
        action="own_page.read",
        object_type=part,
        object_id=object_id,
        client=page.client_id,
    )


def _record(by: Account | None, action: str, page: OwnPage, **detail: object) -> None:
    record(
        actor=by, action=action, object_type="own_page", object_id=page.pk, client=page.client_id, detail=dict(detail)
    )
