"""Pages for adding a client and editing a client and their episode."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from securebase.ipt.course_format import find_format
from securebase.records.vocabulary import Phase, ProblemArea
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import course_formats_of
from securebase.workbench.clients import actions
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.clients.forms import ClientForm, EpisodeForm, NewClientForm
from securebase.workbench.clients.models import Client, Episode, SymptomMeasure
from securebase.workbench.ui.conflict import form_status, refusal_as_message, refusal_on


@require_role(Role.THERAPIST)
@require_http_methods(["GET", "POST"])
def new_client(request: HttpRequest) -> HttpResponse:
    clinic = current_account(request).clinic
    start = {
        "began_on": timezone.localdate(),
        "phase": Phase.INITIAL.value,
        "symptom_measure": SymptomMeasure.SESSION_SET.value,
    }
    form = NewClientForm(request.POST or None, initial=start, clinic=clinic)
    if form.is_valid():
        data = form.cleaned_data
        client = actions.create_client(
            therapist=current_account(request),
            name_shown=data["name_shown"],
            pronouns=data["pronouns"],
            mail=data["mail"],
            language=data["language"],
            began_on=data["began_on"],
            course_format=form.course_format(),
            problem_areas=[ProblemArea(a) for a in data["problem_areas"]],
            phase=Phase(data["phase"]),
            symptom_measure=data["symptom_measure"],
        )
        messages.success(request, f"{client.name_shown} added to your caseload. Next, add the first session.")
        return redirect("client-sessions", client.id)
    context = {"form": form, "course_formats": course_formats_of(clinic), "section": "caseload"}
    return render(request, "clients/new_client.html", context, status=form_status(form))


@client_page("GET", "POST", tab="details")
def edit_client(page: ClientPage) -> HttpResponse:
    """Edit client and episode, in two forms on one page; each carries the version it was opened with."""
    client, episode, request = page.client, page.episode, page.request
    about_client, about_episode = "save_client" in request.POST, "save_episode" in request.POST
    client_form = ClientForm(request.POST if about_client else None, initial=_client_values(client))
    clinic = page.account.clinic
    episode_form = EpisodeForm(
        request.POST if about_episode else None,
        initial=_episode_values(episode),
        clinic=clinic,
        present_areas=episode.problem_areas if episode else (),
    )
    if about_client and client_form.is_valid():
        with refusal_on(client_form, row=client):
            _save_client(page, client_form)
            return page.redirect("client-edit")
    if about_episode and episode and episode_form.is_valid():
        with refusal_on(episode_form, row=episode):
            _save_episode(page, episode, episode_form)
            return page.redirect("client-edit")
    if "begin_episode" in request.POST:
        return _begin_episode(page)
    context = {
        "client_form": client_form,
        "episode_form": episode_form,
        "course_formats": course_formats_of(clinic),
    }
    return page.render("clients/edit_client.html", context, status=form_status(client_form, episode_form))


def _client_values(client: Client) -> dict[str, object]:
    names = ("name_shown", "pronouns", "mail", "version")
    return {name: getattr(client, name) for name in names} | {"language": client.language or "en"}


def _episode_values(episode: Episode | None) -> dict[str, object]:
    if episode is None:
        return {}
    names = (
        *("began_on", "course_form", "planned_sessions", "initial_sessions", "ending_sessions", "days_between"),
        *("problem_areas", "phase", "symptom_measure", "ended_on", "version"),
    )
    return {name: getattr(episode, name) for name in names}


def _save_client(page: ClientPage, form: ClientForm) -> None:
    data = form.cleaned_data
    actions.change_client(
        client=page.client,
        by=page.account,
        version=data["version"] or 0,
        name_shown=data["name_shown"],
        pronouns=data["pronouns"],
        mail=data["mail"],
        language=data["language"],
    )
    messages.success(page.request, "Saved.")


def _save_episode(page: ClientPage, episode: Episode, form: EpisodeForm) -> None:
    data = form.cleaned_data
    actions.change_episode(
        episode=episode,
        by=page.account,
        version=data["version"] or 0,
        began_on=data["began_on"],
        planned_sessions=data["planned_sessions"],
        problem_areas=[ProblemArea(a) for a in data["problem_areas"]],
        phase=Phase(data["phase"]),
        symptom_measure=data["symptom_measure"],
        ended_on=data["ended_on"],
        course_format=form.course_format(),
    )
    messages.success(page.request, "Saved.")


def _begin_episode(page: ClientPage) -> HttpResponse:
    with refusal_as_message(page.request):
        by, today = page.account, timezone.localdate(page.now)
        course_format = find_format(course_formats_of(by.clinic), page.request.POST.get("course_form", ""))
        actions.begin_episode(client=page.client, by=by, began_on=today, course_format=course_format)
        messages.success(page.request, "New course started.")
    return page.redirect("client-edit")
