"""What leaves the workbench, each time with an audit row."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from securebase.errors import InputError
from securebase.exchange.pseudonyms import pseudonymise_record
from securebase.exchange.record_json import format_record
from securebase.exchange.work_csv import work_table
from securebase.ipt.worksheet import Audience
from securebase.measurement.schedule import SESSION_SETS
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from securebase.records.vocabulary import Respondent
from securebase.reports.paper_reports import document, parts
from securebase.reports.pdf import pdf
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.actions import record
from securebase.workbench.casefile import artefact_versions, episode_record, prefetch_record
from securebase.workbench.clients.actions import ensure_own
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.queries import record_of
from securebase.workbench.exports.queries import case_of, episode_with_work, pseudonym
from securebase.workbench.inventory.forms import RELATIONS


@transaction.atomic
def download_scores(*, episode: Episode, by: Account, at: datetime) -> bytes:
    """One client's scores as CSV: weeks since the therapy began, a column a scale, a pseudonym instead of a name.

    No date, no free text, no single answers, no row without a score. Raises InputError where there is no score yet.
    """
    ensure_own(episode.client, by)
    found = prefetch_record(Episode.objects.visible_to(by)).get(id=episode.id)
    text = _csv(replace(episode_record(found, at), person=pseudonym(episode)))
    record(
        actor=by,
        action="scores.downloaded",
        object_type="episode",
        object_id=episode.id,
        client=episode.client_id,
        detail={"bytes": len(text)},
    )
    return text


def download_report(
    *, episode: Episode, by: Account, report: Audience, ticked: Collection[str], words: Mapping[str, str], at: datetime
) -> bytes:
    """A report as PDF with the parts that were ticked. `words`: what the therapist typed for it.

    Raises InputError where nothing was ticked that could go in: a report without content helps nobody.
    """
    ensure_own(episode.client, by)
    case = case_of(episode=episode, by=by, report=report, words=words, now=at)
    chosen = {p.id for p in parts(report, case) if p.ready and p.id in ticked}
    if not chosen:
        raise InputError("nothing is ticked that could go into the report", advice="Tick at least one part.")
    # made outside the transaction: it takes longer than anybody should wait for a lock
    made = pdf(document(report, case, chosen))
    _written_down(
        episode, by, "report.downloaded", {"report": report.value, "parts": sorted(chosen), "bytes": len(made)}
    )
    return made


def download_record(*, episode: Episode, by: Account, texts: bool, at: datetime) -> bytes:
    """The whole record as JSON under a pseudonym; what was written freely only where `texts`, and notes never."""
    ensure_own(episode.client, by)
    outside = pseudonymise_record(
        record_of(episode, at),
        person=pseudonym(episode),
        texts=texts,
        hidden=(episode.client.name_shown,),
        relations=RELATIONS,
    )
    if by.years_of_experience is not None:
        years = float(by.years_of_experience)
        outside = replace(outside, covariates={**outside.covariates, "therapist_years_of_experience": years})
    notes = NOTES | {"texts": WITH_TEXTS if texts else WITHOUT_TEXTS} | _of_the_therapist(by, texts=texts)
    made = format_record(outside, notes).encode()
    _written_down(episode, by, "record.downloaded", {"texts": texts, "bytes": len(made)})
    return made


def download_work(*, episode: Episode, by: Account, texts: bool, at: datetime) -> bytes:
    """Every version of every worksheet as CSV, a row a field, under the same rules as the whole record.

    Raises InputError where nothing was filled in.
    """
    ensure_own(episode.client, by)
    record = record_of(episode, at)
    versions = tuple(artefact_versions(episode_with_work(episode), at))
    if not versions:
        raise InputError("no worksheet was filled in yet", advice="Open one under Course.")
    outside = pseudonymise_record(
        replace(record, artefacts=versions),
        person=pseudonym(episode),
        texts=texts,
        hidden=(episode.client.name_shown,),
        relations=RELATIONS,
    )
    made = work_table(outside.person, outside.artefacts).encode()
    _written_down(episode, by, "work.downloaded", {"texts": texts, "bytes": len(made)})
    return made


def _of_the_therapist(by: Account, *, texts: bool) -> dict[str, str]:
    """What an outcome must later be adjusted for, as the therapist said it; free words only where texts are in it."""
    said = {"therapist_ipt_training": by.get_ipt_training_display() if by.ipt_training else ""}
    if texts:
        said |= {"therapist_training": by.training, "therapist_orientation": by.orientation}
    return {name: words for name, words in said.items() if words}


#: Notes at the head of a record, for its reader.
NOTES = {
    "times": "Days since the local midnight on which the therapy began.",
    "days": "Days of the calendar are moved, so that every therapy begins on 1 January 2001.",
    "people": "People of the inventory are counted; their relation to the client stays where it is a usual one.",
}
WITH_TEXTS = "Texts are in it, with known names replaced. Fields for the therapist’s own notes are not."
WITHOUT_TEXTS = "Nothing that was written freely is in it."


@transaction.atomic
def _written_down(episode: Episode, by: Account, action: str, detail: dict[str, object]) -> None:
    record(
        actor=by, action=action, object_type="episode", object_id=episode.id, client=episode.client_id, detail=detail
    )


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


def _scored(episode: EpisodeRecord) -> Iterator[tuple[AdministrationRecord, list[ScoreRecord]]]:
    """What the client filled in and gave a score, in order of time."""
    for given in sorted(episode.administrations, key=lambda a: a.at):
        scores = [s for s in given.scores if s.value is not None]
        if scores and given.respondent is Respondent.CLIENT:
            yield given, scores


def _columns(episode: EpisodeRecord) -> dict[Measure, str]:
    """(instrument, scale) → the column's name: the construct for the scale it is followed with (that of the episode for
    symptoms, else the check-in's own, else the first that was used), instrument and scale for every other. Symptoms
    come first.
    """
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
