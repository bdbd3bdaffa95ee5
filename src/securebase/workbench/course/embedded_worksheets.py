"""Worksheets embedded in another page: same fields, same autosave, and a return to that page."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from securebase.errors import InputError
from securebase.ipt.parsing import ParsedValues, parse_values
from securebase.ipt.shelf import worksheet as get_worksheet
from securebase.ipt.worksheet import FieldKind, Worksheet
from securebase.records.artefact import Value
from securebase.workbench.accounts.access import current_account
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.ui.conflict import sentence
from securebase.workbench.ui.inputs import Input
from securebase.workbench.ui.parsing import parse_id, parse_number
from securebase.workbench.worksheets import queries
from securebase.workbench.worksheets.actions import save_artefact
from securebase.workbench.worksheets.forms import build_inputs, submitted_values
from securebase.workbench.worksheets.models import Artefact


@dataclass(frozen=True, slots=True)
class RefusedSubmission:
    """A worksheet that was sent and not saved: its name, what was typed, and the reason."""

    worksheet: str
    typed: ParsedValues
    error: InputError


@dataclass(frozen=True, slots=True)
class WorksheetForm:
    """A worksheet as a form in a page; `artefact` is None before the first save.

    refused: why its last submission was not saved, whose values it shows.
    """

    worksheet: Worksheet
    artefact: Artefact | None
    artefact_id: uuid.UUID
    inputs: tuple[Input, ...]
    address: str
    next: str
    session: str = ""
    about: str = ""
    refused: str = ""

    @property
    def revision(self) -> int:
        return self.artefact.revision if self.artefact else 0

    def input(self, name: str) -> Input | None:
        return next((i for i in self.inputs if i.field.id == name), None)

    def inputs_by_field(self) -> dict[str, Input]:
        """Map each field id to its input."""
        return {i.field.id: i for i in self.inputs}


def worksheet_form(
    episode: Episode,
    name: str,
    *,
    artefact: Artefact | None,
    formulation: str,
    back: str,
    preset: dict[str, Any] | None = None,
    session: TherapySession | None = None,
    about: uuid.UUID | None = None,
    refused: RefusedSubmission | None = None,
) -> WorksheetForm:
    """Build the form of a worksheet: its saved values, or `preset` for a new one with its session and person.

    A `refused` submission of this worksheet is shown in place of both.
    """
    spec = get_worksheet(name)
    artefact_id = artefact.id if artefact else uuid.uuid4()
    values, unread = (artefact.values, artefact.unread) if artefact else (preset or {}, {})
    if refused is not None and refused.worksheet != name:
        refused = None
    if refused is not None:
        values, unread = refused.typed.values, {field: list(entry) for field, entry in refused.typed.unread.items()}
    people = queries.people_of(episode)
    address = reverse("worksheet", args=[episode.client_id, name, artefact_id])
    fields = build_inputs(spec, values, unread, people=people, formulation=formulation)
    session_id = artefact.therapy_session_id if artefact else session.id if session else None
    about_id = artefact.about if artefact else about
    return WorksheetForm(
        spec,
        artefact,
        artefact_id,
        tuple(fields),
        address,
        back,
        str(session_id or ""),
        str(about_id or ""),
        sentence(refused.error) if refused else "",
    )


def read_submission(request: HttpRequest, name: str, *, artefact: Artefact | None, formulation: str) -> ParsedValues:
    """Read the posted values of a worksheet.

    Fields that this page does not show (other lineage, earlier shelf) keep their saved values.
    """
    spec = get_worksheet(name)
    filled = parse_values(spec, submitted_values(spec, request.POST))
    if artefact is None:
        return filled
    visible = {f.id for f in spec.fields_for(formulation)}
    hidden = {k: v for k, v in queries.values_of(artefact).items() if k not in visible}
    return replace(filled, values=filled.values | hidden)


def save_submission(request: HttpRequest, episode: Episode, name: str, filled: ParsedValues) -> Artefact:
    """Save posted values.

    Raises ConflictError if somebody else has saved in the meantime, and InputError if nothing was filled in.
    """
    return save_artefact(
        id=posted_artefact_id(request),
        episode=episode,
        worksheet=name,
        by=current_account(request),
        filled=filled,
        revision=parse_number(request.POST.get("revision")),
        at=timezone.now(),
        about=parse_id(request.POST.get("about")),
        session=queries.find_session(episode, request.POST.get("session")),
        new_version="anew" in request.POST,
    )


def posted_artefact_id(request: HttpRequest) -> uuid.UUID:
    """Return the posted artefact id. Raises InputError if it is missing or malformed."""
    artefact_id = parse_id(request.POST.get("artefact"))
    if artefact_id is None:
        raise InputError("the form is incomplete", advice="Open it again from the Course page.")
    return artefact_id


def with_value(filled: ParsedValues, name: str, value: Value) -> ParsedValues:
    """Return a copy with one field replaced."""
    return replace(filled, values=filled.values | {name: value})


def requested_day(request: HttpRequest, name: str, spec: Worksheet) -> dict[str, Any]:
    """Return the day in the query string as preset of the worksheet's first date field; empty if invalid."""
    field = next((f for f in spec.fields if f.kind is FieldKind.DATE), None)
    try:
        day = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return {}
    return {field.id: day.isoformat()} if field else {}
