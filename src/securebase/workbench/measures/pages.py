"""Therapist pages of measures: scores and change, single administrations, and typing in."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from securebase.charts import ratings_side_by_side
from securebase.charts.render import image, svg
from securebase.charts.style import PHONE_WIDTH
from securebase.errors import InputError
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.picture import ratings
from securebase.records.vocabulary import Moment
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.measures import actions, overview, queries
from securebase.workbench.measures.forms import TypeInForm
from securebase.workbench.measures.paper_forms import TIME_BEFORE, completion_time
from securebase.workbench.measures.schedule import is_additional
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.ui.conflict import form_status, keep_input
from securebase.workbench.ui.methods import post_only

_require_therapist = require_role(Role.THERAPIST)


def _client_page(request: HttpRequest, client_id: uuid.UUID, page: str) -> dict[str, Any]:
    context = client_page(account=current_account(request), client_id=client_id, page=page, now=timezone.now())
    return context | {"tab": "measures"}


@_require_therapist
@require_GET
def measures(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "client-measures")
    episode, now = context["episode"], timezone.now()
    if episode is not None:
        comparison = overview.alliance_ratings(episode)
        label, text = ratings_side_by_side.text_alternative(comparison) if comparison.rated_by_therapist else ("", "")
        context |= {
            "groups": (groups := overview.scale_groups(episode)),
            "has_unvalidated": any(not row.instrument.validated for group in groups for row in group.rows),
            "threshold_bases": overview.threshold_bases(groups),
            "administrations": queries.administration_rows(episode),
            "ratings": comparison,
            "ratings_say": ratings.comparison_sentences(comparison),
            "ratings_words": f"{label}. {text}",
            "ratings_sizes": RATING_SIZES,
            "extras": (extras := overview.extra_rows(episode, context["sessions_held"], now)),
            "with_other_areas": [row.instrument for row in extras if not row.fits],
            "unmeasured": overview.unmeasured_constructs(episode),
        }
    context["to_type_in"] = queries.instruments_to_type_in()
    return render(request, "measures/measures.html", context)


#: Size in pixels of the chart of both ratings, on a wide page and on a phone.
RATING_SIZES = {"wide": (900, ratings_side_by_side.HEIGHT), "phone": (PHONE_WIDTH, ratings_side_by_side.HEIGHT)}


@_require_therapist
@require_GET
def ratings_drawing(request: HttpRequest, client_id: uuid.UUID, width: str) -> HttpResponse:
    """Return the chart of client and therapist ratings as SVG."""
    context = _client_page(request, client_id, "client-ratings")
    episode = context["episode"]
    comparison = overview.alliance_ratings(episode) if episode is not None else None
    if comparison is None or not comparison.rated_by_therapist or width not in RATING_SIZES:
        raise Http404
    size = RATING_SIZES[width]
    drawing = image(svg(ratings_side_by_side.ratings_chart(comparison, width=size[0])), size)
    return HttpResponse(drawing, content_type="image/svg+xml; charset=utf-8")


@_require_therapist
@post_only
def choose_extra(request: HttpRequest, client_id: uuid.UUID, instrument_id: str) -> HttpResponse:
    """Request an additional questionnaire for the next check-in, switch it off, or return it to its schedule."""
    context = _client_page(request, client_id, "extra-choose")
    episode = context["episode"]
    if episode is None:
        raise Http404
    choices = {
        "ask": ({"asked_for": True}, "added to the next check-in."),
        "not_now": ({"asked_for": False}, "will be asked when it is due."),
        "off": ({"off": True}, "switched off for this client. Earlier answers are kept."),
        "on": ({"off": False}, "switched on. It will be asked when it is due."),
    }
    choice = choices.get(request.POST.get("choice", ""))
    if choice is None or not is_additional(instrument_id):
        messages.error(request, "Nothing was changed. Use one of the buttons below.")
    else:
        actions.choose_extra(episode=episode, by=current_account(request), instrument=instrument_id, **choice[0])
        messages.success(request, f"{get_instrument(instrument_id).name}: {choice[1]}")
    return redirect(reverse("client-measures", args=[client_id]) + "#seldom")


@_require_therapist
@require_GET
def administration(request: HttpRequest, client_id: uuid.UUID, administration_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "administration")
    row = queries.get_administration(
        account=current_account(request), client=context["client"], administration_id=administration_id
    )
    context |= {"row": queries.administration_row(row), "answers": queries.item_answers(row)}
    return render(request, "measures/administration.html", context)


@_require_therapist
@post_only
def set_aside(request: HttpRequest, client_id: uuid.UUID, administration_id: uuid.UUID) -> HttpResponse:
    context = _client_page(request, client_id, "administration-set-aside")
    row = queries.get_administration(
        account=current_account(request), client=context["client"], administration_id=administration_id
    )
    back = "take_back" in request.POST
    actions.set_aside_administration(
        administration=row, by=current_account(request), at=None if back else timezone.now()
    )
    messages.success(
        request, "Included again." if back else "Excluded. The answers stay on record but no longer count."
    )
    return redirect("administration", client_id, administration_id)


@_require_therapist
@require_http_methods(["GET", "POST"])
def type_in(request: HttpRequest, client_id: uuid.UUID, instrument_id: str) -> HttpResponse:
    """Type in a paper form by item numbers; an invalid form keeps its input."""
    context = _client_page(request, client_id, "type-in")
    episode = context["episode"]
    questionnaires = {i.id: i for i in queries.instruments_to_type_in()}
    if episode is None or instrument_id not in questionnaires:
        raise Http404
    initial = {"submission": secrets.token_urlsafe(16), "date": timezone.localdate(), "moment": Moment.BEFORE.value}
    form = TypeInForm(request.POST or None, instrument=questionnaires[instrument_id], episode=episode, initial=initial)
    if form.is_valid():
        moment = Moment(form.cleaned_data["moment"] or Moment.BEFORE)
        try:
            result = actions.type_in_administration(
                episode=episode,
                by=current_account(request),
                instrument=instrument_id,
                responses=form.responses(),
                at=_completion_time(form, moment),
                submission=form.cleaned_data["submission"],
                session=form.selected_session,
                moment=moment,
            )
        except InputError as error:
            keep_input(form, error)
        else:
            if result.alerts:
                messages.warning(request, "Saved. One answer raised a safety alert. Please read it now.")
            else:
                messages.success(request, "Saved.")
            return redirect("administration", client_id, result.administration.id)
    context |= {"form": form, "instrument": questionnaires[instrument_id]}
    return render(request, "measures/type_in.html", context, status=form_status(form))


def _completion_time(form: TypeInForm, moment: Moment) -> datetime:
    # four minutes before the check-in's own form, so that two instruments before one session get different times
    return completion_time(
        episode=form.episode,
        session=form.selected_session,
        moment=moment,
        day=form.cleaned_data["date"],
        now=timezone.now(),
        before=TIME_BEFORE + timedelta(minutes=4),
    )
