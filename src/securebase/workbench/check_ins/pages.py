"""Therapist pages of one check-in: its link, this device handed over, its paper form, and typing it in."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from securebase.errors import InputError
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.schedule import SESSION_SETS
from securebase.records.vocabulary import Moment
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.actions import record_sign_out
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.check_ins import actions
from securebase.workbench.check_ins.models import CheckIn, CheckInMode, CheckInState
from securebase.workbench.check_ins.queries import due_instruments
from securebase.workbench.measures.actions import RecordingResult
from securebase.workbench.measures.forms import AnswersForm, SheetForm
from securebase.workbench.measures.paper_forms import completion_time
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.therapy_sessions.queries import client_page, get_session
from securebase.workbench.ui.conflict import form_status, keep_input, sentence
from securebase.workbench.ui.methods import post_only

_require_therapist = require_role(Role.THERAPIST)


def _client_page(request: HttpRequest, client_id: uuid.UUID, page: str) -> dict[str, Any]:
    context = client_page(account=current_account(request), client_id=client_id, page=page, now=timezone.now())
    return context | {"tab": "sessions"}


def _session_and_moment(
    request: HttpRequest, client_id: uuid.UUID, session_id: uuid.UUID, moment: str, page: str
) -> tuple[dict[str, Any], TherapySession, Moment]:
    if moment not in SESSION_SETS:
        raise Http404
    context = _client_page(request, client_id, page)
    therapy_session = get_session(account=current_account(request), client=context["client"], session_id=session_id)
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
    return render(request, "check_ins/link.html", context)


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
    return render(request, "check_ins/paper.html", context)


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
    return render(request, "check_ins/type_in_check_in.html", context, status=form_status(form))


def _record_sheet(
    form: SheetForm, therapy_session: TherapySession, moment: Moment, *, by: Account, now: datetime
) -> RecordingResult:
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


def _add_success_message(request: HttpRequest, result: RecordingResult) -> None:
    if result.alerts:
        messages.warning(request, "Saved. One answer raised a safety alert. Please read it now.")
    else:
        messages.success(request, "Saved.")
