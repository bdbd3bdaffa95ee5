"""Therapist pages that add and remove sessions, and mark ruptures and their repair."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from securebase.errors import InputError
from securebase.ipt.course_format import later_phase, phase_of
from securebase.records.vocabulary import Phase, RuptureKind
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions import actions, queries
from securebase.workbench.therapy_sessions.forms import RepairForm, RuptureForm, SessionForm
from securebase.workbench.ui.conflict import form_status, sentence
from securebase.workbench.ui.methods import post_only

_require_therapist = require_role(Role.THERAPIST)


def _client_page(request: HttpRequest, client_id: uuid.UUID, page: str) -> dict[str, Any]:
    context = queries.client_page(account=current_account(request), client_id=client_id, page=page, now=timezone.now())
    return context | {"tab": "sessions"}


@_require_therapist
@require_http_methods(["GET", "POST"])
def new_session(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "session-new")
    episode = context["episode"]
    if episode is None:
        raise Http404
    form = SessionForm(request.POST or None, episode=episode, initial=_next_session(episode))
    if form.is_valid():
        data = form.cleaned_data
        try:
            session = actions.create_session(
                episode=episode,
                by=current_account(request),
                number=data["number"],
                held_at=data["held_at"],
                phase=Phase(data["phase"]),
            )
        except InputError as error:
            form.add_error("number", sentence(error))
        else:
            messages.success(request, f"Session {session.number} added.")
            return redirect("session-work", client_id, session.id)
    context["form"] = form
    return render(request, "therapy_sessions/session_form.html", context, status=form_status(form))


def _next_session(episode: Episode) -> dict[str, Any]:
    """Return number, time and phase proposed for the next session (planned interval, same hour).

    The first one is proposed for the day on which the therapy began, at the hour that has just struck, so that it
    counts as held unless that day lies ahead.
    """
    last = max(episode.therapy_sessions.all(), key=lambda s: s.number, default=None)
    if last is None:
        hour = timezone.localtime().replace(minute=0, second=0, microsecond=0)
        at = datetime.combine(episode.began_on, hour.time())
        number = 1
    else:
        at = timezone.localtime(last.held_at) + timedelta(days=episode.days_between)
        number = last.number + 1
    return {"number": number, "date": at.date(), "time": at.time(), "phase": _planned_phase(episode, number).value}


def _planned_phase(episode: Episode, number: int) -> Phase:
    """Return the planned phase of a session of this number, never one before the present phase of the course."""
    course_format = episode.own_format
    planned = phase_of(
        number, course_format.sessions, course_format.initial, course_format.ending, course_format.maintenance
    )
    return later_phase(planned, Phase(episode.phase))


@_require_therapist
@post_only
def remove_session(request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "session-remove")
    therapy_session = queries.get_session(
        account=current_account(request), client=context["client"], session_id=session_id
    )
    try:
        actions.remove_session(session=therapy_session, by=current_account(request))
    except InputError as error:
        messages.error(request, sentence(error))
        return redirect("session", client_id, session_id)
    messages.success(request, f"Session {therapy_session.number} removed.")
    return redirect("client-sessions", client_id)


@_require_therapist
@post_only
def mark_rupture(request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "rupture-mark")
    therapy_session = queries.get_session(
        account=current_account(request), client=context["client"], session_id=session_id
    )
    form = RuptureForm(request.POST)
    if form.is_valid():
        actions.mark_rupture(
            session=therapy_session,
            by=current_account(request),
            kind=RuptureKind(form.cleaned_data["kind"]),
            at=therapy_session.held_at,
        )
        messages.success(request, "Rupture marked. It stays open until you record a repair.")
    else:
        messages.error(request, "Choose the kind of rupture: withdrawal or confrontation.")
    return redirect_back(request, client_id, session_id)


@_require_therapist
@post_only
def repair_rupture(request: HttpRequest, client_id: uuid.UUID, rupture_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "rupture-repair")
    rupture = queries.get_rupture(account=current_account(request), client=context["client"], rupture_id=rupture_id)
    sessions = rupture.therapy_session.episode.therapy_sessions.filter(number__gte=rupture.therapy_session.number)
    form = RepairForm(request.POST, sessions=sessions)
    if form.is_valid():
        repaired_in = form.cleaned_data["session"]
        at = (
            repaired_in.held_at if repaired_in is not None and repaired_in.held_at <= timezone.now() else timezone.now()
        )
        actions.record_repair(rupture=rupture, by=current_account(request), session=repaired_in, at=at)
        messages.success(request, "Repair recorded.")
    else:
        messages.error(request, "Choose the session in which it was repaired.")
    return redirect_back(request, client_id, rupture.therapy_session_id)


@_require_therapist
@post_only
def remove_rupture(request: HttpRequest, client_id: uuid.UUID, rupture_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "rupture-remove")
    rupture = queries.get_rupture(account=current_account(request), client=context["client"], rupture_id=rupture_id)
    actions.remove_rupture(rupture=rupture, by=current_account(request))
    messages.success(request, "Rupture mark removed.")
    return redirect_back(request, client_id, rupture.therapy_session_id)


def redirect_back(request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID) -> HttpResponse:
    """Redirect to the page that sent the form if it lies on this workbench, else to the session."""
    target = request.POST.get("next", "")
    if target.startswith("/") and url_has_allowed_host_and_scheme(target, None):
        return redirect(target)
    return redirect("session", client_id, session_id)
