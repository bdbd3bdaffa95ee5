"""Pages for a clinic's lineage of IPT and its course formats."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods
from msgspec.structs import replace

from securebase.errors import InputError
from securebase.ipt.course_format import CourseFormat, unused_id
from securebase.ipt.lineage import PRESETS, describe_changes
from securebase.schema import to_plain
from securebase.workbench.accounts import actions, queries
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.forms import CourseFormatForm, CourseFormatSet, LineageForm
from securebase.workbench.accounts.models import Role
from securebase.workbench.ui.conflict import error_status, form_status, refusal_on, sentence


@require_role(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def lineage(request: HttpRequest) -> HttpResponse:
    """Show what a new lineage would change; a second submission saves it."""
    clinic = current_account(request).clinic
    present = queries.lineage_of(clinic)
    preset = PRESETS.get(request.GET.get("as", ""))
    start = to_plain(preset[1] if preset else present) | {"version": clinic.version}
    form = LineageForm(request.POST or None, initial=start)
    differences: tuple[str, ...] | None = describe_changes(present, preset[1]) if preset else None
    if form.is_valid():
        proposed = form.lineage()
        differences = describe_changes(present, proposed)
        if "save" in request.POST:
            with refusal_on(form, row=clinic):
                version = form.cleaned_data["version"]
                actions.change_lineage(clinic=clinic, by=current_account(request), lineage=proposed, version=version)
                messages.success(request, "Saved. The settings apply to every course in this clinic.")
                return redirect("clinic")
    context = {
        "form": form,
        "differences": differences,
        "confirming": form.is_bound and not form.errors,
        "presets": [(name, words) for name, (words, _) in PRESETS.items()],
        "section": "clinic",
    }
    return render(request, "accounts/lineage.html", context, status=form_status(form))


@require_role(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def course_formats(request: HttpRequest) -> HttpResponse:
    """Edit the clinic's course formats. Courses that have begun keep their own numbers."""
    clinic = current_account(request).clinic
    present = queries.course_formats_of(clinic)
    rows = CourseFormatSet(request.POST if "save" in request.POST else None, initial=[_row(f) for f in present])
    refusal: InputError | None = None
    if "shelf" in request.POST or ("save" in request.POST and rows.is_valid()):
        formats = () if "shelf" in request.POST else _read_formats(rows, present)
        version = request.POST.get("version", "")
        try:
            actions.change_course_formats(
                clinic=clinic,
                by=current_account(request),
                formats=formats,
                version=int(version) if version.isdigit() else 0,
            )
        except InputError as error:
            clinic.refresh_from_db()
            refusal = error
        else:
            messages.success(request, "Saved. Courses that have begun are unchanged.")
            return redirect("course-forms")
    status = error_status(refusal) if refusal else 400 if rows.is_bound and not rows.is_valid() else 200
    context = {
        "rows": rows,
        "refusal": sentence(refusal) if refusal else "",
        "clinic": clinic,
        "own": bool(clinic.course_forms),
        "section": "clinic",
    }
    return render(request, "accounts/course_forms.html", context, status=status)


def _row(course_format: CourseFormat) -> dict[str, Any]:
    return {
        "id": course_format.id,
        "name": course_format.name,
        "sessions": course_format.sessions,
        "initial_sessions": course_format.initial,
        "ending_sessions": course_format.ending,
        "days_between": course_format.days_between,
        "maintenance": course_format.maintenance,
    }


def _read_formats(rows: BaseFormSet[CourseFormatForm], present: tuple[CourseFormat, ...]) -> tuple[CourseFormat, ...]:
    formats_by_id = {f.id: f for f in present}
    formats: list[CourseFormat] = []
    for row in rows:
        if row.cleaned_data.get("name"):
            new = row.course_format(formats_by_id)
            if new.id not in formats_by_id or new.id in {f.id for f in formats}:
                used_ids = [*formats_by_id, *(f.id for f in formats)]
                new = replace(new, id=unused_id(new.name, used_ids))
            formats.append(new)
    return tuple(formats)
