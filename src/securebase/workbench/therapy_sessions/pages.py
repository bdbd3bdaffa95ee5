"""Therapist pages for sessions, check-ins, safety alerts and ruptures."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods

from securebase.errors import InputError
from securebase.ipt.course_format import later_phase, phase_of
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.schedule import SESSION_SETS
from securebase.records.vocabulary import Moment, Phase, RuptureKind
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.actions import record_sign_out
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions import actions, queries
from securebase.workbench.therapy_sessions.forms import (
    AlertNoteForm,
    AnswersForm,
    RepairForm,
    RuptureForm,
    SessionForm,
    SheetForm,
)
from securebase.workbench.therapy_sessions.models import CheckIn, CheckInMode, CheckInState, TherapySession
from securebase.workbench.therapy_sessions.paper_forms import completion_time, is_before_session
from securebase.workbench.therapy_sessions.schedule import due_instruments
from securebase.workbench.ui.conflict import form_status, keep_input, sentence
from securebase.workbench.ui.methods import post_only

_require_therapist = require_role(Role.THERAPIST)


def _client_page(request: HttpRequest, client_id: uuid.UUID, page: str, tab: str) -> dict[str, Any]:
    context = queries.client_page(account=current_account(request), client_id=client_id, page=page, now=timezone.now())
    return context | {"tab": tab}


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, f"therapy_sessions/{template}.html", context, status=status)


# ---- sessions --------------------------------------------------------------------------------------------------------
@_require_therapist
@require_GET
def sessions(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "client-sessions", "sessions")
    episode = context["episode"]
    rows = queries.session_rows(episode, timezone.now()) if episode else []
    return _page(request, "sessions", context | {"rows": rows})


@_require_therapist
@require_http_methods(["GET", "POST"])
def new_session(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "session-new", "sessions")
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
    return _page(request, "session_form", context | {"form": form}, status=form_status(form))


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
@require_http_methods(["GET", "POST"])
def session(request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID) -> HttpResponse:
    """Show one session with its check-ins and ruptures, and edit its date and number."""
    context = _client_page(request, client_id, "session", "sessions")
    therapy_session = queries.get_session(
        account=current_account(request), client=context["client"], session_id=session_id
    )
    form = SessionForm(request.POST or None, episode=therapy_session.episode, initial=_initial_values(therapy_session))
    if form.is_valid():
        data = form.cleaned_data
        try:
            actions.change_session(
                session=therapy_session,
                by=current_account(request),
                version=data["version"] or 0,
                number=data["number"],
                held_at=data["held_at"],
                phase=Phase(data["phase"]),
            )
        except InputError as error:
            therapy_session.refresh_from_db()
            keep_input(form, error, version=therapy_session.version)
        else:
            messages.success(request, "Saved.")
            return redirect("session", client_id, therapy_session.id)
    return _page(
        request, "session", context | _session_context(therapy_session) | {"form": form}, status=form_status(form)
    )


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
        "rating": queries.own_rating(therapy_session),
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
    return {
        "moment": moment,
        "check_in": check_in,
        "answers": answered,
        "not_before": answered is not None and answered.moment == Moment.BETWEEN,
        "extra": due_instruments(therapy_session, moment, now),
        "too_late": moment is Moment.BEFORE and not is_before_session(therapy_session, now),
    }


def rating_form(data: QueryDict | None = None) -> AnswersForm:
    """Return the form with the therapist's own rating of a session."""
    new = {"submission": secrets.token_urlsafe(16)}
    return AnswersForm(data, instrument=get_instrument(actions.THERAPIST_SET), initial=new)


@_require_therapist
@post_only
def rate_session(request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID) -> HttpResponse:
    """Save the therapist's own rating of the session; an invalid form comes back with its input."""
    context = _client_page(request, client_id, "session-rate", "sessions")
    therapy_session = queries.get_session(
        account=current_account(request), client=context["client"], session_id=session_id
    )
    form = rating_form(request.POST)
    if form.is_valid():
        try:
            actions.rate_session(
                session=therapy_session,
                by=current_account(request),
                responses=form.responses(),
                submission=form.cleaned_data["submission"],
                at=timezone.now(),
            )
        except InputError as error:
            keep_input(form, error)
        else:
            messages.success(request, "Rating saved.")
            return _redirect_back(request, client_id, session_id)
    session_form = SessionForm(episode=therapy_session.episode, initial=_initial_values(therapy_session))
    return _page(
        request,
        "session",
        context | _session_context(therapy_session) | {"form": session_form, "rating_form": form},
        status=form_status(form),
    )


@_require_therapist
@post_only
def remove_session(request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "session-remove", "sessions")
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


# ---- check-ins -------------------------------------------------------------------------------------------------------
def _session_and_moment(
    request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID, moment: str, page: str
) -> tuple[dict[str, Any], TherapySession, Moment]:
    if moment not in SESSION_SETS:
        raise Http404
    context = _client_page(request, client_id, page, "sessions")
    therapy_session = queries.get_session(
        account=current_account(request), client=context["client"], session_id=session_id
    )
    return context, therapy_session, Moment(moment)


@_require_therapist
@post_only
def make_link(request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID, moment: str) -> HttpResponse:
    """Create a new link and show it once; the workbench stores only its digest."""
    context, therapy_session, check_in_moment = _session_and_moment(
        request, client_id, session_id, moment, "check-in-link"
    )
    if not settings.ADDRESS:
        messages.error(request, "The clinic has no web address yet, so links cannot work.")
        return redirect("session", client_id, session_id)
    try:
        invitation = actions.invite_check_in(
            session=therapy_session,
            by=current_account(request),
            moment=check_in_moment,
            mode=CheckInMode.LINK,
            at=timezone.now(),
        )
    except InputError as error:
        messages.error(request, sentence(error))
        return redirect("session", client_id, session_id)
    context |= {"session": therapy_session, "check_in": invitation.check_in, "link": settings.ADDRESS + invitation.path}
    return _page(request, "link", context)


@_require_therapist
@post_only
def hand_over(request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID, moment: str) -> HttpResponse:
    """End the therapist's sign-in and open the check-in on this device."""
    _, therapy_session, check_in_moment = _session_and_moment(
        request, client_id, session_id, moment, "check-in-hand-over"
    )
    account = current_account(request)
    try:
        invitation = actions.invite_check_in(
            session=therapy_session, by=account, moment=check_in_moment, mode=CheckInMode.DEVICE, at=timezone.now()
        )
    except InputError as error:
        messages.error(request, sentence(error))
        return redirect("session", client_id, session_id)
    record_sign_out(account=account, reason="device handed over")
    logout(request)
    request.session["handed_over"] = {"check_in": invitation.path}
    request.session.set_expiry(4 * 60 * 60)
    response = redirect(invitation.path)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@_require_therapist
@post_only
def withdraw(request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID, moment: str) -> HttpResponse:
    _, therapy_session, check_in_moment = _session_and_moment(
        request, client_id, session_id, moment, "check-in-withdraw"
    )
    check_in = _check_in(therapy_session, check_in_moment)
    if check_in is None:
        raise Http404
    try:
        actions.withdraw_check_in(check_in=check_in, by=current_account(request))
    except InputError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, "Check-in withdrawn. Its link no longer works.")
    return redirect("session", client_id, session_id)


def _check_in(therapy_session: TherapySession, moment: Moment) -> CheckIn | None:
    return therapy_session.check_ins.filter(moment=moment.value).first()


@_require_therapist
@require_http_methods(["GET", "POST"])
def paper(request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID, moment: str) -> HttpResponse:
    """Show a paper form to print; it names the session, not the person.

    Requesting it opens the check-in, so that typing in later asks for the items that were printed.
    """
    context, therapy_session, check_in_moment = _session_and_moment(
        request, client_id, session_id, moment, "check-in-paper"
    )
    if request.method == "POST":
        check_in = _check_in(therapy_session, check_in_moment)
        if check_in is None or check_in.state == CheckInState.WITHDRAWN:
            actions.invite_check_in(
                session=therapy_session,
                by=current_account(request),
                moment=check_in_moment,
                mode=CheckInMode.PAPER,
                at=timezone.now(),
            )
        return redirect("check-in-paper", client_id, session_id, moment)
    extra = due_instruments(therapy_session, check_in_moment, timezone.now())
    form = AnswersForm(instrument=get_instrument(SESSION_SETS[check_in_moment.value]), extra=extra)
    context |= {"session": therapy_session, "moment": check_in_moment, "form": form, "instrument": form.instrument}
    return _page(request, "paper", context)


@_require_therapist
@require_http_methods(["GET", "POST"])
def type_in_check_in(request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID, moment: str) -> HttpResponse:
    """Type in the completed paper form of a check-in."""
    context, therapy_session, check_in_moment = _session_and_moment(
        request, client_id, session_id, moment, "check-in-type-in"
    )
    now = timezone.now()
    form = SheetForm(
        request.POST or None,
        instrument=get_instrument(SESSION_SETS[check_in_moment.value]),
        extra=due_instruments(therapy_session, check_in_moment, now),
        episode=therapy_session.episode,
        initial={
            "submission": secrets.token_urlsafe(16),
            "date": timezone.localdate(min(therapy_session.held_at, now)),
        },
    )
    if form.is_valid():
        if not form.any_answer:
            form.add_error(None, "No item has an answer. Enter the answers from the paper form.")
        else:
            try:
                result = _record_sheet(form, therapy_session, check_in_moment, by=current_account(request), now=now)
            except InputError as error:
                keep_input(form, error)
            else:
                _add_success_message(request, result)
                return redirect("session", client_id, session_id)
    not_held_yet = check_in_moment is Moment.AFTER and therapy_session.held_at > now
    context |= {"session": therapy_session, "moment": check_in_moment, "form": form, "instrument": form.instrument}
    context["not_held_yet"] = not_held_yet
    return _page(request, "type_in_check_in", context, status=form_status(form))


def _record_sheet(
    form: SheetForm, therapy_session: TherapySession, moment: Moment, *, by: Account, now: datetime
) -> actions.RecordingResult:
    at = completion_time(
        episode=therapy_session.episode, session=therapy_session, moment=moment, day=form.cleaned_data["date"], now=now
    )
    check_in = _check_in(therapy_session, moment)
    if check_in is None or check_in.state == CheckInState.WITHDRAWN:
        extras = [instrument.id for instrument in form.extra]
        check_in = actions.invite_check_in(
            session=therapy_session, by=by, moment=moment, mode=CheckInMode.PAPER, at=now, extras=extras
        ).check_in
    return actions.record_check_in(
        check_in=check_in,
        responses=form.responses(),
        extra=form.extra_responses(),
        submission=form.cleaned_data["submission"],
        at=at,
        by=by,
    )


def _add_success_message(request: HttpRequest, result: actions.RecordingResult) -> None:
    if result.alerts:
        messages.warning(request, "Saved. One answer raised a safety alert. Please read it now.")
    else:
        messages.success(request, "Saved.")


# ---- ruptures --------------------------------------------------------------------------------------------------------
@_require_therapist
@post_only
def mark_rupture(request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "rupture-mark", "sessions")
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
    return _redirect_back(request, client_id, session_id)


@_require_therapist
@post_only
def repair_rupture(request: HttpRequest, client_id: uuid.UUID, rupture_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "rupture-repair", "sessions")
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
    return _redirect_back(request, client_id, rupture.therapy_session_id)


@_require_therapist
@post_only
def remove_rupture(request: HttpRequest, client_id: uuid.UUID, rupture_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "rupture-remove", "sessions")
    rupture = queries.get_rupture(account=current_account(request), client=context["client"], rupture_id=rupture_id)
    actions.remove_rupture(rupture=rupture, by=current_account(request))
    messages.success(request, "Rupture mark removed.")
    return _redirect_back(request, client_id, rupture.therapy_session_id)


def _redirect_back(request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID) -> HttpResponse:
    """Redirect to the page that sent the form if it lies on this workbench, else to the session."""
    target = request.POST.get("next", "")
    if target.startswith("/") and url_has_allowed_host_and_scheme(target, None):
        return redirect(target)
    return redirect("session", client_id, session_id)


# ---- safety ----------------------------------------------------------------------------------------------------------
@_require_therapist
@require_http_methods(["GET", "POST"])
def alert(request: HttpRequest, client_id: uuid.UUID, alert_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "alert", "")
    safety_alert = queries.get_alert(account=current_account(request), client=context["client"], alert_id=alert_id)
    form = AlertNoteForm(request.POST or None)
    if form.is_valid():
        try:
            actions.acknowledge_alert(
                alert=safety_alert, by=current_account(request), note=form.cleaned_data["note"], at=timezone.now()
            )
        except InputError as error:
            safety_alert.refresh_from_db()
            keep_input(form, error)
        else:
            messages.success(request, "Note saved. The alert is closed and stays on record.")
            return redirect("client", client_id)
    context |= {"alert": safety_alert, "answer": queries.open_alert(safety_alert), "form": form}
    return _page(request, "alert", context, status=form_status(form))
