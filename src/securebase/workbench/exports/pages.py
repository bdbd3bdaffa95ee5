"""Reports and downloads of one client. Every file's name says nothing of the person: it will lie in a folder."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from securebase.errors import InputError
from securebase.ipt.worksheet import Audience
from securebase.reports.paper_reports import TITLES, parts
from securebase.reports.part import usual
from securebase.reports.selection import consent
from securebase.reports.worksheet_parts import sheet_of
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.queries import client_in_view
from securebase.workbench.exports.actions import download_record, download_report, download_scores, download_work
from securebase.workbench.exports.forms import WordsForm
from securebase.workbench.exports.queries import case_of, name_for
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.ui.conflict import sentence
from securebase.workbench.ui.methods import post_only

#: Parts that are there as soon as their words are typed: they need no tick.
_TYPED = {"closing": "closing_words", "recommendations": "recommendations"}


@require_role(Role.THERAPIST)
@require_GET
def downloads(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """What can be taken away: three reports, the scores, the whole record, the work as a table."""
    context = _client(request, client_id, "client-downloads")
    context |= {"reports": [(r.value, *TITLES[r]) for r in Audience]}
    return render(request, "exports/downloads.html", context)


@require_role(Role.THERAPIST)
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, client_id: uuid.UUID, kind: str) -> HttpResponse:
    """Choose what goes in, then download. What was chosen stays where something is missing."""
    if kind not in {r.value for r in Audience}:
        raise Http404
    wanted, now, account = Audience(kind), timezone.now(), current_account(request)
    context = _client(request, client_id, "client-report-choose")
    episode = _episode(context["episode"])
    sent = request.method == "POST"
    form = WordsForm(request.POST if sent else None, report=wanted, name=name_for(wanted, episode))
    words: Mapping[str, str] = form.cleaned_data if sent and form.is_valid() else {}
    case = case_of(episode=episode, by=account, report=wanted, words=words, now=now)
    offered = [p for p in parts(wanted, case) if p.id not in _TYPED]
    ticked = set(request.POST.getlist("part")) if sent else usual(offered)
    if sent and form.is_valid():
        with_typed = ticked | {part for part, field in _TYPED.items() if words.get(field, "").strip()}
        try:
            made = download_report(episode=episode, by=account, report=wanted, ticked=with_typed, words=words, at=now)
        except InputError as error:
            form.add_error(None, sentence(error))
        else:
            return _file(made, "application/pdf", f"securebase-report-{wanted.value}.pdf")
    context |= {
        "report": wanted.value,
        "title": TITLES[wanted][0],
        "about": TITLES[wanted][1],
        "consent": consent(wanted, case.record),
        "form": form,
        "ready": [(p, p.id in ticked) for p in offered if p.ready],
        "missing": [(p, sheet_of(p)) for p in offered if not p.ready],
        "here": request.path,
    }
    return render(request, "exports/report.html", context, status=400 if form.errors else 200)


@require_role(Role.THERAPIST)
@post_only
def whole_record(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """The whole record as JSON."""
    made = _made(request, client_id, page="client-record", make=download_record)
    if made is None:
        return redirect("client-downloads", client_id)
    return _file(made, "application/json", "securebase-record.json")


@require_role(Role.THERAPIST)
@post_only
def work(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """What was filled in, as a table."""
    made = _made(request, client_id, page="client-work", make=download_work)
    if made is None:
        return redirect("client-downloads", client_id)
    return _file(made, "text/csv; charset=utf-8", "securebase-work.csv")


@require_role(Role.THERAPIST)
@require_GET
def scores(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """The scores of what the client filled in, as a table."""
    account = current_account(request)
    episode = _episode(client_in_view(account=account, client_id=client_id, page="client-scores").episode)
    try:
        text = download_scores(episode=episode, by=account, at=timezone.now())
    except InputError as error:
        messages.error(request, sentence(error))
        return redirect("client-measures", client_id)
    return _file(text, "text/csv; charset=utf-8", "securebase-scores.csv")


def _made(request: HttpRequest, client_id: uuid.UUID, *, page: str, make: Callable[..., bytes]) -> bytes | None:
    """What `make` makes; None where something is missing, which the next page says."""
    account = current_account(request)
    episode = _episode(client_in_view(account=account, client_id=client_id, page=page).episode)
    try:
        return make(episode=episode, by=account, texts="texts" in request.POST, at=timezone.now())
    except InputError as error:
        messages.error(request, sentence(error))
        return None


def _client(request: HttpRequest, client_id: uuid.UUID, page: str) -> dict[str, Any]:
    context = client_page(account=current_account(request), client_id=client_id, page=page, now=timezone.now())
    return context | {"tab": "downloads"}


def _episode(episode: Episode | None) -> Episode:
    if episode is None:
        raise Http404
    return episode


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)
