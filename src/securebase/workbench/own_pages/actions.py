"""Everything that changes a client's own page: its link and code, its end, what is shown; and the opening of it."""

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
from securebase.workbench.clients.actions import ensure_own
from securebase.workbench.clients.models import Client
from securebase.workbench.own_pages.models import EndedBy, OwnPage
from securebase.workbench.therapy_sessions.models import CheckIn, CheckInMode, CheckInState
from securebase.workbench.therapy_sessions.tokens import digest, new_token

OWN_PAGE_REASON = "the client’s own page"
#: Wrong codes in a row until the page is closed for a while, and in all until the link ends.
FAILURES_UNTIL_LOCK, FAILURES_UNTIL_END = 5, 20
LOCKED_FOR = timedelta(minutes=15)
CODE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link and its code. Both are known here and never again."""

    page: OwnPage
    token: str
    code: str

    @property
    def path(self) -> str:
        return f"/p/{self.token}/"


class CodeOutcome(StrEnum):
    """What became of a code that was typed."""

    OPEN = "open"
    WRONG = "wrong"
    LOCKED = "locked"
    ENDED = "ended"


def _page_of(client: Client) -> OwnPage:
    rows = OwnPage.objects.unscoped(reason="the page of a client who is in reach")
    return rows.select_for_update().get_or_create(client=client)[0]


@transaction.atomic
def make_link(*, client: Client, by: Account, at: datetime) -> NewLink:
    """A new link with a new code. It ends the old one, and every visit that came by it."""
    ensure_own(client, by)
    page, token = _page_of(client), new_token()
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
    """The client looks at their page on the therapist's device: no link and no code, the therapist is there."""
    ensure_own(client, by)
    page = _page_of(client)
    _record(by, "own_page.handed_over", page)
    return page


@transaction.atomic
def close_page(*, page: OwnPage, by: Account | None, at: datetime) -> None:
    """End the link and every visit. `by` is the therapist; None the client, who wants no page any more."""
    if by is not None:
        ensure_own(page.client, by)
    _end(page, EndedBy.THERAPIST if by else EndedBy.CLIENT, at)
    _record(by, "own_page.closed", page)


def _end(page: OwnPage, ended_by: EndedBy, at: datetime) -> None:
    page.token_digest, page.code_hash = None, ""
    page.ended_at, page.ended_by = at, ended_by.value
    page.link_number += 1
    page.save()


@transaction.atomic
def set_page_contents(*, page: OwnPage, by: Account, graph: bool, circle: bool) -> None:
    """Choose what the page shows beside the worksheets, each of which is shared by itself."""
    ensure_own(page.client, by)
    page.shows_graph, page.shows_circle = graph, circle
    page.save(update_fields=["shows_graph", "shows_circle"])
    _record(by, "own_page.changed", page, graph=graph, circle=circle)


@transaction.atomic
def get_or_create_page(*, client: Client, by: Account) -> OwnPage:
    """The page's row, made where there is none yet."""
    ensure_own(client, by)
    return _page_of(client)


@transaction.atomic
def try_code(*, page_id: uuid.UUID, code: str, at: datetime) -> CodeOutcome:
    """Count the attempt, then compare. Five wrong codes in a row close the page for a quarter of an hour, twenty since
    the link was made end it. What is counted stays counted: nothing here raises.
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
        _end(page, EndedBy.ATTEMPTS, at)
        _record(None, "own_page.code_refused", page, ended=True)
        return CodeOutcome.ENDED
    locks = page.failures >= FAILURES_UNTIL_LOCK
    if locks:
        page.failures, page.locked_until = 0, at + LOCKED_FOR
    page.save(update_fields=["failures", "failures_of_link", "locked_until"])
    _record(None, "own_page.code_refused", page, locked=locks)
    return CodeOutcome.LOCKED if locks else CodeOutcome.WRONG


@transaction.atomic
def open_check_in(*, check_in: CheckIn, page: OwnPage, handed_over: bool) -> str:
    """The path of a new link to a check-in that waits; the old link ends. Its time to expire stays as it was."""
    rows = CheckIn.objects.unscoped(reason=OWN_PAGE_REASON)
    token = new_token()
    changed = {"token_digest": digest(token), "mode": CheckInMode.DEVICE if handed_over else CheckInMode.LINK}
    mine = rows.filter(id=check_in.id, therapy_session__episode__client=page.client, state=CheckInState.WAITING)
    if not mine.exclude(mode=CheckInMode.PAPER).update(**changed):
        raise InputError("this check-in does not wait for an answer any more")
    _record(None, "own_page.check_in", page, check_in=str(check_in.id))
    return f"/c/{token}/"


@transaction.atomic
def record_read(*, page: OwnPage, what: str, object_id: object = "") -> None:
    """The client looked at a part of their page."""
    record(
        actor=None,
        action="own_page.read",
        object_type=what,
        object_id=object_id,
        client=page.client_id,
    )


def _record(by: Account | None, action: str, page: OwnPage, **detail: object) -> None:
    record(
        actor=by, action=action, object_type="own_page", object_id=page.pk, client=page.client_id, detail=dict(detail)
    )
