"""How IPT is done in this clinic: its lineage, and its forms of a course."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from securebase.errors import InputError
from securebase.ipt.course_form import CourseForm, new_id
from securebase.ipt.lineage import PRESETS, Lineage, changes
from securebase.workbench.accounts import actions, queries
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.forms import CourseFormForm, CourseFormSet, LineageForm
from securebase.workbench.accounts.models import Clinic, Role
from securebase.workbench.ui.conflict import keep_typed, sentence


@require_role(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def lineage(request: HttpRequest) -> HttpResponse:
    """Asked once to say what will change, and once more to save it."""
    clinic = current_account(request).clinic
    present = queries.lineage_of(clinic)
    preset = PRESETS.get(request.GET.get("as", ""))
    start = _typed(preset[1] if preset else present) | {"version": clinic.version}
    form = LineageForm(request.POST or None, initial=start)
    told: tuple[str, ...] | None = changes(present, preset[1]) if preset else None
    if form.is_valid():
        wanted = form.lineage()
        told = changes(present, wanted)
        if "save" in request.POST and _saved(request, clinic, form, wanted):
            messages.success(request, "Saved. It holds for every course of this clinic from now on.")
            return redirect("clinic")
    context = {
        "form": form,
        "told": told,
        "asked": form.is_bound and not form.errors,
        "presets": [(name, words) for name, (words, _) in PRESETS.items()],
        "section": "clinic",
    }
    return render(request, "accounts/lineage.html", context, status=400 if form.errors else 200)


def _typed(of: Lineage) -> dict[str, Any]:
    return of.plain()


def _saved(request: HttpRequest, clinic: Clinic, form: LineageForm, wanted: Lineage) -> bool:
    try:
        actions.change_lineage(
            clinic=clinic, by=current_account(request), lineage=wanted, version=form.cleaned_data["version"]
        )
    except InputError as error:
        clinic.refresh_from_db()
        keep_typed(form, error, version=clinic.version)
        return False
    return True


@require_role(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def course_forms(request: HttpRequest) -> HttpResponse:
    """A table of forms. Courses that have begun keep their own numbers."""
    clinic = current_account(request).clinic
    present = queries.course_forms_of(clinic)
    rows = CourseFormSet(request.POST if "save" in request.POST else None, initial=[_row(f) for f in present])
    refused = ""
    if "shelf" in request.POST or ("save" in request.POST and rows.is_valid()):
        made = () if "shelf" in request.POST else _made(rows, present)
        version = request.POST.get("version", "")
        try:
            actions.change_course_forms(
                clinic=clinic, by=current_account(request), forms=made, version=int(version) if version.isdigit() else 0
            )
        except InputError as error:
            clinic.refresh_from_db()
            refused = sentence(error)
        else:
            messages.success(request, "Saved. Courses that have begun keep their numbers.")
            return redirect("course-forms")
    bad = bool(refused or (rows.is_bound and not rows.is_valid()))
    context = {
        "rows": rows,
        "refused": refused,
        "clinic": clinic,
        "own": bool(clinic.course_forms),
        "section": "clinic",
    }
    return render(request, "accounts/course_forms.html", context, status=400 if bad else 200)


def _row(form: CourseForm) -> dict[str, Any]:
    return {
        "id": form.id,
        "name": form.name,
        "sessions": form.sessions,
        "initial_sessions": form.initial,
        "ending_sessions": form.ending,
        "days_between": form.days_between,
        "maintenance": form.maintenance,
    }


def _made(rows: BaseFormSet[CourseFormForm], present: tuple[CourseForm, ...]) -> tuple[CourseForm, ...]:
    known = {f.id: f for f in present}
    made: list[CourseForm] = []
    for row in rows:
        if row.cleaned_data.get("name"):
            form = row.made(known)
            if form.id not in known or form.id in {f.id for f in made}:
                taken = [*known, *(f.id for f in made)]
                form = CourseForm(**(form.plain() | {"id": new_id(form.name, taken), "sources": form.sources}))
            made.append(form)
    return tuple(made)
