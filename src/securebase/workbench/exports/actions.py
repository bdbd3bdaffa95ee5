"""Downloads that leave the workbench; each one adds an audit row."""

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
from securebase.measurement.catalogue import instrument_in_version
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
from securebase.workbench.exports.queries import build_case, episode_with_work, pseudonym
from securebase.workbench.inventory.forms import RELATIONS
from securebase.workbench.progress.matches import matches_of


@transaction.atomic
def download_scores(*, episode: Episode, by: Account, at: datetime) -> bytes:
    """Return one client's scores as CSV: pseudonym, weeks since the therapy began, one column per scale.

    The file has no dates, no free text, no item responses and no row without a score. Raises InputError if there is no
    score yet.
    """
    ensure_own(episode.client, by)
    row = prefetch_record(Episode.objects.visible_to(by)).get(id=episode.id)
    text = _csv(replace(episode_record(row, at), person=pseudonym(episode)))
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
    """Return a report as PDF with the ticked parts; `words` holds the therapist's texts for it by form field.

    Raises InputError if none of the ticked parts has content.
    """
    ensure_own(episode.client, by)
    case = build_case(episode=episode, by=by, report=report, words=words, now=at)
    included = {p.id for p in parts(report, case) if p.ready and p.id in ticked}
    if not included:
        raise InputError("no section with content is ticked", advice="Tick at least one section.")
    # typesetting takes seconds, so it runs outside the transaction, where it holds no database lock
    content = pdf(document(report, case, included))
    _audit(episode, by, "report.downloaded", {"report": report.value, "parts": sorted(included), "bytes": len(content)})
    return content


def download_record(*, episode: Episode, by: Account, texts: bool, at: datetime) -> bytes:
    """Return the whole record as JSON under a pseudonym: free text only if `texts`, private notes never."""
    ensure_own(episode.client, by)
    record = pseudonymise_record(
        replace(record_of(episode, at), hypothesis_matches=matches_of(episode)),
        person=pseudonym(episode),
        texts=texts,
        hidden=(episode.client.name_shown,),
        relations=RELATIONS,
    )
    if by.years_of_experience is not None:
        years = float(by.years_of_experience)
        record = replace(record, covariates={**record.covariates, "therapist_years_of_experience": years})
    notes = NOTES | {"texts": WITH_TEXTS if texts else WITHOUT_TEXTS} | _describe_missing_answers(record)
    notes |= _describe_therapist(by, texts=texts)
    content = format_record(record, notes).encode()
    _audit(episode, by, "record.downloaded", {"texts": texts, "bytes": len(content)})
    return content


def download_work(*, episode: Episode, by: Account, texts: bool, at: datetime) -> bytes:
    """Return every version of every worksheet as CSV, one row per field, under the rules of `download_record`.

    Raises InputError if no worksheet was filled in.
    """
    ensure_own(episode.client, by)
    record = record_of(episode, at)
    versions = tuple(artefact_versions(episode_with_work(episode), at))
    if not versions:
        raise InputError("no worksheet has been completed yet", advice="Open one under Course.")
    record = pseudonymise_record(
        replace(record, artefacts=versions),
        person=pseudonym(episode),
        texts=texts,
        hidden=(episode.client.name_shown,),
        relations=RELATIONS,
    )
    content = work_table(record.person, record.artefacts).encode()
    _audit(episode, by, "work.downloaded", {"texts": texts, "bytes": len(content)})
    return content


def _describe_therapist(by: Account, *, texts: bool) -> dict[str, str]:
    """Return the therapist's training, for later adjustment of outcomes; free text only if `texts`."""
    notes = {"therapist_ipt_training": by.get_ipt_training_display() if by.ipt_training else ""}
    if texts:
        notes |= {"therapist_training": by.training, "therapist_orientation": by.orientation}
    return {name: words for name, words in notes.items() if words}


def _describe_missing_answers(record: EpisodeRecord) -> dict[str, str]:
    """Return a note on the answers in the record that count as missing, such as “does not apply”."""
    meanings = {
        f"{a.instrument}: {option.value:g} means “{option.label}” and counts as missing"
        for a in record.administrations
        for item in instrument_in_version(a.instrument, a.instrument_version).items
        if (option := item.option(a.responses.get(item.number))) is not None and option.missing
    }
    return {"answers": f"{'; '.join(sorted(meanings))}."} if meanings else {}


#: Notes to the reader at the head of a record.
NOTES = {
    "times": "Times are days since midnight (local time) of the day on which the therapy began.",
    "days": "Calendar dates are shifted so that every therapy begins on 1 January 2001.",
    "people": "People in the inventory are numbered; a common relation to the client, such as mother, is kept.",
}
WITH_TEXTS = "Free text is included, with known names replaced. The therapist’s private notes are not included."
WITHOUT_TEXTS = "Free text is not included."


@transaction.atomic
def _audit(episode: Episode, by: Account, action: str, detail: dict[str, object]) -> None:
    record(
        actor=by, action=action, object_type="episode", object_id=episode.id, client=episode.client_id, detail=detail
    )


def _csv(episode: EpisodeRecord) -> bytes:
    """Return one row per moment with a score and one column per scale."""
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


#: Times are rounded to thousandths of a week (10 minutes): just fine enough to separate the answers before a session
#: from those after it.
_STEP = 0.001
_DAYS_PER_WEEK = 7.0
Measure = tuple[str, str]


def _scored_administrations(episode: EpisodeRecord) -> Iterator[tuple[AdministrationRecord, list[ScoreRecord]]]:
    """Yield the client's administrations that have a score, in order of time, each with its scores."""
    for administration in sorted(episode.administrations, key=lambda a: a.at):
        scores = [s for s in administration.scores if s.value is not None]
        if scores and administration.respondent is Respondent.CLIENT:
            yield administration, scores


def _columns(episode: EpisodeRecord) -> dict[Measure, str]:
    """Return the column's name of every (instrument, scale); symptoms come first.

    The scale that a construct is followed with is named after the construct: the episode's measure, else the check-in's
    own scale, else the first one used. Every other column is named after its instrument and scale.
    """
    constructs = {
        (s.instrument, s.scale): s.construct for _, scores in _scored_administrations(episode) for s in scores
    }
    primary: dict[str, Measure] = {}
    for measure, name in sorted(constructs.items(), key=lambda entry: entry[0][0] not in SESSION_SETS.values()):
        primary.setdefault(name, measure)
    if episode.symptom_measure in constructs:
        primary[constructs[episode.symptom_measure]] = episode.symptom_measure
    ordered = sorted(primary, key=lambda name: name != "symptoms")
    return {primary[name]: name for name in ordered} | {
        measure: "_".join(measure) for measure in constructs if measure not in primary.values()
    }


def _rows(episode: EpisodeRecord) -> dict[int, dict[Measure, float]]:
    """Return the scores of each moment by time in steps; a second score of a scale moves to the next step."""
    rows: dict[int, dict[Measure, float]] = {}
    for administration, scores in _scored_administrations(episode):
        values = {(s.instrument, s.scale): s.value for s in scores}
        time = round(administration.at / _DAYS_PER_WEEK / _STEP)
        while rows.get(time, {}).keys() & values.keys():
            time += 1
        rows.setdefault(time, {}).update(values)
    return dict(sorted(rows.items()))
