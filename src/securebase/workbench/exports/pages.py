"""Reports and downloads of one client.

File names contain nothing about the person, because downloaded files often stay in shared folders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import Http404, HttpResponse

from securebase.ipt.shelf import worksheet_with
from securebase.ipt.worksheet import Audience, WorksheetRole
from securebase.reports.paper_reports import TITLES, parts
from securebase.reports.part import default_parts
from securebase.reports.selection import missing_consent
from securebase.reports.worksheet_parts import worksheet_id
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.exports.actions import download_record, download_report, download_scores, download_work
from securebase.workbench.exports.clinic_table import client_research
from securebase.workbench.exports.forms import ReportTextsForm
from securebase.workbench.exports.queries import build_case, name_for
from securebase.workbench.exports.sentences import describe_research
from securebase.workbench.ui.conflict import form_status, refusal_as_message, refusal_on

#: Parts that are included as soon as their form field has text, without a tick: part → field.
_TYPED_PARTS = {"closing": "closing_words", "recommendations": "recommendations"}


@client_page("GET", tab="downloads")
def downloads(page: ClientPage) -> HttpResponse:
    """List the downloads: three reports, scores, whole record, worksheets; and the consent to research."""
    context = {
        "reports": [(r.value, *TITLES[r]) for r in Audience],
        "research": describe_research(client_research(page.client, page.now)),
        "consent_sheet": worksheet_with(WorksheetRole.CONTRACT).id,
    }
    return page.render("exports/downloads.html", context)


@client_page("GET", "POST", tab="downloads")
def report(page: ClientPage, kind: str) -> HttpResponse:
    """Choose the parts of a report and download it; the choice stays if something is missing."""
    if kind not in {r.value for r in Audience}:
        raise Http404
    audience, episode, request, now, account = (
        Audience(kind),
        page.require_episode(),
        page.request,
        page.now,
        page.account,
    )
    submitted = request.method == "POST"
    form = ReportTextsForm(request.POST if submitted else None, report=audience, name=name_for(audience, episode))
    words: Mapping[str, str] = form.cleaned_data if submitted and form.is_valid() else {}
    case = build_case(episode=episode, by=account, report=audience, words=words, now=now)
    available = [p for p in parts(audience, case) if p.id not in _TYPED_PARTS]
    ticked = set(request.POST.getlist("part")) if submitted else default_parts(available)
    if submitted and form.is_valid():
        included = ticked | {part for part, field in _TYPED_PARTS.items() if words.get(field, "").strip()}
        with refusal_on(form):
            content = download_report(
                episode=episode, by=account, report=audience, ticked=included, words=words, at=now
            )
            return _file(content, "application/pdf", f"securebase-report-{audience.value}.pdf")
    context = {
        "report": audience.value,
        "title": TITLES[audience][0],
        "about": TITLES[audience][1],
        "consent": missing_consent(audience, case.record),
        "form": form,
        "ready": [(p, p.id in ticked) for p in available if p.ready],
        "missing": [(p, worksheet_id(p)) for p in available if not p.ready],
        "here": request.path,
    }
    return page.render("exports/report.html", context, status=form_status(form))


@client_page("POST")
def whole_record(page: ClientPage) -> HttpResponse:
    """Download the whole record as JSON."""
    return _export(page, download_record, "application/json", "securebase-record.json")


@client_page("POST")
def work(page: ClientPage) -> HttpResponse:
    """Download the worksheets as a table."""
    return _export(page, download_work, "text/csv; charset=utf-8", "securebase-work.csv")


def _export(page: ClientPage, export: Callable[..., bytes], content_type: str, name: str) -> HttpResponse:
    """Return the exported file, or the list of downloads with a message if something is missing."""
    episode = page.require_episode()
    with refusal_as_message(page.request):
        content = export(episode=episode, by=page.account, texts="texts" in page.request.POST, at=page.now)
        return _file(content, content_type, name)
    return page.redirect("client-downloads")


@client_page("GET")
def scores(page: ClientPage) -> HttpResponse:
    """Download the client's scores as a table."""
    episode = page.require_episode()
    with refusal_as_message(page.request):
        content = download_scores(episode=episode, by=page.account, at=page.now)
        return _file(content, "text/csv; charset=utf-8", "securebase-scores.csv")
    return page.redirect("client-measures")


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)
