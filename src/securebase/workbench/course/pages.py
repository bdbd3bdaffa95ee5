"""The course of one client: where it stands, what is due, and every tool."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from securebase.ipt.due import still_open
from securebase.workbench.accounts.gate import for_roles, signed_in
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.course import queries
from securebase.workbench.therapy_sessions.queries import client_page


@for_roles(Role.THERAPIST)
@require_GET
def course(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Tasks by phase with what each has left behind, what is due now, and the tools."""
    now, account = timezone.now(), signed_in(request)
    context = client_page(account=account, client_id=client_id, page="course", now=now)
    context |= {"tab": "course"}
    if context["episode"] is not None:
        record, lineage = queries.record_of(context["episode"], now), lineage_of(account.clinic)
        phases = queries.phases(record, lineage)
        context |= {
            "phases": phases,
            "open_tasks": still_open([s for p in phases for s in p.standings]),
            "tools": queries.tools(record, lineage),
        }
    return render(request, "course/course.html", context)
