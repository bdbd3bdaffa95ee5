"""The client's check-in pages, reached only by the link of the check-in."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from securebase.errors import InputError
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.schedule import SESSION_SETS
from securebase.records.vocabulary import Moment
from securebase.workbench.accounts.models import Account
from securebase.workbench.accounts.queries import help_lines, help_text_of
from securebase.workbench.check_ins import actions, queries
from securebase.workbench.check_ins.models import CheckIn, CheckInMode
from securebase.workbench.check_ins.queries import is_before_session
from securebase.workbench.check_ins.sentences import describe_open
from securebase.workbench.clients.language import speak
from securebase.workbench.clients.tokens import digest
from securebase.workbench.measures.forms import AnswersForm

#: Seconds for which the browser that sent a check-in may show the thank-you page.
_THANKS_SECONDS = 30 * 60


@csrf_exempt  # the link itself is the secret: a forged request would need it
@login_not_required
@require_http_methods(["GET", "POST"])
def check_in(request: HttpRequest, token: str) -> HttpResponse:
    """Show the questions; on POST, save all answers in one transaction before responding."""
    row, now = queries.check_in_by_token(token), timezone.now()
    speak(request, row.episode.client.language if row else "")
    if request.method == "POST":
        return _receive(request, token, row, now)
    if row is None or not row.is_waiting or _has_expired(row, now):
        return _closed_page(request, row)
    actions.open_check_in(check_in=row, at=now)
    return _question_page(request, row, _form(row))


def _receive(request: HttpRequest, token: str, row: CheckIn | None, now: datetime) -> HttpResponse:
    if row is None:
        return _closed_page(request, None, lost_alert=_raises_any_alert(request.POST))
    form = _form(row, request.POST)
    ready = form.is_valid()
    alarming = form.raises_an_alert
    if row.is_answered:
        return _receive_again(request, token, row, form, now)
    # A client who began before the link expired may finish; an answer that raises an alert is always recorded.
    if not row.is_waiting or (_has_expired(row, now) and not (row.opened_at or alarming)):
        return _closed_page(request, row, lost_alert=alarming)
    if not ready:
        return _question_page(request, row, form, status=400)
    if _should_ask_again(request, form):
        return _question_page(request, row, form, ask_again=True)
    try:
        result = actions.record_check_in(
            check_in=row,
            responses=form.responses(),
            extra=form.extra_responses(),
            submission=form.cleaned_data["submission"],
            at=now,
        )
    except InputError:
        # another request with the same link won the race
        row = queries.check_in_by_token(token)
        if row is None or not row.is_answered:
            return _closed_page(request, row, lost_alert=alarming)
        return _receive_again(request, token, row, form, now)
    too_late = result.administration.moment != row.moment
    return _redirect_to_thanks(request, token, row, help_at_once=result.alerts > 0, began=too_late)


def _receive_again(request: HttpRequest, token: str, row: CheckIn, form: AnswersForm, now: datetime) -> HttpResponse:
    """Handle a POST to an answered check-in.

    Either a retry after a lost response, or other answers: from a second page, or changed before the retry. Other
    answers are recorded only if they raise an alert.
    """
    submission, answers = str(form.data.get("submission", ""))[:80], row.answers
    helps = actions.count_alerts(row) > 0
    if actions.is_same_submission(check_in=row, submission=submission) and _are_unchanged(form, row):
        began = answers.moment != row.moment
        return _redirect_to_thanks(request, token, row, help_at_once=helps, began=began)
    if not form.raises_an_alert:
        return _closed_page(request, row, not_recorded=True)
    extra = form.extra_responses()
    actions.record_late_answers(check_in=row, responses=form.responses(), extra=extra, submission=submission, at=now)
    return _redirect_to_thanks(request, token, row, help_at_once=True, late=True)


def _are_unchanged(form: AnswersForm, row: CheckIn) -> bool:
    """Return whether the form holds the answers that were recorded."""
    sent = {row.instrument_id: form.responses(), **form.extra_responses()}
    recorded = {a.instrument: {r.item: r.value for r in a.responses.all()} for a in (row.answers, *row.extra_answers)}
    return all(dict(answers) == recorded.get(name, dict.fromkeys(answers)) for name, answers in sent.items())


def _redirect_to_thanks(
    request: HttpRequest, token: str, row: CheckIn, *, help_at_once: bool, late: bool = False, began: bool = False
) -> HttpResponse:
    request.session["check_in_sent"] = {"id": str(row.id), "help": help_at_once, "late": late, "began": began}
    if not isinstance(request.user, Account) and "handed_over" not in request.session:
        request.session.set_expiry(_THANKS_SECONDS)
    return redirect("check-in-sent", token)


def _form(row: CheckIn, data: QueryDict | None = None) -> AnswersForm:
    (instrument, _), *_ = row.asked_instruments
    new = {"submission": secrets.token_urlsafe(16)}
    return AnswersForm(data, instrument=instrument, extra=row.extra_instruments, initial=new)


def _has_expired(row: CheckIn, now: datetime) -> bool:
    return row.expires_at is not None and now > row.expires_at


def _raises_any_alert(data: QueryDict) -> bool:
    """Return True if an answer would raise an alert in either check-in; an unknown link does not tell which it was."""
    forms = [AnswersForm(data, instrument=get_instrument(name)) for name in SESSION_SETS.values()]
    return any(form.is_valid() is not None and form.raises_an_alert for form in forms)


def _should_ask_again(request: HttpRequest, form: AnswersForm) -> bool:
    """Return True if the unanswered items must be shown once more, unless the client chose to send them unanswered.

    Never with an answer that raises an alert, which is recorded at once.
    """
    if form.raises_an_alert:
        return False
    return not form.any_answer or (not form.all_answered and "as_it_is" not in request.POST)


def _question_page(
    request: HttpRequest, row: CheckIn, form: AnswersForm, *, ask_again: bool = False, status: int = 200
) -> HttpResponse:
    unanswered, session = form.left_open if ask_again else [], row.therapy_session
    has_begun = row.moment == Moment.BEFORE and session is not None and not is_before_session(session, timezone.now())
    context = _base_context(request, row) | {
        "form": form,
        "questions": form.questions,
        "left_open": unanswered,
        "open_words": describe_open(len(unanswered)),
        "all_open": ask_again and not form.any_answer,
        "instrument": form.instrument,
        "has_begun": has_begun,
    }
    if row.mode == CheckInMode.DEVICE or isinstance(request.user, Account):
        context["draft"] = ""  # answers stay on the client's own phone only, not on a device of the clinic
    return render(request, "check_ins/check_in.html", context, status=status)


@login_not_required
@require_GET
def sent(request: HttpRequest, token: str) -> HttpResponse:
    """Show thanks, and help if an answer raised an alert; only to the browser that sent the answers."""
    row = queries.check_in_by_token(token)
    speak(request, row.episode.client.language if row else "")
    mark = request.session.get("check_in_sent", {})
    if row is None or mark.get("id") != str(row.id):
        return _closed_page(request, row)
    context = _base_context(request, row) | {
        "show_help": mark.get("help", False),
        "late": mark.get("late", False),
        "began": mark.get("began", False),
    }
    return render(request, "check_ins/check_in_sent.html", context)


def _closed_page(
    request: HttpRequest, row: CheckIn | None, *, not_recorded: bool = False, lost_alert: bool = False
) -> HttpResponse:
    """Return the page for links that are used, expired, withdrawn or unknown.

    `not_recorded`: other answers were recorded before. `lost_alert`: an answer that raises an alert was not recorded.
    """
    context = _base_context(request, row) | {
        "answered": row is not None and row.is_answered,
        "not_recorded": not_recorded,
        "lost_alert": lost_alert,
        "help_open": True,
    }
    return render(request, "check_ins/check_in_closed.html", context, status=410)


def _base_context(request: HttpRequest, row: CheckIn | None) -> dict[str, Any]:
    match = request.resolver_match
    assert match is not None  # a view answers a resolved path
    # the name under which the phone keeps unsent answers does not reveal the link
    context: dict[str, Any] = {"draft": digest(match.kwargs["token"])[:16]}
    if row is None:
        return context | {"help_text": help_lines()}
    therapist = row.episode.client.therapist
    return context | {
        "check_in": row,
        "session": row.therapy_session,
        "therapist": therapist,
        "help_text": help_text_of(therapist.clinic),
        "handed_over": row.mode == CheckInMode.DEVICE and "handed_over" in request.session,
    }
