"""Therapist pages of one check-in: its link, this device handed over, its paper form, and typing it in."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.schedule import SESSION_SETS, AskedPart
from securebase.records.vocabulary import Moment
from securebase.workbench.accounts.actions import record_sign_out
from securebase.workbench.accounts.models import Account
from securebase.workbench.check_ins import actions
from securebase.workbench.check_ins.models import CheckIn, CheckInMode, CheckInState
from securebase.workbench.check_ins.queries import due_instruments
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.measures.actions import RecordingResult
from securebase.workbench.measures.forms import AnswersForm, SheetForm
from securebase.workbench.measures.pages import announce_result
from securebase.workbench.measures.paper_forms import completion_time
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.therapy_sessions.queries import get_session
from securebase.workbench.ui.conflict import form_status, refusal_as_message, refusal_on
from securebase.workbench.ui.qr import qr_code


def _session_and_moment(page: ClientPage, session_id: uuid.UUID, moment: str) -> tuple[TherapySession, Moment]:
    if moment not in SESSION_SETS:
        raise Http404
    return get_session(account=page.account, client=page.client, session_id=session_id), Moment(moment)


@client_page("POST", tab="sessions")
def make_link(page: ClientPage, session_id: uuid.UUID, moment: str) -> HttpResponse:
    """Create a new link and show it once; the workbench stores only its digest."""
    therapy_session, check_in_moment = _session_and_moment(page, session_id, moment)
    if not settings.ADDRESS:
        messages.error(page.request, "The clinic has no web address yet, so links cannot work.")
        return page.redirect("session", session_id)
    with refusal_as_message(page.request):
        invitation = actions.invite_check_in(
            session=therapy_session, by=page.account, moment=check_in_moment, mode=CheckInMode.LINK, at=page.now
        )
        link = settings.ADDRESS + invitation.path
        context = {"session": therapy_session, "check_in": invitation.check_in, "link": link}
        context["code"] = qr_code(link)
        return page.render("check_ins/link.html", context)
    return page.redirect("session", session_id)


@client_page("POST")
def hand_over(page: ClientPage, session_id: uuid.UUID, moment: str) -> HttpResponse:
    """End the therapist's sign-in and open the check-in on this device."""
    therapy_session, check_in_moment = _session_and_moment(page, session_id, moment)
    with refusal_as_message(page.request):
        invitation = actions.invite_check_in(
            session=therapy_session, by=page.account, moment=check_in_moment, mode=CheckInMode.DEVICE, at=page.now
        )
        return hand_over_to(page, invitation.path)
    return page.redirect("session", session_id)


def hand_over_to(page: ClientPage, path: str) -> HttpResponse:
    """End the therapist's sign-in and open a check-in, which is all that this browser then shows."""
    request = page.request
    record_sign_out(account=page.account, reason="device handed over")
    logout(request)
    request.session["handed_over"] = {"check_in": path}
    request.session.set_expiry(4 * 60 * 60)
    response = redirect(path)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@client_page("POST")
def withdraw(page: ClientPage, session_id: uuid.UUID, moment: str) -> HttpResponse:
    therapy_session, check_in_moment = _session_and_moment(page, session_id, moment)
    check_in = _check_in(therapy_session, check_in_moment)
    if check_in is None:
        raise Http404
    with refusal_as_message(page.request):
        actions.withdraw_check_in(check_in=check_in, by=page.account)
        messages.success(page.request, "Check-in withdrawn. Its link no longer works.")
    return page.redirect("session", session_id)


def _check_in(therapy_session: TherapySession, moment: Moment) -> CheckIn | None:
    return therapy_session.check_ins.filter(moment=moment.value).first()


@client_page("GET", "POST", tab="sessions")
def paper(page: ClientPage, session_id: uuid.UUID, moment: str) -> HttpResponse:
    """Show a paper form to print; it names the session, not the person.

    Requesting it opens the check-in, so that typing in later asks for the items that were printed.
    """
    therapy_session, check_in_moment = _session_and_moment(page, session_id, moment)
    if page.request.method == "POST":
        _open_on_paper(therapy_session, check_in_moment, by=page.account, at=page.now)
        return page.redirect("check-in-paper", session_id, moment)
    extra = due_instruments(therapy_session, check_in_moment, page.now)
    form = AnswersForm(instrument=get_instrument(SESSION_SETS[check_in_moment.value]), extra=extra)
    context = {"session": therapy_session, "moment": check_in_moment, "form": form, "instrument": form.instrument}
    return page.render("check_ins/paper.html", context)


@client_page("GET", "POST", tab="sessions")
def type_in_check_in(page: ClientPage, session_id: uuid.UUID, moment: str) -> HttpResponse:
    """Type in the completed paper form of a check-in."""
    therapy_session, check_in_moment = _session_and_moment(page, session_id, moment)
    now = page.now
    form = SheetForm(
        page.posted,
        instrument=get_instrument(SESSION_SETS[check_in_moment.value]),
        extra=due_instruments(therapy_session, check_in_moment, now),
        episode=therapy_session.episode,
        initial={
            "submission": secrets.token_urlsafe(16),
            "date": timezone.localdate(min(therapy_session.held_at, now)),
        },
    )
    if form.is_valid():
        with refusal_on(form):
            result = _record_sheet(form, therapy_session, check_in_moment, by=page.account, now=now)
            announce_result(page.request, result)
            return page.redirect("session", session_id)
    not_held_yet = check_in_moment is Moment.AFTER and therapy_session.held_at > now
    context = {"session": therapy_session, "moment": check_in_moment, "form": form, "instrument": form.instrument}
    context["not_held_yet"] = not_held_yet
    return page.render("check_ins/type_in_check_in.html", context, status=form_status(form))


def _record_sheet(
    form: SheetForm, therapy_session: TherapySession, moment: Moment, *, by: Account, now: datetime
) -> RecordingResult:
    at = completion_time(
        episode=therapy_session.episode, session=therapy_session, moment=moment, day=form.cleaned_data["date"], now=now
    )
    extras = [str(AskedPart.whole(instrument)) for instrument in form.extra]
    return actions.record_check_in(
        check_in=_open_on_paper(therapy_session, moment, by=by, at=now, extras=extras),
        responses=form.responses(),
        extra=form.extra_responses(),
        submission=form.cleaned_data["submission"],
        at=at,
        by=by,
    )


def _open_on_paper(
    therapy_session: TherapySession, moment: Moment, *, by: Account, at: datetime, extras: Sequence[str] | None = None
) -> CheckIn:
    """Return the check-in of this moment; if there is none that can be answered, open one on paper."""
    check_in = _check_in(therapy_session, moment)
    if check_in is not None and check_in.state != CheckInState.WITHDRAWN:
        return check_in
    return actions.invite_check_in(
        session=therapy_session, by=by, moment=moment, mode=CheckInMode.PAPER, at=at, extras=extras
    ).check_in
