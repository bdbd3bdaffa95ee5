"""Reads for the client's own page: only rows of this client, and only shared worksheets."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from securebase.ipt.client_labels import relabel_for_client
from securebase.ipt.rendering import title_in_words
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Audience, Worksheet, WorksheetRole
from securebase.records.artefact import Row
from securebase.records.vocabulary import Agreement
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.models import Entry
from securebase.workbench.check_ins.models import CheckIn, CheckInMode, CheckInState
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.clients.tokens import digest
from securebase.workbench.own_pages.actions import OWN_PAGE_REASON
from securebase.workbench.own_pages.models import OwnPage
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.worksheets.models import Artefact, ArtefactVersion
from securebase.workbench.worksheets.queries import people_of, values_of


def page_by_token(token: str) -> OwnPage | None:
    """Return the page of this link; None for an unknown or ended link."""
    rows = OwnPage.objects.unscoped(reason=OWN_PAGE_REASON)
    return rows.filter(token_digest=digest(token)).select_related("client__therapist__clinic").first()


def page_by_id(page_id: str) -> OwnPage | None:
    """Return the page with this id, as stored in a visit; None if there is none."""
    rows = OwnPage.objects.unscoped(reason=OWN_PAGE_REASON)
    return rows.filter(id=page_id).select_related("client__therapist__clinic").first()


def page_for_therapist(account: Account, client: Client) -> OwnPage | None:
    return OwnPage.objects.visible_to(account).filter(client=client).first()


def worksheet_for_client(spec: Worksheet) -> Worksheet:
    """Return the worksheet reduced to the fields that clients may see, with labels that address the client."""
    visible_fields = tuple(f for f in spec.fields if Audience.CLIENT in f.reports and not f.note)
    return relabel_for_client(msgspec.structs.replace(spec, fields=visible_fields))


@dataclass(frozen=True, slots=True)
class SharedWorksheet:
    """A shared worksheet in the client's list."""

    artefact: Artefact
    worksheet: Worksheet
    title: str

    @property
    def name(self) -> str:
        return self.title or self.worksheet.name

    @property
    def awaits_answer(self) -> bool:
        """True if the client still has to answer; worksheets that clients fill in themselves ask for no answer."""
        asks_for_answer = self.worksheet.agreement and not self.worksheet.client_fills
        return asks_for_answer and self.artefact.agreement == Agreement.OPEN


def shared_worksheets(episode: Episode) -> list[SharedWorksheet]:
    """Return the worksheets of an episode that the client may see, last changed first."""
    shelf, people = worksheets(), people_of(episode)
    rows = episode.artefacts.filter(for_client=True, removed_at=None).order_by("-changed_at")
    return [
        SharedWorksheet(
            row,
            worksheet_for_client(shelf[row.worksheet]),
            title_in_words(worksheet_for_client(shelf[row.worksheet]), values_of(row), people),
        )
        for row in rows
        if row.worksheet in shelf and shelf[row.worksheet].for_client
    ]


def find_shared_artefact(episode: Episode, name: str, artefact_id: uuid.UUID) -> Artefact | None:
    """Return the artefact with this id; None if there is none, or if it is not shared with the client."""
    spec = worksheets().get(name)
    if spec is None or not spec.for_client:
        return None
    rows = episode.artefacts.filter(id=artefact_id, worksheet=name, for_client=True, removed_at=None)
    return rows.select_related("episode__client").first()


def may_begin(episode: Episode, spec: Worksheet) -> bool:
    """Return whether the client may begin this worksheet: for clients, in this phase, and not filled in already."""
    if not spec.client_fills or (spec.phases and episode.phase not in {p.value for p in spec.phases}):
        return False
    return spec.many or not episode.artefacts.filter(worksheet=spec.id, removed_at=None).exists()


@dataclass(frozen=True, slots=True)
class Home:
    """Content of the first page."""

    next_session: TherapySession | None
    check_ins: list[CheckIn]
    goals: list[str]
    to_answer: list[SharedWorksheet]
    to_fill: list[SharedWorksheet]
    to_read: list[SharedWorksheet]
    to_begin: list[Worksheet]


def home(episode: Episode, now: datetime) -> Home:
    """Return the content of the first page: next session, check-ins, goals and worksheets."""
    sheets = shared_worksheets(episode)
    to_answer = [s for s in sheets if s.awaits_answer]
    other_sheets = [s for s in sheets if not s.awaits_answer]
    return Home(
        next_session=episode.therapy_sessions.filter(held_at__gt=now).order_by("held_at").first(),
        check_ins=waiting_check_ins(episode, now),
        goals=_goals(sheets),
        to_answer=to_answer,
        to_fill=[s for s in other_sheets if s.worksheet.client_fills],
        to_read=[s for s in other_sheets if not s.worksheet.client_fills],
        to_begin=[worksheet_for_client(spec) for spec in worksheets().values() if may_begin(episode, spec)],
    )


def waiting_check_ins(episode: Episode, now: datetime) -> list[CheckIn]:
    """Return the check-ins that are open and have not expired."""
    rows = CheckIn.objects.unscoped(reason=OWN_PAGE_REASON).filter(episode=episode, state=CheckInState.WAITING)
    return list(rows.exclude(mode=CheckInMode.PAPER).filter(expires_at__gt=now).select_related("therapy_session"))


def _goals(sheets: list[SharedWorksheet]) -> list[str]:
    """Return the goals of the contract if it is shared."""
    contract = next((s.artefact for s in sheets if s.worksheet.role is WorksheetRole.CONTRACT), None)
    if contract is None:
        return []
    rows: Any = values_of(contract).get("goals") or ()
    return [str(row["goal"]) for row in rows if _has_goal(row)]


def _has_goal(row: Row) -> bool:
    return isinstance(row, Mapping) and bool(row.get("goal"))


@dataclass(frozen=True, slots=True)
class PageActivity:
    """One action of the client on their page."""

    at: datetime
    words: str
    artefact: Artefact | None = None


def recent_activity(account: Account, episode: Episode, *, n: int = 8) -> list[PageActivity]:
    """Return what the client wrote, answered or drew on their page, newest first, for the therapist."""
    versions = ArtefactVersion.objects.visible_to(account).filter(artefact__episode=episode, artefact__removed_at=None)
    written_versions = versions.filter(saved_by=None).select_related("artefact").order_by("-saved_at")[:n]
    entries = Entry.objects.filter(client=str(episode.client_id), actor="", action="artefact.answered")
    answer_entries = list(entries.order_by("-sequence")[:n])
    artefacts = {str(a.id): a for a in episode.artefacts.filter(id__in=[e.object_id for e in answer_entries])}
    circles = episode.circles.filter(drawn_by=None, removed_at=None).order_by("-drawn_at")[:n]
    shelf = worksheets()
    activities = [
        PageActivity(v.saved_at, f"wrote in “{shelf[v.artefact.worksheet].name}”", v.artefact)
        for v in written_versions
        if v.artefact.worksheet in shelf
    ]
    activities += [
        PageActivity(e.at, f"answered “{shelf[artefacts[e.object_id].worksheet].name}”", artefacts[e.object_id])
        for e in answer_entries
        if e.object_id in artefacts
    ]
    activities += [PageActivity(c.drawn_at, "changed the circle") for c in circles]
    return sorted(activities, key=lambda activity: activity.at, reverse=True)[:n]
