"""Therapist pages of measures: scores and change, single administrations, and typing in."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from securebase.charts import ratings_side_by_side
from securebase.charts.render import image, svg
from securebase.charts.style import PHONE_WIDTH
from securebase.picture import ratings
from securebase.picture.common_factors import common_factors, factor_facts
from securebase.picture.outcomes import outcome_facts, why_not_known
from securebase.records.vocabulary import Moment
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.measures import actions, overview, queries
from securebase.workbench.measures.forms import TypeInForm
from securebase.workbench.measures.paper_forms import TIME_BEFORE, completion_time
from securebase.workbench.measures.schedule import choice_name, extra_plan, is_choice
from securebase.workbench.therapy_sessions.queries import sessions_held
from securebase.workbench.ui.conflict import form_status, refusal_on
from securebase.workbench.wordings import label_with_texts


@client_page("GET", tab="measures")
def measures(page: ClientPage) -> HttpResponse:
    context: dict[str, Any] = {"to_type_in": queries.instruments_to_type_in()}
    episode, now = page.episode, page.now
    if episode is not None:
        comparison = overview.alliance_ratings(episode)
        records = overview.administration_records(overview.counted_administrations(episode))
        label, text = ratings_side_by_side.text_alternative(comparison) if comparison.rated_by_therapist else ("", "")
        context |= {
            "groups": (groups := overview.scale_groups(episode)),
            "has_unvalidated": any(not row.instrument.validated for group in groups for row in group.rows),
            "outcomes": outcome_facts(outcomes := overview.outcomes(episode, records)),
            "outcomes_note": why_not_known(outcomes),
            "common_factors": factor_facts(common_factors([score for record in records for score in record.scores])),
            "threshold_bases": overview.threshold_bases(groups),
            "administrations": queries.administration_rows(episode),
            "ratings": comparison,
            "ratings_say": ratings.comparison_sentences(comparison),
            "ratings_words": f"{label}. {text}",
            "ratings_sizes": RATING_SIZES,
            "plan": extra_plan(episode, sessions_held(episode, now), now),
            "unmeasured": overview.unmeasured_constructs(episode),
        }
    return page.render("measures/measures.html", context)


#: Size in pixels of the chart of both ratings, on a wide page and on a phone.
RATING_SIZES = {"wide": (900, ratings_side_by_side.HEIGHT), "phone": (PHONE_WIDTH, ratings_side_by_side.HEIGHT)}


@client_page("GET")
def ratings_drawing(page: ClientPage, width: str) -> HttpResponse:
    """Return the chart of client and therapist ratings as SVG."""
    comparison = overview.alliance_ratings(page.episode) if page.episode is not None else None
    if comparison is None or not comparison.rated_by_therapist or width not in RATING_SIZES:
        raise Http404
    size = RATING_SIZES[width]
    drawing = image(svg(ratings_side_by_side.ratings_chart(comparison, width=size[0])), size)
    return HttpResponse(drawing, content_type="image/svg+xml; charset=utf-8")


@client_page("POST")
def choose_extra(page: ClientPage, choice: str) -> HttpResponse:
    """Request additional questions for the next check-in, switch them off, or return them to their schedule."""
    episode, request = page.require_episode(), page.request
    choices = {
        "ask": ({"asked_for": True}, "added to the next check-in after a session."),
        "not_now": ({"asked_for": False}, "will be asked when it is due."),
        "off": ({"off": True}, "switched off for this client. Earlier answers are kept."),
        "on": ({"off": False}, "switched on. It will be asked when it is due."),
    }
    change = choices.get(request.POST.get("choice", ""))
    if change is None or not is_choice(choice):
        messages.error(request, "Nothing was changed. Use one of the buttons below.")
    else:
        actions.choose_extra(episode=episode, by=page.account, instrument=choice, **change[0])
        messages.success(request, f"{choice_name(choice)}: {change[1]}")
    return redirect(reverse("client-measures", args=[page.client.id]) + "#seldom")


@client_page("GET", tab="measures")
def administration(page: ClientPage, administration_id: uuid.UUID) -> HttpResponse:
    row = queries.get_administration(account=page.account, client=page.client, administration_id=administration_id)
    context = {"row": queries.administration_row(row), "answers": queries.item_answers(row)}
    return page.render("measures/administration.html", context)


@client_page("POST")
def set_aside(page: ClientPage, administration_id: uuid.UUID) -> HttpResponse:
    row = queries.get_administration(account=page.account, client=page.client, administration_id=administration_id)
    back = "take_back" in page.request.POST
    actions.set_aside_administration(administration=row, by=page.account, at=None if back else page.now)
    words = "Included again." if back else "Excluded. The answers stay on record but no longer count."
    messages.success(page.request, words)
    return page.redirect("administration", administration_id)


@client_page("GET", "POST", tab="measures")
def type_in(page: ClientPage, instrument_id: str) -> HttpResponse:
    """Type in a paper form by item numbers; an invalid form keeps its input."""
    episode = page.require_episode()
    questionnaires = {i.id: i for i in queries.instruments_to_type_in()}
    if instrument_id not in questionnaires:
        raise Http404
    instrument = label_with_texts(questionnaires[instrument_id], page.client.language)
    usual = Moment.AFTER if instrument.moment == "after" else Moment.BEFORE
    initial = {"submission": secrets.token_urlsafe(16), "date": timezone.localdate(), "moment": usual.value}
    form = TypeInForm(page.posted, instrument=instrument, episode=episode, initial=initial)
    if form.is_valid():
        moment = Moment(form.cleaned_data["moment"] or usual)
        with refusal_on(form):
            result = actions.type_in_administration(
                episode=episode,
                by=page.account,
                instrument=instrument_id,
                responses=form.responses(),
                at=_completion_time(form, moment),
                submission=form.cleaned_data["submission"],
                session=form.selected_session,
                moment=moment,
            )
            announce_result(page.request, result)
            return page.redirect("administration", result.administration.id)
    context = {"form": form, "instrument": instrument}
    return page.render("measures/type_in.html", context, status=form_status(form))


def announce_result(request: HttpRequest, result: actions.RecordingResult) -> None:
    """Tell the therapist that a paper form was saved, and whether it raised a safety alert."""
    if result.alerts:
        messages.warning(request, "Saved. One answer raised a safety alert. Please read it now.")
    else:
        messages.success(request, "Saved.")


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
