"""Reads for supervision. A supervisor reaches a course only by a share of their own that is live, and of it only what
the share names; people are called by their relation, days by the week of the therapy.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.safestring import SafeString, mark_safe

from securebase.charts.closeness_circle import closeness_circle
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
from securebase.reports.selection import first_and_last_circle, for_report, people
from securebase.workbench.accounts.actions import record_denial
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.course.queries import record_of
from securebase.workbench.supervision.actions import SHARED
from securebase.workbench.supervision.models import Comment, Share, SharedPart
from securebase.workbench.worksheets.models import Artefact


# ---- the supervisor --------------------------------------------------------------------------------------------------
def supervisees(account: Account, now: datetime) -> list[Share]:
    """The courses that are shared with this supervisor at this moment."""
    rows = Share.objects.unscoped(reason=SHARED).filter(supervisor=account, revoked_at=None, until__gt=now)
    return list(rows.select_related("episode__client__therapist").order_by("label"))


def share_in_view(*, account: Account, share_id: uuid.UUID, now: datetime, page: str) -> Share:
    """A share of this supervisor's that is live; else 404, and what was tried is written down."""
    rows = Share.objects.unscoped(reason=SHARED).filter(id=share_id)
    found = rows.select_related("episode__client__therapist__clinic", "supervisor").first()
    if found is None:
        raise Http404
    if found.supervisor_id != account.id or not found.is_live(now):
        why = "the share has ended" if found.supervisor_id == account.id else "not shared with this account"
        record_denial(account=account, page=page, why=why, client=found.episode.client_id)
        raise Http404
    return found


@dataclass(frozen=True, slots=True)
class SharedSheet:
    """One worksheet as the supervisor may read it. comments: how many there are."""

    id: str
    worksheet: Worksheet
    title: str
    when: str
    said: list[RenderedField]
    agreement: str
    comments: int


@dataclass(frozen=True, slots=True)
class SharedCourse:
    """Everything that a share shows; None or empty where it was not shared."""

    record: EpisodeRecord
    held: int
    tasks: tuple[TaskStanding, ...]
    circles: list[tuple[str, SafeString]]
    people: list[tuple[str, str]]
    measures: Table | None
    fidelity: FidelityOverSessions | None
    sheets: list[SharedSheet]


def shared_rows(share: Share) -> QuerySet[Artefact]:
    """The worksheets that the share names, and those that are ticked for supervisors; none that was removed."""
    chosen = Q(worksheet__in=share.worksheets) | Q(for_supervisor=True)
    return share.episode.artefacts.filter(chosen, removed_at=None)


def shared_course(share: Share, now: datetime) -> SharedCourse:
    """What the supervisor's page shows."""
    record, parts = record_of(share.episode, now), set(share.parts)
    names = people(Audience.SUPERVISOR, record)
    wants_people, tables = SharedPart.PEOPLE in parts, measures_every_fourth(record)
    return SharedCourse(
        record=record,
        held=len(record.sessions),
        tasks=course_tasks(record, lineage_of(share.episode.client.clinic)) if SharedPart.COURSE in parts else (),
        circles=_circles(record, names) if wants_people else [],
        people=[(names[r.id], _marks(r)) for r in record.relationships if r.left_at is None] if wants_people else [],
        measures=tables if SharedPart.MEASURES in parts and tables.rows else None,
        fidelity=fidelity_over_sessions(record) if SharedPart.FIDELITY in parts else None,
        sheets=_sheets(share, record),
    )


def shared_sheet(share: Share, artefact_id: uuid.UUID, now: datetime) -> tuple[Artefact, SharedSheet]:
    """One worksheet of the share, or 404."""
    row = shared_rows(share).filter(id=artefact_id).select_related("episode__client").first()
    found = next((s for s in _sheets(share, record_of(share.episode, now)) if s.id == str(artefact_id)), None)
    if row is None or found is None:
        raise Http404
    return row, found


def _sheets(share: Share, record: EpisodeRecord) -> list[SharedSheet]:
    ids = {str(row.id) for row in shared_rows(share)}
    counts = _counts(Comment.objects.unscoped(reason=SHARED).filter(share=share, removed_at=None))
    names, shelf = people(Audience.SUPERVISOR, record), worksheets()
    hidden = (share.episode.client.name_shown,)
    made = []
    for one in sorted(record.artefacts, key=lambda a: -a.begun_at):
        spec = for_report(Audience.SUPERVISOR, shelf[one.worksheet]) if one.worksheet in shelf else None
        if one.id not in ids or spec is None:
            continue
        told = replace_dates(spec, replace_names(spec, one, record, names, hidden), record.began_on)
        made.append(
            SharedSheet(
                id=one.id,
                worksheet=spec,
                title=title_in_words(spec, told.values, names),
                when=f"session {one.session}" if one.session is not None else f"week {int(one.at // 7) + 1}",
                said=render_fields(spec, told.values, names),
                agreement=one.agreement.label if spec.agreement else "",
                comments=counts.get(one.id, 0),
            )
        )
    return made


def _counts(rows: Iterable[Comment]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        if row.artefact_id:
            found[str(row.artefact_id)] = found.get(str(row.artefact_id), 0) + 1
    return found


def _circles(record: EpisodeRecord, names: dict[str, str]) -> list[tuple[str, SafeString]]:
    called = [replace(r, name=names[r.id]) for r in record.relationships]
    drawn = first_and_last_circle(Audience.SUPERVISOR, record)
    return [
        (
            f"week {int(c.at // 7) + 1}",
            mark_safe(closeness_circle(c, called, centre="client", label="Closeness circle")),  # noqa: S308 (own SVG)
        )
        for c in drawn
    ]


def _marks(person: work.RelationshipRecord) -> str:
    told = (("in focus", person.is_focus), ("has died", person.deceased), ("professional", person.professional))
    return ", ".join(word for word, on in told if on)


# ---- both sides ------------------------------------------------------------------------------------------------------
def thread(share: Share, artefact: Artefact | None = None) -> list[Comment]:
    """What was said to the whole, or to one worksheet, in order; what was taken back stays for its author's undo."""
    rows = Comment.objects.unscoped(reason=SHARED).filter(share=share, artefact=artefact)
    return list(rows.select_related("by", "share").order_by("at"))


def comment_of(*, account: Account, comment_id: uuid.UUID) -> Comment:
    """One's own comment, or 404."""
    rows = Comment.objects.unscoped(reason=SHARED).filter(id=comment_id, by=account)
    found = rows.select_related("share__episode__client", "by").first()
    if found is None:
        raise Http404
    return found


# ---- the therapist ---------------------------------------------------------------------------------------------------
def supervisors_of(account: Account) -> list[Account]:
    """Active supervisors of the clinic, but oneself."""
    rows = Account.objects.filter(clinic=account.clinic, is_active=True).exclude(id=account.id)
    return [a for a in rows if a.has_role(Role.SUPERVISOR)]


def shares_of(account: Account, client: Client) -> list[Share]:
    rows = Share.objects.visible_to(account).filter(episode__client=client)
    return list(rows.select_related("supervisor", "episode__client"))


def share_of(*, account: Account, client: Client, share_id: uuid.UUID) -> Share:
    """A share of this client of the therapist's, or 404."""
    rows = Share.objects.visible_to(account).filter(id=share_id, episode__client=client)
    found = rows.select_related("episode__client", "supervisor").first()
    if found is None:
        raise Http404
    return found


def comments_on(artefact: Artefact) -> list[Comment]:
    """What supervisors and the therapist said to one worksheet, for the therapist's own page."""
    rows = Comment.objects.unscoped(reason="a worksheet that is in reach")
    return list(rows.filter(artefact=artefact, removed_at=None).select_related("by", "share").order_by("at"))


def unseen(episode: Episode) -> int:
    """Comments of supervisors that the therapist has not had on a page."""
    rows = Comment.objects.unscoped(reason="a course that is in reach").filter(share__episode=episode)
    return rows.filter(seen_at=None, removed_at=None).exclude(by=episode.client.therapist).count()


def says_yes_to_a_supervisor(record: EpisodeRecord) -> bool:
    """Whether the contract says that the client agreed to sharing with a supervisor."""
    return any("supervisor" in a.choices("sharing_consent") for a in record.artefacts_of("contract"))
