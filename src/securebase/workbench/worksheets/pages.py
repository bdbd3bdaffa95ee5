"""Pages of a worksheet: form, history, sharing and print version."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.template.loader import render_to_string, select_template
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from securebase.errors import InputError
from securebase.ipt.client_labels import relabel_for_client
from securebase.ipt.follow_up import follow_up_values
from securebase.ipt.lineage import Lineage
from securebase.ipt.parsing import ParsedValues, parse_values
from securebase.ipt.shelf import behaviour
from securebase.ipt.worksheet import FieldKind, Worksheet
from securebase.records.vocabulary import Agreement
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.ui.conflict import error_status, refusal_as_message, sentence
from securebase.workbench.ui.methods import is_autosave
from securebase.workbench.ui.parsing import parse_id, parse_number
from securebase.workbench.worksheets import actions, queries
from securebase.workbench.worksheets.forms import build_inputs, problems_on_page, submitted_values
from securebase.workbench.worksheets.models import Artefact, ArtefactVersion


@dataclass(frozen=True, slots=True)
class _CurrentWorksheet:
    """The worksheet that a request concerns; `artefact` is None before the first save."""

    spec: Worksheet
    episode: Episode
    artefact_id: uuid.UUID
    artefact: Artefact | None


@client_page("GET")
def begin(page: ClientPage, name: str) -> HttpResponse:
    """Redirect to the existing artefact of a worksheet that is filled in once, else to an empty one with a new id."""
    spec, episode = queries.worksheet_or_404(name), page.require_episode()
    query = page.request.GET.urlencode()
    artefact = _unique_artefact(episode, spec, page.request)
    target = reverse("worksheet", args=[page.client.id, name, artefact.id if artefact else uuid.uuid4()])
    return redirect(f"{target}?{query}" if query else target)


def _unique_artefact(episode: Episode, spec: Worksheet, request: HttpRequest) -> Artefact | None:
    """Return the existing artefact of a worksheet that is filled in once per course or once per session."""
    if not spec.many:
        return queries.current_artefact(episode, spec.id)
    if not spec.once_per_session:
        return None
    # without a session in the address, the note belongs to the latest session, which may already have one
    if session := queries.find_session(episode, request.GET.get("session")) or _current_session(episode):
        return episode.artefacts.filter(worksheet=spec.id, therapy_session=session, removed_at=None).first()
    return None


@client_page("GET")
def begin_about(page: ClientPage, name: str, about_id: uuid.UUID) -> HttpResponse:
    """Redirect to a new worksheet about one person; it starts with the values of the previous one."""
    spec, episode = queries.worksheet_or_404(name), page.require_episode()
    if not spec.about_person or str(about_id) not in queries.people_of(episode):
        raise Http404
    target = reverse("worksheet", args=[page.client.id, name, uuid.uuid4()])
    back = _return_path(page.request)
    query = {"about": str(about_id)} | ({"next": back} if back else {})
    return redirect(f"{target}?{urlencode(query)}")


# the audit trail records the opening of the page, not every autosave
@client_page("GET", "POST", tab="course", audited=("GET",))
def worksheet(page: ClientPage, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """Show the form of a worksheet and save it, by autosave or by button. An unknown id shows an empty form."""
    spec, episode = queries.worksheet_or_404(name), page.require_episode()
    artefact = queries.find_artefact(account=page.account, client=page.client, name=name, artefact_id=artefact_id)
    current = _CurrentWorksheet(spec, artefact.episode if artefact else episode, artefact_id, artefact)
    return _save(page, current) if page.request.method == "POST" else _render(page, current)


def _save(page: ClientPage, current: _CurrentWorksheet) -> HttpResponse:
    request, spec, artefact = page.request, current.spec, current.artefact
    filled = parse_values(spec, submitted_values(spec, request.POST))
    if artefact is not None:
        # fields that only another lineage's formulation or an earlier shelf shows keep their values
        visible_ids = {f.id for f in spec.fields_for(lineage_of(page.account.clinic).formulation)}
        hidden = {k: v for k, v in queries.values_of(artefact).items() if k not in visible_ids}
        filled = replace(filled, values=filled.values | hidden)
    autosave = is_autosave(request)
    try:
        saved = actions.save_artefact(
            id=current.artefact_id,
            episode=current.episode,
            worksheet=spec.id,
            by=page.account,
            filled=filled,
            revision=parse_number(request.POST.get("revision")),
            at=page.now,
            session=queries.find_session(current.episode, request.POST.get("session")),
            about=parse_id(request.POST.get("about")),
            from_paper=spec.client_fills and "from_paper" in request.POST,
            new_version="new_version" in request.POST,
        )
    except InputError as error:
        if autosave:
            empty = isinstance(error, actions.EmptyWorksheetError)
            refusal = {"error": sentence(error), "revision": artefact.revision if artefact else 0, "empty": empty}
            return JsonResponse(refusal, status=error_status(error))
        page.record_read()
        return _render(page, current, filled=filled, refusal=error)
    if autosave:
        at = timezone.localtime(saved.changed_at)
        problems = problems_on_page(filled, request.POST)
        state = {"revision": saved.revision, "version": saved.version, "problems": problems}
        return JsonResponse({"saved": f"{at:%H:%M}", "parts": _parts_above(page, saved)} | state)
    if filled.unread:
        messages.warning(request, "Saved, except the fields marked below.")
    else:
        unanswered = spec.agreement and saved.agreement == Agreement.OPEN
        hint = " Record the client’s response on the worksheet." if unanswered else ""
        messages.success(request, f"{spec.name}: saved.{hint}")
        if (back := _return_path(request)) and "stay" not in request.POST:
            return redirect(back)
    return page.redirect("worksheet", spec.id, current.artefact_id)


def _above(worksheet: str) -> Any:
    """Return the template of the optional part above the fields, empty for most worksheets."""
    return select_template([f"{worksheet}/above.html", "worksheets/above_nothing.html"])


def _names_above(worksheet: str, artefact: Artefact | None) -> dict[str, Any]:
    """Return the names that the part above the fields needs."""
    return dict(behaviour(worksheet).above(queries.values_of(artefact) if artefact else {}))


def _parts_above(page: ClientPage, saved: Artefact) -> dict[str, str]:
    """Return the parts of the page that a save changes, by their ids; other pages embed the worksheet without them."""
    about_name = queries.people_of(saved.episode).get(str(saved.about), "")
    context = {"client": page.client, "worksheet": saved.kind, "artefact": saved, "about_name": about_name}
    context |= _names_above(saved.worksheet, saved)
    answered = render_to_string("worksheets/_answered.html", context)
    return {"above": _above(saved.worksheet).render(context, page.request), f"answered-{saved.id}": answered}


def _render(
    page: ClientPage,
    current: _CurrentWorksheet,
    *,
    filled: ParsedValues | None = None,
    refusal: InputError | None = None,
    refused_answer: InputError | None = None,
) -> HttpResponse:
    request, spec, episode, artefact = page.request, current.spec, current.episode, current.artefact
    people = queries.current_people(episode)
    origin = None if artefact else queries.preceding_artefact(episode, parse_id(request.GET.get("from")))
    about_id = artefact.about if artefact else parse_id(request.GET.get("about")) or (origin.about if origin else None)
    session = artefact.therapy_session if artefact else queries.find_session(episode, request.GET.get("session"))
    if artefact is None and session is None and spec.in_session:
        session = _current_session(episode)
    values, unread = _initial_contents(current, filled, about_id)
    if filled is None and origin is not None:
        values = follow_up_values(origin.kind, queries.values_of(origin), spec) | values
    if filled is None and artefact is None:
        values = _preset_choices(spec, request.GET) | values
    other_rows = [row for row in queries.list_artefacts(episode, [spec.id]) if row.artefact.id != current.artefact_id]
    last = artefact.versions.order_by("-number").first() if artefact else None
    context: dict[str, Any] = {
        "episode": episode,
        "worksheet": spec,
        "above": _above(spec.id),
        **_names_above(spec.id, artefact),
        "artefact": artefact,
        "artefact_id": current.artefact_id,
        "inputs": build_inputs(spec, values, unread, people=people, **_lineage_options(page)),
        "people": people,
        "about_id": str(about_id) if about_id else "",
        "about_left": bool(about_id) and str(about_id) not in people,
        "about_name": queries.people_of(episode).get(str(about_id), ""),
        "session": session,
        "sessions": list(episode.therapy_sessions.order_by("-number")),
        "shown_on": _page_of(spec, page.client.id, lineage_of(page.account.clinic)),
        "others": other_rows[:8],
        "more_others": max(len(other_rows) - 8, 0),
        "refused": sentence(refusal) if refusal else "",
        "revision": artefact.revision if artefact else 0,
        "next": _return_path(request),
        "agreements": [a for a in Agreement if a is not Agreement.OPEN],
        "from_paper": "from_paper" in request.POST or bool(last and last.saved_by and last.respondent == "client"),
        "last_version": last,
        "answer": _shown_answer(artefact, last, request.POST if refused_answer else None),
        "refused_answer": sentence(refused_answer) if refused_answer else "",
    }
    error = refusal or refused_answer
    return page.render("worksheets/worksheet.html", context, status=error_status(error) if error else 200)


def _shown_answer(
    artefact: Artefact | None, last: ArtefactVersion | None, refused: QueryDict | None
) -> Mapping[str, str | None]:
    """Return the client's answer as just typed, if it was refused, else as saved."""
    if refused is not None:
        return {name: refused.get(name, "") for name in ("agreement", "said")}
    return {"agreement": artefact.agreement if artefact else "", "said": last.said if last else ""}


def _page_of(spec: Worksheet, client_id: uuid.UUID, lineage: Lineage) -> tuple[str, str]:
    """Return address and name of the page that shows the entries of a worksheet; empty if there is none."""
    names = {
        "formulation": "View as a diagram",
        "timeline": "Timeline",
        "area-work": "Progress over time",
        "ending": f"{lineage.ending[:1].upper()}{lineage.ending[1:]}",
    }
    if not spec.page:
        return "", ""
    part = f"#{spec.page_part}" if spec.page_part else ""
    return reverse(spec.page_name, args=[client_id]) + part, names[spec.page_name]


def _initial_contents(
    current: _CurrentWorksheet, filled: ParsedValues | None, about_id: uuid.UUID | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return values and unread input: as just typed, else as saved, else the defaults of a new worksheet."""
    if filled is not None:
        return filled.values, {k: list(v) for k, v in filled.unread.items()}
    if current.artefact is not None:
        return current.artefact.values, current.artefact.unread
    return queries.initial_values(current.episode, current.spec, about_id), {}


def _preset_choices(spec: Worksheet, query: QueryDict) -> dict[str, Any]:
    """Return the choices in the address (“kind=withdrawal”). It ignores text, since addresses end up in logs."""
    choices = {f.id for f in spec.fields if f.kind is FieldKind.CHOICE}
    return parse_values(spec, {name: text for name, text in query.items() if name in choices}).values


@client_page("GET", tab="course")
def history(page: ClientPage, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """Show every version with its changes; the therapist can restore any of them."""
    artefact = _artefact_or_404(page, name, artefact_id)
    context = {"worksheet": artefact.kind, "artefact": artefact, "rows": queries.history(artefact)}
    return page.render("worksheets/history.html", context)


@client_page("POST")
def restore(page: ClientPage, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    artefact = _artefact_or_404(page, name, artefact_id)
    number = parse_number(page.request.POST.get("version"))
    with refusal_as_message(page.request):
        actions.restore_version(artefact=artefact, by=page.account, number=number, at=page.now)
        messages.success(page.request, f"Version {number} restored. The previous version is in the history.")
    return page.redirect("worksheet", name, artefact_id)


@client_page("POST")
def remove(page: ClientPage, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """Remove the artefact from the record, or put it back with “undo”."""
    artefact = _artefact_or_404(page, name, artefact_id)
    back = "undo" in page.request.POST
    actions.remove_artefact(artefact=artefact, by=page.account, at=None if back else page.now)
    if back:
        messages.success(page.request, f"{artefact.kind.name}: restored.")
    return page.redirect("worksheet", name, artefact_id)


@client_page("POST")
def share(page: ClientPage, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    artefact, posted = _artefact_or_404(page, name, artefact_id), page.request.POST
    with refusal_as_message(page.request):
        actions.share_artefact(
            artefact=artefact, by=page.account, client="client" in posted, supervisor="supervisor" in posted
        )
        messages.success(page.request, "Sharing saved.")
    return page.redirect("worksheet", name, artefact_id)


@client_page("POST", tab="course")
def answer(page: ClientPage, name: str, artefact_id: uuid.UUID) -> HttpResponse:
    """Record the client's answer, as noted by the therapist; a refused one is shown again on the worksheet."""
    artefact, posted = _artefact_or_404(page, name, artefact_id), page.request.POST
    try:
        agreement = _read_agreement(posted)
        actions.answer_artefact(
            artefact=artefact,
            by=page.account,
            version=parse_number(posted.get("version")),
            revision=parse_number(posted["revision"]) if "revision" in posted else None,
            agreement=agreement,
            client_words=posted.get("said", ""),
            at=page.now,
        )
    except InputError as error:
        current = _CurrentWorksheet(artefact.kind, artefact.episode, artefact.id, artefact)
        return _render(page, current, refused_answer=error)
    messages.success(page.request, f"Response saved: {agreement.label.lower()}.")
    return redirect(_return_path(page.request) or reverse("worksheet", args=[page.client.id, name, artefact_id]))


def _read_agreement(posted: QueryDict) -> Agreement:
    try:
        return Agreement(posted.get("agreement", ""))
    except ValueError:
        raise InputError("choose the client’s response") from None


@client_page("GET", tab="course")
def paper(page: ClientPage, name: str) -> HttpResponse:
    """Show an empty form to print; it carries no client data."""
    spec = queries.worksheet_or_404(name)
    if spec.client_fills:
        spec = relabel_for_client(spec)
    blank = build_inputs(spec, {}, {}, people={}, **_lineage_options(page))
    return page.render("worksheets/paper.html", {"worksheet": spec, "inputs": blank})


# ---- helpers ---------------------------------------------------------------------------------------------------------
def _artefact_or_404(page: ClientPage, name: str, artefact_id: uuid.UUID) -> Artefact:
    return queries.artefact_or_404(account=page.account, client=page.client, name=name, artefact_id=artefact_id)


def _lineage_options(page: ClientPage) -> dict[str, Any]:
    """Return the arguments of `build_inputs` that depend on the clinic's lineage."""
    lineage = lineage_of(page.account.clinic)
    return {"formulation": lineage.formulation, "areas": {a.value for a in lineage.areas}}


def _current_session(episode: Episode) -> TherapySession | None:
    """Return the latest session that has begun or begins within the hour; a new note most likely belongs to it."""
    soon = timezone.now() + timedelta(hours=1)
    return episode.therapy_sessions.filter(held_at__lte=soon).order_by("-held_at").first()


def _return_path(request: HttpRequest) -> str:
    """Return the path to go to after saving; empty unless it lies within this workbench (no open redirect)."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    return target if target.startswith("/") and url_has_allowed_host_and_scheme(target, None) else ""
