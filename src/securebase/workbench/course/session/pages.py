"""The page of one session, for use during the session and completion within two minutes after it."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from securebase.ipt.shelf import worksheet_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.records.vocabulary import Phase, Technique
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.course.queries import record_of
from securebase.workbench.course.session import queries
from securebase.workbench.measures.forms import rating_form
from securebase.workbench.measures.queries import own_rating
from securebase.workbench.therapy_sessions.actions import create_session
from securebase.workbench.therapy_sessions.forms import SessionForm
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.therapy_sessions.queries import get_session
from securebase.workbench.ui.conflict import form_status, refusal_on
from securebase.workbench.ui.inputs import Input
from securebase.workbench.worksheets.forms import build_inputs
from securebase.workbench.worksheets.queries import people_of

_OPENING_FIELDS = ("since_last", "event", "mood", "mood_event_link")
_NEXT_FIELDS = ("experiment_next", "next_time")
_SEPARATE_FIELDS = ("experiment_outcome", "experiment_result", "focus_kept", "agenda", "note")
_TECHNIQUES = tuple(t.value for t in Technique)


@client_page("GET", tab="sessions")
def work(page: ClientPage, session_id: uuid.UUID) -> HttpResponse:
    """Show the overview, the note with autosave, and the tools of the session."""
    return _render(page, get_session(account=page.account, client=page.client, session_id=session_id))


def _render(page: ClientPage, session: TherapySession, refused: SessionForm | None = None) -> HttpResponse:
    """Return the page; `refused` is the plan of the next session that was typed and not saved."""
    now, lineage = page.now, lineage_of(page.account.clinic)
    record = record_of(session.episode, now)
    artefacts = queries.session_artefacts(session)
    adjacent = queries.adjacent_sessions(session)
    suggested = timezone.localtime(adjacent.suggested)
    planned = refused.data if refused else {"date": f"{suggested:%Y-%m-%d}", "time": f"{suggested:%H:%M}"}
    context = _note(session, lineage.formulation) | {
        "focus_worksheet": worksheet_with(WorksheetRole.FOCUS),
        "session": session,
        "held": session.held_at <= now,
        "adjacent": adjacent,
        "suggested": suggested,
        "planned": planned,
        "overview": queries.session_overview(session, record, lineage),
        "tools": queries.tools(session, record, artefacts),
        "session_artefacts": artefacts,
        "strain": list(session.ruptures.select_related("repaired_in")),
        "rating": own_rating(session),
        "rating_form": rating_form(),
        "now": now,
        "here_url": reverse("session-work", args=[page.client.id, session.id]),
    }
    return page.render("course/session.html", context, status=form_status(refused) if refused else 200)


def _note(session: TherapySession, formulation: str) -> dict[str, Any]:
    """Return the fields of the note by their place on the page.

    Fields without a place go under “more”: a field that the page does not send would be saved as empty.
    """
    note = queries.session_note(session)
    spec = queries.note_worksheet()
    fields = build_inputs(
        spec,
        note.values if note else {},
        note.unread if note else {},
        people=people_of(session.episode),
        formulation=formulation,
    )
    by_name = {field.field.id: dataclasses.replace(field, heading="") for field in fields}
    placed = {*_OPENING_FIELDS, *_NEXT_FIELDS, *_SEPARATE_FIELDS, *_TECHNIQUES}

    def pick(names: tuple[str, ...]) -> list[Input]:
        return [by_name[n] for n in names if n in by_name]

    return {
        "note": note,
        "note_id": note.id if note else queries.new_note_id(session),
        "note_spec": spec,
        "revision": note.revision if note else 0,
        "fields": by_name,
        "opening": pick(_OPENING_FIELDS),
        "techniques": pick(_TECHNIQUES),
        "next_fields": pick(_NEXT_FIELDS),
        "more": [field for name, field in by_name.items() if name not in placed],
    }


@client_page("POST", tab="sessions")
def plan_next(page: ClientPage, session_id: uuid.UUID) -> HttpResponse:
    """Plan the next session at the day and time sent; a refused plan is shown again."""
    request = page.request
    session = get_session(account=page.account, client=page.client, session_id=session_id)
    values = {
        "number": str(session.number + 1),
        "date": request.POST.get("date", ""),
        "time": request.POST.get("time", ""),
        "phase": session.episode.phase,
    }
    form = SessionForm(values, episode=session.episode)
    if form.is_valid():
        data = form.cleaned_data
        with refusal_on(form):
            planned = create_session(
                episode=session.episode,
                by=page.account,
                number=data["number"],
                held_at=data["held_at"],
                phase=Phase(data["phase"]),
            )
            at = date_format(timezone.localtime(planned.held_at), "l j F, H:i")
            messages.success(request, f"Session {planned.number} planned: {at}.")
            return page.redirect("session-work", session_id)
    problems = [str(e) for errors in form.errors.values() for e in errors]
    messages.error(request, f"Not planned. {problems[0]}")
    return _render(page, session, refused=form)
