"""Therapist pages of sessions with their check-ins: the list, one session, and the rating of a session."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone

from securebase.records.vocabulary import Moment, Phase
from securebase.workbench.check_ins.models import CheckIn
from securebase.workbench.check_ins.queries import due_instruments, is_before_session, session_rows
from securebase.workbench.check_ins.sentences import describe_state, list_extras
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.measures.actions import rate_session as record_rating
from securebase.workbench.measures.forms import rating_form
from securebase.workbench.measures.queries import own_rating
from securebase.workbench.therapy_sessions.actions import change_session
from securebase.workbench.therapy_sessions.forms import RepairForm, RuptureForm, SessionForm
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.therapy_sessions.pages import redirect_back
from securebase.workbench.therapy_sessions.queries import get_session
from securebase.workbench.ui.conflict import form_status, refusal_on


@client_page("GET", tab="sessions")
def sessions(page: ClientPage) -> HttpResponse:
    rows = session_rows(page.episode, page.now) if page.episode else []
    return page.render("check_ins/sessions.html", {"rows": rows})


@client_page("GET", "POST", tab="sessions")
def session(page: ClientPage, session_id: uuid.UUID) -> HttpResponse:
    """Show one session with its check-ins and ruptures, and edit its date and number."""
    therapy_session = get_session(account=page.account, client=page.client, session_id=session_id)
    form = SessionForm(page.posted, episode=therapy_session.episode, initial=_initial_values(therapy_session))
    if form.is_valid():
        data = form.cleaned_data
        with refusal_on(form, row=therapy_session):
            change_session(
                session=therapy_session,
                by=page.account,
                version=data["version"] or 0,
                number=data["number"],
                held_at=data["held_at"],
                phase=Phase(data["phase"]),
            )
            messages.success(page.request, "Saved.")
            return page.redirect("session", session_id)
    context = _session_context(therapy_session) | {"form": form}
    return page.render("check_ins/session.html", context, status=form_status(form))


def _initial_values(therapy_session: TherapySession) -> dict[str, Any]:
    at = timezone.localtime(therapy_session.held_at)
    return {
        "number": therapy_session.number,
        "date": at.date(),
        "time": at.time(),
        "phase": therapy_session.phase,
        "version": therapy_session.version,
    }


def _session_context(therapy_session: TherapySession) -> dict[str, Any]:
    check_ins = {c.moment: c for c in therapy_session.check_ins.prefetch_related("administrations")}
    now = timezone.now()
    later = therapy_session.episode.therapy_sessions.filter(number__gte=therapy_session.number).order_by("number")
    ruptures = list(therapy_session.ruptures.select_related("repaired_in"))
    return {
        "session": therapy_session,
        "moments": [
            _moment_context(therapy_session, m, check_ins.get(m.value), now) for m in (Moment.BEFORE, Moment.AFTER)
        ],
        "rating": own_rating(therapy_session),
        "rating_form": rating_form(),
        "ruptures": ruptures,
        "rupture_form": RuptureForm(),
        "repair_form": RepairForm(sessions=later, initial={"session": therapy_session}),
        "address": settings.ADDRESS,
        "now": now,
        "removable": not (
            check_ins or ruptures or therapy_session.administrations.exists() or therapy_session.repairs.exists()
        ),
    }


def _moment_context(
    therapy_session: TherapySession, moment: Moment, check_in: CheckIn | None, now: datetime
) -> dict[str, Any]:
    """Return one check-in for the session page; `too_late` is True if the session has begun."""
    answered = check_in.answers if check_in is not None and check_in.is_answered else None
    extra = due_instruments(therapy_session, moment, now)
    return {
        "moment": moment,
        "check_in": check_in,
        "answers": answered,
        "not_before": answered is not None and answered.moment == Moment.BETWEEN,
        "state": describe_state(check_in, now),
        "extra": list_extras(extra),
        "too_late": moment is Moment.BEFORE and not is_before_session(therapy_session, now),
    }


@client_page("POST", tab="sessions")
def rate_session(page: ClientPage, session_id: uuid.UUID) -> HttpResponse:
    """Save the therapist's own rating of the session; an invalid form comes back with its input."""
    therapy_session = get_session(account=page.account, client=page.client, session_id=session_id)
    form = rating_form(page.request.POST)
    if form.is_valid():
        with refusal_on(form):
            record_rating(
                session=therapy_session,
                by=page.account,
                responses=form.responses(),
                submission=form.cleaned_data["submission"],
                at=page.now,
            )
            messages.success(page.request, "Rating saved.")
            return redirect_back(page, session_id)
    session_form = SessionForm(episode=therapy_session.episode, initial=_initial_values(therapy_session))
    context = _session_context(therapy_session) | {"form": session_form, "rating_form": form}
    return page.render("check_ins/session.html", context, status=form_status(form))
