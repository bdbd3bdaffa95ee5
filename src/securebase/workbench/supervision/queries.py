"""Read shared courses and their comments.

A supervisor reaches a course only through their own live share and sees only the parts that it names. People are
called by their relation, and dates become weeks of the therapy.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.safestring import SafeString

from securebase.charts.closeness_circle import closeness_circle
from securebase.ipt.consent import consents_to_sharing
from securebase.ipt.due import TaskStanding, course_tasks
from securebase.ipt.fidelity import FidelityOverSessions, fidelity_over_sessions
from securebase.ipt.pseudonyms import replace_dates, replace_names
from securebase.ipt.rendering import RenderedField, render_fields, title_in_words
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Audience, Worksheet
from securebase.records import artefact as work
from securebase.records.episode import EpisodeRecord
from securebase.reports.document import Table
from securebase.reports.for_supervisor import measures_every_fourth
from securebase.reports.selection import first_and_last_circle, names_for_reader, restrict_to_report
from securebase.workbench.accounts.actions import record_denial
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.course.queries import record_of
from securebase.workbench.supervision.actions import SHARED
from securebase.workbench.supervision.models import Comment, Share, SharedPart
from securebase.workbench.ui.drawings import trusted_svg
from securebase.workbench.worksheets.models import Artefact


# ---- the supervisor --------------------------------------------------------------------------------------------------
def supervisees(account: Account, now: datetime) -> list[Share]:
    """Return the live shares of this supervisor, sorted by label."""
    rows = Share.objects.unscoped(reason=SHARED).filter(supervisor=account, revoked_at=None, until__gt=now)
    return list(rows.select_related("episode__client__therapist").order_by("label"))


def share_in_view(*, account: Account, share_id: uuid.UUID, now: datetime, page: str) -> Share:
    """Return a live share of this supervisor; otherwise record the denial in the audit trail and raise Http404."""
    rows = Share.objects.unscoped(reason=SHARED).filter(id=share_id)
    share = rows.select_related("episode__client__therapist__clinic", "supervisor").first()
    if share is None:
        raise Http404
    if share.supervisor_id != account.id or not share.is_live(now):
        reason = "the share has ended" if share.supervisor_id == account.id else "not shared with this account"
        record_denial(account=account, page=page, reason=reason, client=share.episode.client_id)
        raise Http404
    return share


@dataclass(frozen=True, slots=True)
class SharedSheet:
    """One worksheet as the supervisor may read it; `comments` counts its comments."""

    id: str
    worksheet: Worksheet
    title: str
    time: str
    fields: list[RenderedField]
    agreement: str
    comments: int


@dataclass(frozen=True, slots=True)
class SharedCourse:
    """Contents of a shared course; parts that were not shared are None or empty."""

    record: EpisodeRecord
    sessions_held: int
    tasks: tuple[TaskStanding, ...]
    circles: list[tuple[str, SafeString]]
    people: list[tuple[str, str]]
    measures: Table | None
    fidelity: FidelityOverSessions | None
    sheets: list[SharedSheet]


def shared_rows(share: Share) -> QuerySet[Artefact]:
    """Return the worksheets of the shared kinds and those ticked for supervisors, without removed ones."""
    is_shared = Q(worksheet__in=share.worksheets) | Q(for_supervisor=True)
    return share.episode.artefacts.filter(is_shared, removed_at=None)


def shared_course(share: Share, now: datetime) -> SharedCourse:
    """Return the contents of the supervisor's page."""
    record, parts = record_of(share.episode, now), set(share.parts)
    names = names_for_reader(Audience.SUPERVISOR, record)
    shows_people, measures = SharedPart.PEOPLE in parts, measures_every_fourth(record)
    return SharedCourse(
        record=record,
        sessions_held=len(record.sessions),
        tasks=course_tasks(record, lineage_of(share.episode.client.clinic)) if SharedPart.COURSE in parts else (),
        circles=_circles(record, names) if shows_people else [],
        people=[(names[r.id], _marks(r)) for r in record.relationships if r.left_at is None] if shows_people else [],
        measures=measures if SharedPart.MEASURES in parts and measures.rows else None,
        fidelity=fidelity_over_sessions(record) if SharedPart.FIDELITY in parts else None,
        sheets=_sheets(share, record),
    )


def shared_sheet(share: Share, artefact_id: uuid.UUID, now: datetime) -> tuple[Artefact, SharedSheet]:
    """Return one worksheet of the share, or raise Http404."""
    row = shared_rows(share).filter(id=artefact_id).select_related("episode__client").first()
    sheet = next((s for s in _sheets(share, record_of(share.episode, now)) if s.id == str(artefact_id)), None)
    if row is None or sheet is None:
        raise Http404
    return row, sheet


def _sheets(share: Share, record: EpisodeRecord) -> list[SharedSheet]:
    ids = {str(row.id) for row in shared_rows(share)}
    counts = _counts(Comment.objects.unscoped(reason=SHARED).filter(share=share, removed_at=None))
    names, shelf = names_for_reader(Audience.SUPERVISOR, record), worksheets()
    hidden = (share.episode.client.name_shown,)
    sheets = []
    for artefact in sorted(record.artefacts, key=lambda a: -a.begun_at):
        spec = (
            restrict_to_report(Audience.SUPERVISOR, shelf[artefact.worksheet]) if artefact.worksheet in shelf else None
        )
        if artefact.id not in ids or spec is None:
            continue
        named = replace_names(spec, artefact, record, names, hidden)
        values = replace_dates(spec, named, record.began_on).values
        sheets.append(
            SharedSheet(
                id=artefact.id,
                worksheet=spec,
                title=title_in_words(spec, values, names),
                time=_moment(artefact.session, artefact.at),
                fields=render_fields(spec, values, names),
                agreement=artefact.agreement.label if spec.agreement else "",
                comments=counts.get(artefact.id, 0),
            )
        )
    return sheets


def _moment(session: int | None, day: float) -> str:
    return f"session {session}" if session is not None else f"week {int(day // 7) + 1}"


def _counts(rows: Iterable[Comment]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        if row.artefact_id:
            counts[str(row.artefact_id)] = counts.get(str(row.artefact_id), 0) + 1
    return counts


def _circles(record: EpisodeRecord, names: dict[str, str]) -> list[tuple[str, SafeString]]:
    relationships = [replace(r, name=names[r.id]) for r in record.relationships]
    circles = first_and_last_circle(Audience.SUPERVISOR, record)
    return [
        (
            _moment(None, c.at),
            trusted_svg(closeness_circle(c, relationships, centre="client", label="Closeness circle")),
        )
        for c in circles
    ]


def _marks(person: work.RelationshipRecord) -> str:
    marks = (("in focus", person.is_focus), ("deceased", person.deceased), ("professional helper", person.professional))
    return ", ".join(words for words, applies in marks if applies)


# ---- both sides ------------------------------------------------------------------------------------------------------
def thread(share: Share, artefact: Artefact | None = None) -> list[Comment]:
    """Return the comments on the course, or on one worksheet, in order; removed ones stay for their author's undo."""
    rows = Comment.objects.unscoped(reason=SHARED).filter(share=share, artefact=artefact)
    return list(rows.select_related("by", "share").order_by("at"))


def own_comment(*, account: Account, comment_id: uuid.UUID) -> Comment:
    """Return a comment that this account wrote, or raise Http404."""
    rows = Comment.objects.unscoped(reason=SHARED).filter(id=comment_id, by=account)
    comment = rows.select_related("share__episode__client", "by").first()
    if comment is None:
        raise Http404
    return comment


# ---- the therapist ---------------------------------------------------------------------------------------------------
def list_supervisors(account: Account) -> list[Account]:
    """Return the clinic's active supervisors other than this account."""
    rows = Account.objects.filter(clinic=account.clinic, is_active=True).exclude(id=account.id)
    return [a for a in rows if a.has_role(Role.SUPERVISOR)]


def list_shares(account: Account, client: Client) -> list[Share]:
    rows = Share.objects.visible_to(account).filter(episode__client=client)
    return list(rows.select_related("supervisor", "episode__client"))


def get_share(*, account: Account, client: Client, share_id: uuid.UUID) -> Share:
    """Return a share of this therapist's client, or raise Http404."""
    rows = Share.objects.visible_to(account).filter(id=share_id, episode__client=client)
    share = rows.select_related("episode__client", "supervisor").first()
    if share is None:
        raise Http404
    return share


def comments_on(artefact: Artefact) -> list[Comment]:
    """Return the comments of supervisors and the therapist on one worksheet, for the therapist's page."""
    rows = Comment.objects.unscoped(reason="the caller has checked access to the worksheet")
    return list(rows.filter(artefact=artefact, removed_at=None).select_related("by", "share").order_by("at"))


def count_unseen(episode: Episode) -> int:
    """Count the supervisors' comments that the therapist has not seen."""
    rows = Comment.objects.unscoped(reason="the caller has checked access to the course").filter(share__episode=episode)
    return rows.filter(seen_at=None, removed_at=None).exclude(by=episode.client.therapist).count()


def consents_to_supervision(record: EpisodeRecord) -> bool:
    """Return True if the contract records the client's consent to sharing with a supervisor."""
    return consents_to_sharing(record, Audience.SUPERVISOR)
