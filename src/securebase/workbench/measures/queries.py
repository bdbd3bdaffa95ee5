"""Reads of administrations and safety alerts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.shortcuts import get_object_or_404

from securebase.measurement.catalogue import instruments
from securebase.measurement.instrument import Instrument, Item, Scale
from securebase.measurement.rotation import ROTATION
from securebase.measurement.schedule import SESSION_SETS, SUPPORT_SHARE, is_additional
from securebase.picture.signals import describe_answer
from securebase.records.vocabulary import Respondent
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.measures.models import Administration, SafetyAlert
from securebase.workbench.therapy_sessions.models import TherapySession


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert with its question and the answer in words."""

    alert: SafetyAlert
    question: str
    answer: str


def open_alerts(episode: Episode | None) -> list[OpenAlert]:
    """Return unacknowledged alerts, newest first. No other filter may hide one."""
    if episode is None:
        return []
    rows = episode.safety_alerts.filter(acknowledged_at=None).select_related("administration")
    return [open_alert(alert) for alert in rows]


def open_alert(alert: SafetyAlert) -> OpenAlert:
    """Return the alert with its question and answer in words."""
    question, answer = describe_answer(alert.administration.instrument, alert.item, alert.value)
    return OpenAlert(alert, question[0].upper() + question[1:], answer)


def get_alert(*, account: Account, client: Client, alert_id: uuid.UUID) -> SafetyAlert:
    rows = SafetyAlert.objects.visible_to(account).filter(id=alert_id, episode__client=client)
    return get_object_or_404(rows.select_related("administration", "episode__client"))


def get_administration(*, account: Account, client: Client, administration_id: uuid.UUID) -> Administration:
    rows = Administration.objects.visible_to(account).filter(id=administration_id, episode__client=client)
    return get_object_or_404(rows.select_related("therapy_session", "episode__client"))


@dataclass(frozen=True, slots=True)
class AdministrationRow:
    """One administration with the scores of the scales that were asked, at least in part."""

    administration: Administration
    instrument: Instrument
    scores: list[tuple[Scale, float | None, str]]
    answered: int
    safety_unanswered: bool


def administration_rows(episode: Episode) -> list[AdministrationRow]:
    """Return every administration, last first, including those set aside."""
    rows = episode.administrations.prefetch_related("responses", "scores").select_related("therapy_session")
    return [administration_row(a) for a in rows.order_by("-at")]


def administration_row(administration: Administration) -> AdministrationRow:
    instrument = administration.instrument_as_asked
    values = {s.scale: (s.value, s.note) for s in administration.scores.all()}
    scored = administration.scored_responses
    responses = {r.item: r.value for r in administration.responses.all()}
    scales = [s for s in instrument.scales if not responses.keys().isdisjoint(s.items)]
    return AdministrationRow(
        administration,
        instrument,
        [(s, *values.get(s.id, (None, ""))) for s in scales],
        sum(value is not None for value in responses.values()),
        any(scored[rule.item] is None for rule in instrument.safety_rules),
    )


def item_answers(administration: Administration) -> list[tuple[Item, str, bool]]:
    """Return each item that was asked, with its answer in words and whether it raised an alert."""
    responses = {r.item: r.value for r in administration.responses.all()}
    alerts = {a.item for a in administration.safety_alerts.all()}
    items = [item for item in administration.instrument_as_asked.items if item.number in responses]
    return [(item, format_answer(item, responses[item.number]), item.number in alerts) for item in items]


def own_rating(session: TherapySession) -> list[tuple[Item, str]]:
    """Return the therapist's ratings of this session by item; empty if there are none."""
    rows = session.administrations.filter(respondent=Respondent.THERAPIST.value, set_aside_at=None)
    last = rows.order_by("-at").prefetch_related("responses").first()
    if last is None:
        return []
    responses = {r.item: r.value for r in last.responses.all()}
    return [(i, format_answer(i, responses.get(i.number))) for i in last.instrument_as_asked.items]


def format_answer(item: Item, value: float | None) -> str:
    """Return an answer as text: the option's label where the item has options."""
    if value is None:
        return "not answered"
    option = item.option(value)
    return option.label if option else f"{value:g}"


def instruments_to_type_in() -> list[Instrument]:
    """Return client questionnaires that can be typed in by item numbers, our own last.

    What only check-ins ask, some items at a time, is left out.
    """
    in_check_ins = {*SESSION_SETS.values(), ROTATION, SUPPORT_SHARE}
    questionnaires = [i for i in instruments().values() if i.id not in in_check_ins and i.respondent == "client"]
    return sorted(questionnaires, key=is_additional)
