"""Pages of the library that load the wording of a questionnaire."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from msgspec.structs import replace

from securebase.errors import InstrumentError
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.instrument import Instrument
from securebase.measurement.wording_sources import Draft, parse_pasted_text, read_wording_file
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.audit.actions import record
from securebase.workbench.measures.wording_forms import LinesForm, SourceForm
from securebase.workbench.ui.conflict import form_status, sentence
from securebase.workbench.wordings import save_wording, withdraw_wording


@require_role(Role.THERAPIST, Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def load_wording(request: HttpRequest, instrument_id: str) -> HttpResponse:
    """Read pasted lines or a file, show each beside the skeleton, and store them once they are confirmed."""
    instrument = _instrument_or_404(instrument_id)
    if "save" in request.POST:
        return _save(request, instrument)
    form = SourceForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            draft = _read(instrument, form)
        except InstrumentError as error:
            form.add_error("file", sentence(error))
        else:
            language = draft.language or form.cleaned_data["language"]
            lines = LinesForm(instrument=instrument, draft=draft, initial={"language": language})
            return _show_lines(request, instrument, lines, draft)
    context = {"instrument": instrument, "form": form, "section": "library"}
    return render(request, "measures/wording_source.html", context, status=form_status(form))


@require_role(Role.ADMINISTRATOR)
@require_POST
def withdraw(request: HttpRequest, instrument_id: str, tag: str) -> HttpResponse:
    """Ask a version no more; the answers that were given to it keep its words."""
    instrument = _instrument_or_404(instrument_id)
    if withdraw_wording(instrument.id, tag):
        record(
            actor=current_account(request),
            action="wording.withdrawn",
            object_type="instrument",
            object_id=instrument.id,
            detail={"version": tag},
        )
        messages.success(request, f"Clients are no longer asked in {tag}.")
    return redirect("library-instrument", instrument.id)


def _instrument_or_404(instrument_id: str) -> Instrument:
    try:
        instrument = get_instrument(instrument_id)
    except InstrumentError:
        raise Http404 from None
    if instrument.own_wording or instrument.respondent != "client":
        raise Http404
    return instrument


def _read(instrument: Instrument, form: SourceForm) -> Draft:
    file = form.cleaned_data["file"]
    if file:
        return read_wording_file(instrument, file.name, file.read())
    return parse_pasted_text(instrument, form.cleaned_data["pasted"])


def _save(request: HttpRequest, instrument: Instrument) -> HttpResponse:
    form, account = LinesForm(request.POST, instrument=instrument), current_account(request)
    if not form.is_valid():
        return _show_lines(request, instrument, form)
    on = timezone.localdate().isoformat()
    stored = save_wording(replace(form.wording, loaded_by=account.name_shown, loaded_on=on))
    record(
        actor=account,
        action="wording.loaded",
        object_type="instrument",
        object_id=instrument.id,
        detail={"version": stored.tag, "licence": stored.licence},
    )
    messages.success(request, f"{instrument.name} can now be answered by clients ({stored.tag}).")
    return redirect("library-instrument", instrument.id)


def _show_lines(
    request: HttpRequest, instrument: Instrument, form: LinesForm, draft: Draft | None = None
) -> HttpResponse:
    context = {
        "instrument": instrument,
        "form": form,
        "leftover": draft.leftover if draft else (),
        "section": "library",
    }
    return render(request, "measures/wording_lines.html", context, status=form_status(form))
