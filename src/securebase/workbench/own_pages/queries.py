"""Reads for the client's own page: only what belongs to this client, and of worksheets only what was shared."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from securebase.ipt.rendering import title_in_words
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Audience, Worksheet
from securebase.records.artefact import Row
from securebase.records.vocabulary import Agreement
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.models import Entry
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.own_pages.actions import OWN_PAGE_REASON
from securebase.workbench.own_pages.labels import relabel_for_client
from securebase.workbench.own_pages.models import OwnPage
from securebase.workbench.therapy_sessions.models import CheckIn, CheckInMode, CheckInState, TherapySession
from securebase.workbench.therapy_sessions.tokens import digest
from securebase.workbench.worksheets.models import Artefact, ArtefactVersion
from securebase.workbench.worksheets.queries import people_of, values_of


def page_by_token(token: str) -> OwnPage | None:
    """The page this link leads to; None where it leads nowhere (any more)."""
    rows = OwnPage.objects.unscoped(reason=OWN_PAGE_REASON)
    return rows.filter(token_digest=digest(token)).select_related("client__therapist__clinic").first()


def page_by_id(page_id: str) -> OwnPage | None:
    """The page of a visit."""
    rows = OwnPage.objects.unscoped(reason=OWN_PAGE_REASON)
    return rows.filter(id=page_id).select_related("client__therapist__clinic").first()


def page_for_therapist(account: Account, client: Client) -> OwnPage | None:
    return OwnPage.objects.visible_to(account).filter(client=client).first()


def client_version(spec: Worksheet) -> Worksheet:
    """The worksheet with only those fields that may be shown to the client, and in words that speak to them."""
    shown = tuple(f for f in spec.fields if Audience.CLIENT in f.reports and not f.note)
    return relabel_for_client(dataclasses.replace(spec, fields=shown))


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
    def waits_for_an_answer(self) -> bool:
        """Whether the client has still to say yes or no to it. What they fill in themselves needs no yes."""
        asks = self.worksheet.agreement and not self.worksheet.client_fills
        return asks and self.artefact.agreement == Agreement.OPEN


def shared_worksheets(episode: Episode) -> list[SharedWorksheet]:
    """What of this episode the client may see, last changed first."""
    shelf, people = worksheets(), people_of(episode)
    rows = episode.artefacts.filter(for_client=True, removed_at=None).order_by("-changed_at")
    return [
        SharedWorksheet(
            row,
            client_version(shelf[row.worksheet]),
            title_in_words(client_version(shelf[row.worksheet]), values_of(row), people),
        )
        for row in rows
        if row.worksheet in shelf and shelf[row.worksheet].for_client
    ]


def find_shared_artefact(episode: Episode, name: str, artefact_id: uuid.UUID) -> Artefact | None:
    """The shared worksheet with this id; None where there is none, where it was not shared, or is never for clients."""
    spec = worksheets().get(name)
    if spec is None or not spec.for_client:
        return None
    rows = episode.artefacts.filter(id=artefact_id, worksheet=name, for_client=True, removed_at=None)
    return rows.select_related("episode__client").first()


def is_taken(artefact_id: uuid.UUID) -> bool:
    """Whether this id belongs to something, in reach or not."""
    rows = Artefact.objects.unscoped(reason="an id that was made elsewhere must not be begun here")
    return rows.filter(id=artefact_id).exists()


def may_begin(episode: Episode, spec: Worksheet) -> bool:
    """Whether the client may begin one by themselves: made for clients, for this phase, and not there already."""
    if not spec.client_fills or (spec.phases and episode.phase not in {p.value for p in spec.phases}):
        return False
    return spec.many or not episode.artefacts.filter(worksheet=spec.id, removed_at=None).exists()


@dataclass(frozen=True, slots=True)
class Home:
    """What the first page shows."""

    next_session: TherapySession | None
    check_ins: list[CheckIn]
    goals: list[str]
    to_answer: list[SharedWorksheet]
    to_fill: list[SharedWorksheet]
    to_read: list[SharedWorksheet]
    to_begin: list[Worksheet]


def home(episode: Episode, now: datetime) -> Home:
    """Everything that waits, is worked on, or was shared."""
    sheets = shared_worksheets(episode)
    to_answer = [s for s in sheets if s.waits_for_an_answer]
    rest = [s for s in sheets if not s.waits_for_an_answer]
    return Home(
        next_session=episode.therapy_sessions.filter(held_at__gt=now).order_by("held_at").first(),
        check_ins=waiting_check_ins(episode, now),
        goals=_goals(sheets),
        to_answer=to_answer,
        to_fill=[s for s in rest if s.worksheet.client_fills],
        to_read=[s for s in rest if not s.worksheet.client_fills],
        to_begin=[client_version(spec) for spec in worksheets().values() if may_begin(episode, spec)],
    )


def waiting_check_ins(episode: Episode, now: datetime) -> list[CheckIn]:
    """Check-ins that wait for an answer and have not run out."""
    rows = CheckIn.objects.unscoped(reason=OWN_PAGE_REASON).filter(
        therapy_session__episode=episode, state=CheckInState.WAITING
    )
    return list(rows.exclude(mode=CheckInMode.PAPER).filter(expires_at__gt=now).select_related("therapy_session"))


def _goals(sheets: list[SharedWorksheet]) -> list[str]:
    """The goals of the contract, where it was shared."""
    contract = next((s.artefact for s in sheets if s.artefact.worksheet == "contract"), None)
    if contract is None:
        return []
    rows: Any = values_of(contract).get("goals") or ()
    return [str(row["goal"]) for row in rows if _has_goal(row)]


def _has_goal(row: Row) -> bool:
    return isinstance(row, Mapping) and bool(row.get("goal"))


@dataclass(frozen=True, slots=True)
class PageActivity:
    """One thing that the client did on their page."""

    at: datetime
    words: str
    artefact: Artefact | None = None


def recent_activity(account: Account, episode: Episode, *, n: int = 8) -> list[PageActivity]:
    """What the client wrote, answered or drew on their page, newest first, for the therapist."""
    versions = ArtefactVersion.objects.visible_to(account).filter(artefact__episode=episode, artefact__removed_at=None)
    wrote = versions.filter(saved_by=None).select_related("artefact").order_by("-saved_at")[:n]
    entries = Entry.objects.filter(client=str(episode.client_id), actor="", action="artefact.answered")
    answered = list(entries.order_by("-sequence")[:n])
    known = {str(a.id): a for a in episode.artefacts.filter(id__in=[e.object_id for e in answered])}
    circles = episode.circles.filter(drawn_by=None, removed_at=None).order_by("-drawn_at")[:n]
    shelf = worksheets()
    found = [
        PageActivity(v.saved_at, f"wrote in “{shelf[v.artefact.worksheet].name}”", v.artefact)
        for v in wrote
        if v.artefact.worksheet in shelf
    ]
    found += [
        PageActivity(e.at, f"answered “{shelf[known[e.object_id].worksheet].name}”", known[e.object_id])
        for e in answered
        if e.object_id in known
    ]
    found += [PageActivity(c.drawn_at, "drew on the circle") for c in circles]
    return sorted(found, key=lambda h: h.at, reverse=True)[:n]
