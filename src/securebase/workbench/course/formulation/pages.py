"""Pages of the problem area and the formulation: evidence for each area, and the formulation as a picture."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from securebase.errors import InputError
from securebase.ipt.evidence import area_evidence
from securebase.ipt.formulation import add_draft, formulation_parts, write_narrative
from securebase.ipt.lineage import Lineage
from securebase.records.vocabulary import Agreement, ProblemArea
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.clients.actions import set_focus
from securebase.workbench.clients.models import Episode
from securebase.workbench.course import embedded_worksheets
from securebase.workbench.course.formulation import queries
from securebase.workbench.course.queries import focus_differs, record_of
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.ui.conflict import sentence
from securebase.workbench.ui.methods import post_only
from securebase.workbench.worksheets.queries import current_artefact, values_of

_require_therapist = require_role(Role.THERAPIST)


@_require_therapist
@require_GET
def formulation(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show the choice of areas and, below it, the formulation as a picture with editable fields."""
    now, account = timezone.now(), current_account(request)
    context = client_page(account=account, client_id=client_id, page="formulation", now=now) | {"tab": "course"}
    episode: Episode | None = context["episode"]
    if episode is None:
        return render(request, "course/formulation.html", context)
    lineage, here = lineage_of(account.clinic), reverse("formulation", args=[client_id])
    record = record_of(episode, now)
    chooser = _worksheet_form(episode, "problem_area", lineage, here + "#area")
    picture = _worksheet_form(episode, "formulation", lineage, here + "#formulation")
    last = picture.artefact.versions.order_by("-number").first() if picture.artefact else None
    context |= {
        "lineage": lineage,
        "chooser": chooser,
        "chooser_inputs": [i for i in chooser.inputs if i.field.id not in {"evidence", "chosen"}],
        "choices": queries.area_choices(episode, lineage, chooser, area_evidence(record), here),
        "formulation": picture,
        "triad": [
            (p, picture.inputs_by_field()[p.field])
            for p in formulation_parts(lineage.formulation)
            if p.field in picture.inputs_by_field()
        ],
        "narrative": picture.input("narrative"),
        "client_said": picture.input("client_said"),
        "draft": write_narrative(values_of(picture.artefact), lineage.formulation) if picture.artefact else "",
        "agreements": [a for a in Agreement if a is not Agreement.OPEN],
        "last_version": last,
        "focus_differs": focus_differs(episode, record),
        "here": here,
    }
    return render(request, "course/formulation.html", context)


def _worksheet_form(episode: Episode, name: str, lineage: Lineage, back: str) -> embedded_worksheets.WorksheetForm:
    return embedded_worksheets.worksheet_form(
        episode, name, artefact=current_artefact(episode, name), formulation=lineage.formulation, back=back
    )


@_require_therapist
@post_only
def choose_areas(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Save the worksheet and make its chosen areas the focus; input is saved even if it cannot be the focus."""
    episode = _get_episode(request, client_id, "area-choose")
    account = current_account(request)
    artefact = current_artefact(episode, "problem_area")
    filled = embedded_worksheets.read_submission(
        request, "problem_area", artefact=artefact, formulation=lineage_of(account.clinic).formulation
    )
    chosen = queries.texts(filled.values.get("chosen"))
    try:
        embedded_worksheets.save_submission(request, episode, "problem_area", filled)
    except InputError as error:
        messages.error(request, f"Not saved. {sentence(error)}")
        return redirect(reverse("formulation", args=[client_id]) + "#area")
    try:
        set_focus(episode=episode, by=account, areas=[ProblemArea(a) for a in chosen])
    except InputError as error:
        messages.error(request, f"Saved, but the focus was not changed. {sentence(error)}")
    else:
        words = " and ".join(ProblemArea(a).label.lower() for a in chosen) or "not set"
        messages.success(request, f"The focus of the course is {words}.")
    return redirect(reverse("formulation", args=[client_id]) + "#area")


@_require_therapist
@post_only
def take_focus(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Make the areas that the worksheet names the focus of the course."""
    episode = _get_episode(request, client_id, "focus-take")
    artefact = current_artefact(episode, "problem_area")
    chosen = queries.texts(values_of(artefact).get("chosen")) if artefact else ()
    if not chosen:
        messages.error(request, "Choose a problem area first.")
        return redirect("formulation", client_id)
    try:
        set_focus(episode=episode, by=current_account(request), areas=[ProblemArea(a) for a in chosen])
    except InputError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, "The course now has the worksheet’s focus.")
    return redirect("course", client_id)


@_require_therapist
@post_only
def write(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Write the formulation from its parts, below any text already there."""
    episode = _get_episode(request, client_id, "formulation-write")
    form = lineage_of(current_account(request).clinic).formulation
    artefact = current_artefact(episode, "formulation")
    filled = embedded_worksheets.read_submission(request, "formulation", artefact=artefact, formulation=form)
    draft = write_narrative(filled.values, form)
    if not draft:
        messages.error(request, "The fields are empty. Fill in at least one.")
        return redirect(reverse("formulation", args=[client_id]) + "#formulation")
    narrative = filled.values.get("narrative")
    existing = narrative if isinstance(narrative, str) else ""
    try:
        embedded_worksheets.save_submission(
            request,
            episode,
            "formulation",
            embedded_worksheets.with_value(filled, "narrative", add_draft(existing, draft)),
        )
    except InputError as error:
        messages.error(request, f"Not saved. {sentence(error)}")
    else:
        below = " below the existing text" if existing.strip() and draft not in existing else ""
        messages.success(request, f"Draft added{below}. Edit it until you can say it aloud.")
    return redirect(reverse("formulation", args=[client_id]) + "#narrative")


def _get_episode(request: HttpRequest, client_id: uuid.UUID, page: str) -> Episode:
    context = client_page(account=current_account(request), client_id=client_id, page=page, now=timezone.now())
    episode: Episode | None = context["episode"]
    if episode is None:
        raise Http404
    return episode
