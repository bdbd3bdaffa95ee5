"""A worksheet filled in as a part of another page: the same fields, the same autosave, and back to the page after."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from securebase.errors import InputError
from securebase.ipt.parsing import Filled, fill
from securebase.ipt.shelf import worksheet as worksheet_called
from securebase.ipt.worksheet import Kind, Worksheet
from securebase.records.artefact import Value
from securebase.workbench.accounts.access import current_account
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.ui.parsing import parse_id, parse_number
from securebase.workbench.worksheets import queries
from securebase.workbench.worksheets.actions import save_artefact
from securebase.workbench.worksheets.forms import FieldInput, inputs, typed_in
from securebase.workbench.worksheets.models import Artefact


@dataclass(frozen=True, slots=True)
class WorksheetForm:
    """A worksheet as a form in a page. `artefact` is None where nothing is saved of it yet."""

    worksheet: Worksheet
    artefact: Artefact | None
    artefact_id: uuid.UUID
    inputs: tuple[FieldInput, ...]
    address: str
    next: str
    session: str = ""
    about: str = ""

    @property
    def revision(self) -> int:
        return self.artefact.revision if self.artefact else 0

    def input(self, name: str) -> FieldInput | None:
        return next((i for i in self.inputs if i.field.id == name), None)

    def named(self) -> dict[str, FieldInput]:
        """The inputs by the id of their field."""
        return {i.field.id: i for i in self.inputs}


def sheet(
    episode: Episode,
    name: str,
    *,
    found: Artefact | None,
    formulation: str,
    back: str,
    preset: dict[str, Any] | None = None,
    session: TherapySession | None = None,
    about: uuid.UUID | None = None,
) -> WorksheetForm:
    """The form of one worksheet: what is saved, or an empty one that begins with `preset` and belongs to a session and
    a person."""
    spec = worksheet_called(name)
    artefact_id = found.id if found else uuid.uuid4()
    values, unread = (found.values, found.unread) if found else (preset or {}, {})
    people = queries.people_of(episode)
    address = reverse("worksheet", args=[episode.client_id, name, artefact_id])
    made = inputs(spec, values, unread, people=people, formulation=formulation)
    session_id = found.therapy_session_id if found else session.id if session else None
    whom = found.about if found else about
    return WorksheetForm(spec, found, artefact_id, tuple(made), address, back, str(session_id or ""), str(whom or ""))


def sent(request: HttpRequest, name: str, *, found: Artefact | None, formulation: str) -> Filled:
    """What a page sent of a worksheet. Fields of the other lineage of formulation, or of an
    earlier shelf, stay as they were."""
    spec = worksheet_called(name)
    filled = fill(spec, typed_in(spec, request.POST))
    if found is None:
        return filled
    shown = {f.id for f in spec.fields_for(formulation)}
    kept = {k: v for k, v in queries.values_of(found).items() if k not in shown}
    return Filled(filled.values | kept, filled.unread)


def keep(request: HttpRequest, episode: Episode, name: str, filled: Filled) -> Artefact:
    """Save what was sent. Raises InputError where somebody saved meanwhile, or nothing was filled in."""
    return save_artefact(
        id=artefact_id_of(request),
        episode=episode,
        worksheet=name,
        by=current_account(request),
        filled=filled,
        revision=parse_number(request.POST.get("revision")),
        at=timezone.now(),
        about=parse_id(request.POST.get("about")),
        session=_session(episode, request.POST.get("session")),
    )


def artefact_id_of(request: HttpRequest) -> uuid.UUID:
    """The id that the page was made with. Raises InputError where it is none."""
    found = parse_id(request.POST.get("artefact"))
    if found is None:
        raise InputError("this page is not complete", advice="Open it again from the course.")
    return found


def with_value(filled: Filled, name: str, value: Value) -> Filled:
    """The same with one field as given."""
    return Filled(filled.values | {name: value}, filled.unread)


def day_asked_for(request: HttpRequest, name: str, spec: Worksheet) -> dict[str, Any]:
    """A day that an address names, as the first date field of a worksheet begins; nothing where it is none."""
    field = next((f for f in spec.fields if f.kind is Kind.DATE), None)
    try:
        day = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return {}
    return {field.id: day.isoformat()} if field else {}


def _session(episode: Episode, text: str | None) -> TherapySession | None:
    found = parse_id(text)
    return episode.therapy_sessions.filter(id=found).first() if found else None
