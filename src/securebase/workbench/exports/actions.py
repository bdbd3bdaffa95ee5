"""What leaves the workbench, each time with an audit row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.crypto import salted_hmac

from securebase.errors import InputError
from securebase.measurement.schedule import SESSION_SETS
from securebase.records.episode import Administration, EpisodeRecord, Score
from securebase.records.vocabulary import Respondent
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.actions import record
from securebase.workbench.casefile import episode_record, with_everything
from securebase.workbench.clients.actions import ensure_own
from securebase.workbench.clients.models import Episode


@transaction.atomic
def download_scores(*, episode: Episode, by: Account, at: datetime) -> bytes:
    """One client's scores as CSV: weeks since the therapy began, a column a scale, a pseudonym instead of a name.

    No date, no free text, no single answers, no row without a score. Raises InputError where there is no score yet.
    """
    ensure_own(episode.client, by)
    found = with_everything(Episode.objects.visible_to(by)).get(id=episode.id)
    person = f"client-{salted_hmac('securebase.exports', str(episode.client_id)).hexdigest()[:10]}"
    text = _csv(replace(episode_record(found, at), person=person))
    record(
        actor=by,
        action="scores.downloaded",
        object_type="episode",
        object_id=episode.id,
        client=episode.client_id,
        detail={"bytes": len(text)},
    )
    return text


def _csv(episode: EpisodeRecord) -> bytes:
    """One row a moment that has a score, one column a scale."""
    columns = _columns(episode)
    if not columns:
        raise InputError("there is no score to download yet")
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(["person", "time", *columns.values()])
    for time, values in _rows(episode).items():
        cells = ("" if (value := values.get(measure)) is None else f"{value:.10g}" for measure in columns)
        table.writerow([episode.person, f"{time * _STEP:.3f}", *cells])
    return text.getvalue().encode()


#: Times are written in thousandths of a week, ten minutes: enough to keep what was asked before a session from what was
#: asked after it, and no more.
_STEP = 0.001
_DAYS_A_WEEK = 7.0
Measure = tuple[str, str]


def _scored(episode: EpisodeRecord) -> Iterator[tuple[Administration, list[Score]]]:
    """What the client filled in and gave a score, in order of time."""
    for given in sorted(episode.administrations, key=lambda a: a.at):
        scores = [s for s in given.scores if s.value is not None]
        if scores and given.respondent is Respondent.CLIENT:
            yield given, scores


def _columns(episode: EpisodeRecord) -> dict[Measure, str]:
    """(instrument, scale) → the column's name: the construct for the scale it is followed with (that of the episode for
    symptoms, else the check-in's own, else the first that was used), instrument and scale for every other. Symptoms
    come first."""
    constructs = {(s.instrument, s.scale): s.construct for _, scores in _scored(episode) for s in scores}
    chief: dict[str, Measure] = {}
    for measure, name in sorted(constructs.items(), key=lambda entry: entry[0][0] not in SESSION_SETS.values()):
        chief.setdefault(name, measure)
    if episode.symptom_measure in constructs:
        chief["symptoms"] = episode.symptom_measure
    first = sorted(chief, key=lambda name: name != "symptoms")
    return {chief[name]: name for name in first} | {
        measure: "_".join(measure) for measure in constructs if measure not in chief.values()
    }


def _rows(episode: EpisodeRecord) -> dict[int, dict[Measure, float]]:
    """Time in steps → the scores of that moment; two of one scale within one step stand one after the other."""
    rows: dict[int, dict[Measure, float]] = {}
    for given, scores in _scored(episode):
        values = {(s.instrument, s.scale): s.value for s in scores}
        time = round(given.at / _DAYS_A_WEEK / _STEP)
        while rows.get(time, {}).keys() & values.keys():
            time += 1
        rows.setdefault(time, {}).update(values)
    return dict(sorted(rows.items()))
