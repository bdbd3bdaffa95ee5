"""Reports and downloads of one client.

File names contain nothing about the person, because downloaded files often stay in shared folders.
"""

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
from securebase.reports.part import default_parts
from securebase.reports.selection import missing_consent
from securebase.reports.worksheet_parts import worksheet_id
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.queries import client_in_view
from securebase.workbench.exports.actions import download_record, download_report, download_scores, download_work
from securebase.workbench.exports.forms import ReportTextsForm
from securebase.workbench.exports.queries import build_case, name_for
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.ui.conflict import form_status, keep_input, sentence
from securebase.workbench.ui.methods import post_only

#: Parts that are included as soon as their form field has text, without a tick: part → field.
_TYPED_PARTS = {"closing": "closing_words", "recommendations": "recommendations"}


@require_role(Role.THERAPIST)
@require_GET
def downloads(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """List the downloads: three reports, the scores, the whole record and the worksheets as a table."""
    context = _client(request, client_id, "client-downloads")
    context |= {"reports": [(r.value, *TITLES[r]) for r in Audience]}
    return render(request, "exports/downloads.html", context)


@require_role(Role.THERAPIST)
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, client_id: uuid.UUID, kind: str) -> HttpResponse:
    """Choose the parts of a report and download it; the choice stays if something is missing."""
    if kind not in {r.value for r in Audience}:
        raise Http404
    audience, now, account = Audience(kind), timezone.now(), current_account(request)
    context = _client(request, client_id, "client-report-choose")
    episode = _episode(context["episode"])
    submitted = request.method == "POST"
    form = ReportTextsForm(request.POST if submitted else None, report=audience, name=name_for(audience, episode))
    words: Mapping[str, str] = form.cleaned_data if submitted and form.is_valid() else {}
    case = build_case(episode=episode, by=account, report=audience, words=words, now=now)
    available = [p for p in parts(audience, case) if p.id not in _TYPED_PARTS]
    ticked = set(request.POST.getlist("part")) if submitted else default_parts(available)
    if submitted and form.is_valid():
        included = ticked | {part for part, field in _TYPED_PARTS.items() if words.get(field, "").strip()}
        try:
            content = download_report(
                episode=episode, by=account, report=audience, ticked=included, words=words, at=now
            )
        except InputError as error:
            keep_input(form, error)
        else:
            return _file(content, "application/pdf", f"securebase-report-{audience.value}.pdf")
    context |= {
        "report": audience.value,
        "title": TITLES[audience][0],
        "about": TITLES[audience][1],
        "consent": missing_consent(audience, case.record),
        "form": form,
        "ready": [(p, p.id in ticked) for p in available if p.ready],
        "missing": [(p, worksheet_id(p)) for p in available if not p.ready],
        "here": request.path,
    }
    return render(request, "exports/report.html", context, status=form_status(form))


@require_role(Role.THERAPIST)
@post_only
def whole_record(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Download the whole record as JSON."""
    content = _export(request, client_id, page="client-record", export=download_record)
    if content is None:
        return redirect("client-downloads", client_id)
    return _file(content, "application/json", "securebase-record.json")


@require_role(Role.THERAPIST)
@post_only
def work(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Download the worksheets as a table."""
    content = _export(request, client_id, page="client-work", export=download_work)
    if content is None:
        return redirect("client-downloads", client_id)
    return _file(content, "text/csv; charset=utf-8", "securebase-work.csv")


@require_role(Role.THERAPIST)
@require_GET
def scores(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Download the client's scores as a table."""
    account = current_account(request)
    episode = _episode(client_in_view(account=account, client_id=client_id, page="client-scores").episode)
    try:
        content = download_scores(episode=episode, by=account, at=timezone.now())
    except InputError as error:
        messages.error(request, sentence(error))
        return redirect("client-measures", client_id)
    return _file(content, "text/csv; charset=utf-8", "securebase-scores.csv")


def _export(request: HttpRequest, client_id: uuid.UUID, *, page: str, export: Callable[..., bytes]) -> bytes | None:
    """Return the exported file, or None with a message for the next page if something is missing."""
    account = current_account(request)
    episode = _episode(client_in_view(account=account, client_id=client_id, page=page).episode)
    try:
        return export(episode=episode, by=account, texts="texts" in request.POST, at=timezone.now())
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
