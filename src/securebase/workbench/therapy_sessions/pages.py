"""Therapist pages that add and remove sessions, and mark ruptures and their repair."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from securebase.ipt.course_format import later_phase, phase_of
from securebase.records.vocabulary import Phase, RuptureKind
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions import actions, queries
from securebase.workbench.therapy_sessions.forms import RepairForm, RuptureForm, SessionForm
from securebase.workbench.ui.conflict import form_status, refusal_as_message, refusal_on


@client_page("GET", "POST", tab="sessions")
def new_session(page: ClientPage) -> HttpResponse:
    episode = page.require_episode()
    form = SessionForm(page.posted, episode=episode, initial=_next_session(episode))
    if form.is_valid():
        data = form.cleaned_data
        with refusal_on(form, field="number"):
            session = actions.create_session(
                episode=episode,
                by=page.account,
                number=data["number"],
                held_at=data["held_at"],
                phase=Phase(data["phase"]),
            )
            messages.success(page.request, f"Session {session.number} added.")
            return page.redirect("session-work", session.id)
    return page.render("therapy_sessions/session_form.html", {"form": form}, status=form_status(form))


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


@client_page("POST")
def remove_session(page: ClientPage, session_id: uuid.UUID) -> HttpResponse:
    therapy_session = queries.get_session(account=page.account, client=page.client, session_id=session_id)
    with refusal_as_message(page.request):
        actions.remove_session(session=therapy_session, by=page.account)
        messages.success(page.request, f"Session {therapy_session.number} removed.")
        return page.redirect("client-sessions")
    return page.redirect("session", session_id)


@client_page("POST")
def mark_rupture(page: ClientPage, session_id: uuid.UUID) -> HttpResponse:
    therapy_session = queries.get_session(account=page.account, client=page.client, session_id=session_id)
    form = RuptureForm(page.request.POST)
    if form.is_valid():
        actions.mark_rupture(
            session=therapy_session,
            by=page.account,
            kind=RuptureKind(form.cleaned_data["kind"]),
            at=therapy_session.held_at,
        )
        messages.success(page.request, "Rupture marked. It stays open until you record a repair.")
    else:
        messages.error(page.request, "Choose the kind of rupture: withdrawal or confrontation.")
    return redirect_back(page, session_id)


@client_page("POST")
def repair_rupture(page: ClientPage, rupture_id: uuid.UUID) -> HttpResponse:
    rupture = queries.get_rupture(account=page.account, client=page.client, rupture_id=rupture_id)
    sessions = rupture.therapy_session.episode.therapy_sessions.filter(number__gte=rupture.therapy_session.number)
    form = RepairForm(page.request.POST, sessions=sessions)
    if form.is_valid():
        repaired_in = form.cleaned_data["session"]
        at = repaired_in.held_at if repaired_in is not None and repaired_in.held_at <= page.now else page.now
        actions.record_repair(rupture=rupture, by=page.account, session=repaired_in, at=at)
        messages.success(page.request, "Repair recorded.")
    else:
        messages.error(page.request, "Choose the session in which it was repaired.")
    return redirect_back(page, rupture.therapy_session_id)


@client_page("POST")
def remove_rupture(page: ClientPage, rupture_id: uuid.UUID) -> HttpResponse:
    rupture = queries.get_rupture(account=page.account, client=page.client, rupture_id=rupture_id)
    actions.remove_rupture(rupture=rupture, by=page.account)
    messages.success(page.request, "Rupture mark removed.")
    return redirect_back(page, rupture.therapy_session_id)


def redirect_back(page: ClientPage, session_id: uuid.UUID) -> HttpResponse:
    """Redirect to the page that sent the form if it lies on this workbench, else to the session."""
    target = page.request.POST.get("next", "")
    if target.startswith("/") and url_has_allowed_host_and_scheme(target, None):
        return redirect(target)
    return page.redirect("session", session_id)
