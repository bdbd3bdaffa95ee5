"""The caseload, the client page and the client's report."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from securebase.picture import hypothesis_phrases, phrases, sentences
from securebase.picture.client import ClientPicture
from securebase.picture.outcomes import outcomes_line
from securebase.picture.parts import GateLevel
from securebase.picture.rivals import rivals_sentence
from securebase.reports.client_report import client_report
from securebase.workbench.accounts.access import current_account
from securebase.workbench.accounts.models import Account
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.course.queries import next_up, record_of
from securebase.workbench.course.record_lines import RecordLine
from securebase.workbench.measures.forms import AlertNoteForm
from securebase.workbench.measures.queries import open_alerts
from securebase.workbench.progress import drawings, queries
from securebase.workbench.progress.calibration import interval_calibration
from securebase.workbench.progress.match_pages import describe_answers
from securebase.workbench.progress.rows import Summary
from securebase.workbench.progress.tickets import read_ticket, sign_ticket
from securebase.workbench.requests.queries import late_requests
from securebase.workbench.therapy_sessions.queries import sessions_held
from securebase.workbench.ui.drawings import trusted_svg
from securebase.workbench.ui.headers import POLICY
from securebase.workbench.ui.phone_numbers import names_a_number


@require_GET
def caseload(request: HttpRequest) -> HttpResponse:
    """Show the caseload; an account without one is redirected to its own start page."""
    account = current_account(request)
    if not account.is_therapist:
        return redirect("supervisees" if account.is_supervisor else "profile")
    now = timezone.now()
    current = queries.caseload(account=account, now=now)
    rows = [_render_case(_CaseContent.from_row(row, now)) for row in current.rows]
    context = {
        "caseload": current,
        "rows": rows,
        "late": len(late_requests(account, now)),
        "no_help_number": not names_a_number(account.clinic.help_text),
        "section": "caseload",
    }
    return render(request, "progress/caseload.html", context)


@dataclass(frozen=True, slots=True)
class _CaseContent:
    """Content of one row of the caseload; hashable, so that its HTML can be cached."""

    client_id: uuid.UUID
    name: str
    ended: bool
    phase: str
    phase_label: str
    areas: tuple[str, ...]
    planned: int
    share: float
    summary: Summary
    next: str

    @classmethod
    def from_row(cls, row: queries.CaseRow, now: datetime) -> _CaseContent:
        episode = row.episode
        return cls(
            client_id=row.client.id,
            name=row.client.name_shown,
            ended=episode is not None and episode.ended_on is not None,
            phase=episode.phase if episode else "",
            phase_label=episode.phase_label if episode else "",
            areas=tuple(episode.problem_area_labels) if episode else (),
            planned=episode.planned_sessions if episode else 0,
            share=row.share,
            summary=row.summary,
            next=format_time(row.next_at, now),
        )


@lru_cache(maxsize=1000)
def _render_case(row: _CaseContent) -> SafeString:
    """Return a row as HTML, cached: rendering unchanged rows took half the time of the caseload page."""
    curves = {"symptoms": trusted_svg(row.summary.symptoms), "alliance": trusted_svg(row.summary.alliance)}
    return render_to_string("progress/_case.html", {"row": row, **curves})


@client_page("GET", tab="picture")
def client(page: ClientPage) -> HttpResponse:
    """Show one client's picture: safety, points for the next session, charts and limits."""
    episode, account, now = page.episode, page.account, page.now
    context = {
        "note_form": AlertNoteForm(),
        "open_alerts": open_alerts(episode),
        "sessions_held": sessions_held(episode, now),
    }
    if episode is None:
        return page.render("progress/client.html", context)
    picture = queries.current_picture(episode=episode, as_of=now)
    sessions = list(episode.therapy_sessions.all())
    upcoming = queries.next_session(sessions, now)
    tasks = next_up(episode, now, lineage_of(account.clinic))
    context |= _sentences(picture) | {
        "match_dates": describe_answers(episode),
        "limits": sentences.limit_sentences(picture, interval_calibration(account.clinic)),
        "picture": picture,
        "next_up": tasks,
        "record_lines": (*_picture_lines(picture), *tasks.lines),
        "charts": drawings.chart_slots(picture),
        "ticket": sign_ticket(account=account, client_id=page.client.id, fingerprint=picture.fingerprint),
        "next_session": upcoming,
        "next_number": upcoming.number if upcoming else picture.header.sessions_held + 1,
        "next_when": format_time(upcoming.held_at, now) if upcoming else "",
        "last_session": max((s for s in sessions if s.held_at <= now), key=lambda s: s.number, default=None),
    }
    return page.render("progress/client.html", context)


@client_page("GET", audited=())
def chart(page: ClientPage, name: str, ticket: str) -> HttpResponse:
    """Serve one chart of the client page as an image; the audit row of the page covers its charts."""
    account, client_id = page.account, page.client.id
    fingerprint = read_ticket(ticket, account=account, client_id=client_id)
    if fingerprint is None or name not in drawings.NAMES:
        raise Http404
    svg = queries.drawing(account=account, client_id=client_id, fingerprint=fingerprint, name=name)
    if svg is None:
        raise Http404
    return HttpResponse(svg, content_type="image/svg+xml; charset=utf-8")


@client_page("GET")
def report(page: ClientPage) -> HttpResponse:
    """Serve the client's report as one file."""
    episode, account, now = page.require_episode(), page.account, page.now
    picture = queries.current_picture(episode=episode, as_of=now)
    html = client_report(
        picture,
        name=page.client.name_shown,
        therapist=_account_name(account),
        made_on=timezone.localdate(now),
        record=record_of(episode, now),
        lineage=lineage_of(account.clinic),
        calibration=interval_calibration(account.clinic),
    )
    response = HttpResponse(html, content_type="text/html; charset=utf-8")
    if "save" in page.request.GET:
        response.headers["Content-Disposition"] = f'attachment; filename="report-{timezone.localdate(now)}.html"'
    response.headers["Content-Security-Policy"] = _policy_for(html)
    return response


def format_time(at: datetime | None, now: datetime) -> str:
    """Return “Today 14:00”, “Tomorrow 09:00”, “Mon 10:00” within a week, else the date."""
    if at is None:
        return ""
    local, today = timezone.localtime(at), timezone.localdate(now)
    days = (local.date() - today).days
    if days == 0:
        return f"Today {local:%H:%M}"
    if days == 1:
        return f"Tomorrow {local:%H:%M}"
    if 0 < days < timedelta(days=7).days:
        return f"{local:%a %H:%M}"
    return f"{local.day} {local:%b}"


def _sentences(picture: ClientPicture) -> dict[str, Any]:
    """Return the sentences and tables of the client page for its template."""
    return {
        "points": [(s, sentences.reason(s)) for s in sentences.pre_session_signals(picture)],
        "quiet": sentences.quiet_sentence(picture),
        "symptom_sentences": sentences.symptom_sentences(picture),
        "alliance_sentences": sentences.alliance_sentences(picture),
        "tables": {
            "symptoms": sentences.symptom_table(picture),
            "alliance": sentences.alliance_table(picture),
            "mechanisms": sentences.mechanism_table(picture),
            "hypotheses": sentences.hypothesis_table(picture),
        },
        "hypothesis_sentences": sentences.hypothesis_sentences(picture),
        "hypothesis_cautions": sentences.hypothesis_cautions(picture),
        "hypothesis_question": sentences.hypothesis_question(picture),
        "hypothesis_legend": hypothesis_phrases.LEGEND,
        "validation_note": sentences.validation_note(picture),
        "why_no_hypotheses": sentences.missing_hypotheses_reason(picture),
        "expected_drawn": sentences.shows_expected_alliance(picture),
        "expected_label": sentences.expected_label(picture),
        "gate_steps": phrases.gate_steps(picture.gate.level),
        "own_model": picture.gate.level >= GateLevel.COHORT,
        "hypotheses_heading": phrases.HYPOTHESES_HEADING,
        "unverified": [c for c in picture.constants if not c.verified],
    }


def _picture_lines(picture: ClientPicture) -> tuple[RecordLine, ...]:
    """Return the lines of a picture with answers; rivals are named beside the hypotheses where there are any."""
    if not picture.answered:
        return ()
    lines = (
        RecordLine("Outcomes", "client-measures", outcomes_line(picture.outcomes)),
        RecordLine("Context", "timeline", "" if picture.hypotheses else rivals_sentence(picture.rivals, picture.as_of)),
    )
    return tuple(line for line in lines if line.text)


def _policy_for(html: str) -> str:
    """Return the usual content security policy plus the digests of this file's own style sheets (CSP hash sources)."""
    sheets = re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL)
    allowed = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in sheets)
    return POLICY.replace("style-src 'self'", f"style-src {allowed}")


def _account_name(account: Account) -> str:
    return str(account.name_shown)
