"""The client's own pages: one check-in, reached by its link and by nothing else."""

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
from securebase.measurement.catalogue import instrument as instrument_called
from securebase.measurement.schedule import SESSION_SETS
from securebase.records.vocabulary import Moment
from securebase.workbench.accounts.models import HELP_TEXT, Account
from securebase.workbench.accounts.queries import help_text_of
from securebase.workbench.therapy_sessions import actions, queries
from securebase.workbench.therapy_sessions.forms import AnswersForm
from securebase.workbench.therapy_sessions.models import CheckIn, CheckInMode
from securebase.workbench.therapy_sessions.sheets import is_before_session

#: The browser that sent a check-in may see its thanks for so long, in seconds.
_THANKS_FOR = 30 * 60


@csrf_exempt  # the link itself is the secret: whoever could forge the sending would hold the link already
@login_not_required
@require_http_methods(["GET", "POST"])
def check_in(request: HttpRequest, token: str) -> HttpResponse:
    """The questions; on sending, everything is kept in one transaction before anything is answered."""
    found, now = queries.check_in_by_token(token), timezone.now()
    if request.method == "POST":
        return _received(request, token, found, now)
    if found is None or not found.is_waiting or _ran_out(found, now):
        return _closed(request, found)
    actions.open_check_in(check_in=found, at=now)
    return _questions(request, found, _form(found))


def _received(request: HttpRequest, token: str, found: CheckIn | None, now: datetime) -> HttpResponse:
    if found is None:
        return _closed(request, None, unheard=_alarms_somewhere(request.POST))
    form = _form(found, request.POST)
    ready = form.is_valid()
    alarming = form.raises_an_alert
    if found.is_answered:
        return _sent_after_all(request, token, found, form, now)
    # who began before the link ran out may finish; who is not safe is always heard
    if not found.is_waiting or (_ran_out(found, now) and not (found.opened_at or alarming)):
        return _closed(request, found, unheard=alarming)
    if not ready:
        return _questions(request, found, form, status=400)
    if _worth_asking_again(request, form):
        return _questions(request, found, form, ask_again=True)
    try:
        kept = actions.record_check_in(
            check_in=found,
            responses=form.responses(),
            extra=form.extra_responses(),
            submission=form.cleaned_data["submission"],
            at=now,
        )
    except InputError:
        # another sending of the same link was quicker
        found = queries.check_in_by_token(token)
        if found is None or not found.is_answered:
            return _closed(request, found, unheard=alarming)
        return _sent_after_all(request, token, found, form, now)
    too_late = kept.administration.moment != found.moment
    return _thanks(request, token, found, help_at_once=bool(kept.alerts), began=too_late)


def _sent_after_all(request: HttpRequest, token: str, found: CheckIn, form: AnswersForm, now: datetime) -> HttpResponse:
    """A sending to a check-in that was sent before: the same once more, after an answer that was lost on the way, or
    other answers from a second page. Of those only what raises an alert is kept, and it is never sent away."""
    submission = str(form.data.get("submission", ""))[:80]
    if actions.is_same_submission(check_in=found, submission=submission):
        kept = found.answers
        began = kept.moment != found.moment
        return _thanks(request, token, found, help_at_once=kept.safety_alerts.exists(), began=began)
    if not form.raises_an_alert:
        return _closed(request, found, not_kept=True)
    actions.record_late_answers(check_in=found, responses=form.responses(), submission=submission, at=now)
    return _thanks(request, token, found, help_at_once=True, late=True)


def _thanks(
    request: HttpRequest, token: str, found: CheckIn, *, help_at_once: bool, late: bool = False, began: bool = False
) -> HttpResponse:
    request.session["check_in_sent"] = {"id": str(found.id), "help": help_at_once, "late": late, "began": began}
    if not isinstance(request.user, Account) and "handed_over" not in request.session:
        request.session.set_expiry(_THANKS_FOR)
    return redirect("check-in-sent", token)


def _form(found: CheckIn, sent: QueryDict | None = None) -> AnswersForm:
    instrument = instrument_called(found.instrument_id)
    new = {"submission": secrets.token_urlsafe(16)}
    return AnswersForm(sent, instrument=instrument, extra=found.extra_instruments, initial=new)


def _ran_out(found: CheckIn, now: datetime) -> bool:
    return found.expires_at is not None and now > found.expires_at


def _alarms_somewhere(sent: QueryDict) -> bool:
    """Whether an answer would raise an alert in either check-in, where the link no longer says in which."""
    forms = [AnswersForm(sent, instrument=instrument_called(name)) for name in SESSION_SETS.values()]
    return any(form.is_valid() is not None and form.raises_an_alert for form in forms)


def _worth_asking_again(request: HttpRequest, form: AnswersForm) -> bool:
    """Something was left open and the client has not said that this is meant.

    Never where an answer raises an alert: that one is kept at once.
    """
    if form.raises_an_alert:
        return False
    return not form.any_answer or (bool(form.left_open) and "as_it_is" not in request.POST)


def _questions(
    request: HttpRequest, found: CheckIn, form: AnswersForm, *, ask_again: bool = False, status: int = 200
) -> HttpResponse:
    asked_again_of = form.left_open if ask_again else []
    context = _around(request, found) | {
        "form": form,
        "questions": form.questions,
        "left_open": asked_again_of,
        "all_open": ask_again and not form.any_answer,
        "instrument": form.instrument,
        "has_begun": found.moment == Moment.BEFORE and not is_before_session(found.therapy_session, timezone.now()),
        # kept on the client's own phone only: not on a device that was handed over, nor where staff is signed in
        "keep": "no" if found.mode == CheckInMode.DEVICE or isinstance(request.user, Account) else "yes",
    }
    return render(request, "therapy_sessions/check_in.html", context, status=status)


@login_not_required
@require_GET
def sent(request: HttpRequest, token: str) -> HttpResponse:
    """Thanks, and help where an answer asked for it: only for the browser that sent it."""
    found = queries.check_in_by_token(token)
    mark = request.session.get("check_in_sent", {})
    if found is None or mark.get("id") != str(found.id):
        return _closed(request, found)
    context = _around(request, found) | {
        "show_help": mark.get("help", False),
        "late": mark.get("late", False),
        "began": mark.get("began", False),
    }
    return render(request, "therapy_sessions/check_in_sent.html", context)


def _closed(
    request: HttpRequest, found: CheckIn | None, *, not_kept: bool = False, unheard: bool = False
) -> HttpResponse:
    """One kind page for links that were used, ran out, were withdrawn, or never were.

    `not_kept`: other answers had been sent before. `unheard`: an answer that asks for help came, and reaches nobody.
    """
    context = _around(request, found) | {
        "answered": found is not None and found.is_answered,
        "not_kept": not_kept,
        "unheard": unheard,
        "help_open": True,
    }
    return render(request, "therapy_sessions/check_in_closed.html", context, status=410)


def _around(request: HttpRequest, found: CheckIn | None) -> dict[str, Any]:
    if found is None:
        return {"help_text": [line for line in HELP_TEXT.splitlines() if line]}
    therapist = found.therapy_session.episode.client.therapist
    return {
        "check_in": found,
        "session": found.therapy_session,
        "therapist": therapist,
        "help_text": help_text_of(therapist.clinic),
        "handed_over": found.mode == CheckInMode.DEVICE and "handed_over" in request.session,
    }
