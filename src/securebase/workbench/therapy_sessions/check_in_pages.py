"""The client's own pages: one check-in, reached by its link and by nothing else."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from securebase.errors import InputError
from securebase.measurement.catalogue import instrument as instrument_called
from securebase.workbench.accounts.models import HELP_TEXT, Account
from securebase.workbench.accounts.queries import help_text_of
from securebase.workbench.therapy_sessions import actions, queries
from securebase.workbench.therapy_sessions.forms import AnswersForm
from securebase.workbench.therapy_sessions.models import CheckIn, CheckInMode

_log = logging.getLogger(__name__)
#: The browser that sent a check-in may see its thanks for so long, in seconds.
_THANKS_FOR = 30 * 60


@login_not_required
@require_http_methods(["GET", "POST"])
def check_in(request: HttpRequest, token: str) -> HttpResponse:
    """The questions; on sending, everything is kept in one transaction before anything is answered."""
    found = queries.check_in_by_token(token)
    now = timezone.now()
    if found is None or not (found.is_waiting or _sent_again(request, found)):
        return _closed(request, found)
    # who began before the link ran out may finish
    if found.expires_at and now > found.expires_at and not (request.method == "POST" and found.opened_at):
        return _closed(request, found)
    instrument = instrument_called(found.instrument_id)
    form = AnswersForm(request.POST or None, instrument=instrument, initial={"submission": secrets.token_urlsafe(16)})
    if request.method == "GET":
        actions.open_check_in(check_in=found, at=now)
        return _questions(request, found, form)
    if not form.is_valid():
        return _questions(request, found, form, status=400)
    if _worth_asking_again(request, form):
        return _questions(request, found, form, ask_again=True)
    try:
        kept = actions.record_check_in(
            check_in=found, responses=form.responses(), submission=form.cleaned_data["submission"], at=now
        )
    except InputError:
        return _closed(request, queries.check_in_by_token(token))
    request.session["check_in_sent"] = {"id": str(found.id), "help": bool(kept.alerts)}
    if not isinstance(request.user, Account) and "handed_over" not in request.session:
        request.session.set_expiry(_THANKS_FOR)
    return redirect("check-in-sent", token)


def _sent_again(request: HttpRequest, found: CheckIn) -> bool:
    """The same sending once more, after an answer that was lost on the way."""
    return request.method == "POST" and found.is_answered


def _worth_asking_again(request: HttpRequest, form: AnswersForm) -> bool:
    """Something was left open and the client has not said that this is meant.

    Never where an answer raises an alert: that one is kept at once.
    """
    given = form.responses()
    rules = form.instrument.safety_rules
    if any((value := given[rule.item]) is not None and value >= rule.at_least for rule in rules):
        return False
    if all(v is None for v in given.values()):
        return True
    return any(v is None for v in given.values()) and "as_it_is" not in request.POST


def _questions(
    request: HttpRequest, found: CheckIn, form: AnswersForm, *, ask_again: bool = False, status: int = 200
) -> HttpResponse:
    asked_again_of = form.left_open if ask_again else []
    context = _around(request, found) | {
        "form": form,
        "questions": form.questions,
        "left_open": asked_again_of,
        "all_open": len(asked_again_of) == len(form.questions),
        "instrument": form.instrument,
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
    context = _around(request, found) | {"show_help": mark.get("help", False)}
    return render(request, "therapy_sessions/check_in_sent.html", context)


def _closed(request: HttpRequest, found: CheckIn | None) -> HttpResponse:
    """One kind page for links that were used, ran out, were withdrawn, or never were."""
    context = _around(request, found) | {"answered": found is not None and found.is_answered}
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
