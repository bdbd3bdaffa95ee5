"""Pages of the problem area and the formulation: evidence for each area, and the formulation as a picture."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from securebase.errors import InputError
from securebase.ipt.evidence import area_evidence
from securebase.ipt.formulation import add_draft, formulation_parts, write_narrative
from securebase.ipt.lineage import Lineage
from securebase.ipt.shelf import worksheet_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.picture.series import prepare
from securebase.picture.strained_weeks import strained_weeks_line
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Agreement, ProblemArea
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.casefile import day_at
from securebase.workbench.clients.actions import set_focus
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.clients.models import Episode
from securebase.workbench.clinic_set import set_in_use
from securebase.workbench.course import embedded_worksheets
from securebase.workbench.course.embedded_worksheets import RefusedSubmission
from securebase.workbench.course.formulation import queries
from securebase.workbench.course.queries import focus_differs, record_of
from securebase.workbench.ui.conflict import error_status, refusal_as_message
from securebase.workbench.worksheets.queries import current_artefact, values_of


def focus_id() -> str:
    """Return the id of the worksheet that chooses the problem areas."""
    return worksheet_with(WorksheetRole.FOCUS).id


def formulation_id() -> str:
    """Return the id of the worksheet of the formulation."""
    return worksheet_with(WorksheetRole.FORMULATION).id


@client_page("GET", tab="course")
def formulation(page: ClientPage) -> HttpResponse:
    """Show the choice of areas and, below it, the formulation as a picture with editable fields."""
    return _render(page)


def _render(page: ClientPage, refused: RefusedSubmission | None = None) -> HttpResponse:
    """Return the page; a refused submission of one of its worksheets is shown in place of what is saved."""
    episode = page.episode
    if episode is None:
        return page.render("course/formulation.html")
    lineage, here = lineage_of(page.account.clinic), reverse("formulation", args=[page.client.id])
    record = record_of(episode, page.now)
    chooser = _worksheet_form(episode, focus_id(), lineage, here + "#area", refused)
    area_values = values_of(chooser.artefact) if chooser.artefact else {}
    if refused and refused.worksheet == focus_id():
        area_values = refused.typed.values
    picture = _worksheet_form(episode, formulation_id(), lineage, here + "#formulation", refused)
    last = picture.artefact.versions.order_by("-number").first() if picture.artefact else None
    context = {
        "lineage": lineage,
        "chooser": chooser,
        "chooser_inputs": [i for i in chooser.inputs if i.field.id not in {"evidence", "chosen"}],
        "choices": queries.area_choices(episode, lineage, area_values, area_evidence(record), here),
        "formulation": picture,
        "triad": [
            (p, picture.inputs_by_field()[p.field])
            for p in formulation_parts(lineage.formulation)
            if p.field in picture.inputs_by_field()
        ],
        "narrative": picture.input("narrative"),
        "strained_weeks": _strained_weeks(episode, record, page.now),
        "client_said": picture.input("client_said"),
        "draft": write_narrative(values_of(picture.artefact), lineage.formulation) if picture.artefact else "",
        "agreements": [a for a in Agreement if a is not Agreement.OPEN],
        "last_version": last,
        "focus_differs": focus_differs(episode, record),
        "here": here,
    }
    return page.render("course/formulation.html", context, status=error_status(refused.error) if refused else 200)


def _worksheet_form(
    episode: Episode, name: str, lineage: Lineage, back: str, refused: RefusedSubmission | None
) -> embedded_worksheets.WorksheetForm:
    return embedded_worksheets.worksheet_form(
        episode,
        name,
        artefact=current_artefact(episode, name),
        formulation=lineage.formulation,
        back=back,
        refused=refused,
    )


def _strained_weeks(episode: Episode, record: EpisodeRecord, now: datetime) -> str:
    """Return the line on weeks of high strain and low support."""
    day = day_at(episode, now)
    return strained_weeks_line(prepare(record, day, set_in_use().parameter_set))


@client_page("POST", tab="course")
def choose_areas(page: ClientPage) -> HttpResponse:
    """Save the worksheet and make its chosen areas the focus; input is saved even if it cannot be the focus."""
    episode, request = page.require_episode(), page.request
    artefact = current_artefact(episode, focus_id())
    filled = embedded_worksheets.read_submission(
        request, focus_id(), artefact=artefact, formulation=lineage_of(page.account.clinic).formulation
    )
    chosen = queries.texts(filled.values.get("chosen"))
    try:
        embedded_worksheets.save_submission(request, episode, focus_id(), filled)
    except InputError as error:
        return _render(page, RefusedSubmission(focus_id(), filled, error))
    with refusal_as_message(request, before="Saved, but the focus was not changed."):
        set_focus(episode=episode, by=page.account, areas=[ProblemArea(a) for a in chosen])
        words = " and ".join(ProblemArea(a).label.lower() for a in chosen) or "not set"
        messages.success(request, f"The focus of the course is {words}.")
    return redirect(reverse("formulation", args=[page.client.id]) + "#area")


@client_page("POST")
def take_focus(page: ClientPage) -> HttpResponse:
    """Make the areas that the worksheet names the focus of the course."""
    episode = page.require_episode()
    artefact = current_artefact(episode, focus_id())
    chosen = queries.texts(values_of(artefact).get("chosen")) if artefact else ()
    if not chosen:
        messages.error(page.request, "Choose a problem area first.")
        return page.redirect("formulation")
    with refusal_as_message(page.request):
        set_focus(episode=episode, by=page.account, areas=[ProblemArea(a) for a in chosen])
        messages.success(page.request, "The course now has the worksheet’s focus.")
    return page.redirect("course")


@client_page("POST", tab="course")
def write(page: ClientPage) -> HttpResponse:
    """Write the formulation from its parts, below any text already there."""
    episode, request = page.require_episode(), page.request
    form = lineage_of(page.account.clinic).formulation
    artefact = current_artefact(episode, formulation_id())
    filled = embedded_worksheets.read_submission(request, formulation_id(), artefact=artefact, formulation=form)
    draft = write_narrative(filled.values, form)
    if not draft:
        messages.error(request, "The fields are empty. Fill in at least one.")
        return redirect(reverse("formulation", args=[page.client.id]) + "#formulation")
    narrative = filled.values.get("narrative")
    existing = narrative if isinstance(narrative, str) else ""
    try:
        embedded_worksheets.save_submission(
            request,
            episode,
            formulation_id(),
            embedded_worksheets.with_value(filled, "narrative", add_draft(existing, draft)),
        )
    except InputError as error:
        return _render(page, RefusedSubmission(formulation_id(), filled, error))
    below = " below the existing text" if existing.strip() and draft not in existing else ""
    messages.success(request, f"Draft added{below}. Edit it until you can say it aloud.")
    return redirect(reverse("formulation", args=[page.client.id]) + "#narrative")
