"""Notes on responses that no curve of the picture shows, so that no completed questionnaire seems to be lost."""

from __future__ import annotations

from collections.abc import Sequence

from securebase.measurement.catalogue import find_scale, instruments
from securebase.measurement.constructs import TRACKED_CONSTRUCTS
from securebase.measurement.schedule import is_additional
from securebase.picture import phrases
from securebase.picture.gates import WEEK_DAYS
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from securebase.records.vocabulary import Respondent

#: The two halves of the product's own session set.
CHECK_IN = {"session_before", "session_after"}
#: Sessions named in one note.
MAX_NAMED = 3


def count_answered(record: EpisodeRecord) -> int:
    """Count complete and partial administrations by the client, without the additional questionnaires of check-ins."""
    administrations = [a for a in _client_administrations(record) if not _is_additional(a.instrument)]
    return sum(bool(a.scores) or any(v is not None for v in a.responses.values()) for a in administrations)


def symptom_notes(record: EpisodeRecord, scores: Sequence[ScoreRecord], *, modelled: bool) -> tuple[str, ...]:
    """Return notes on missing responses, a missing questionnaire, symptoms on another measure, and unknown facts.

    `scores` are the symptom scores on every measure, in order of time; modelled: the model has units for the measure.
    """
    notes = [
        *partial_answer_notes(record, record.symptom_measure, "symptom"),
        *_missing_questionnaire_notes(record),
        *_other_measure_notes(record, scores),
        *_unplotted_notes(record),
        *_unknown_facts_notes(record, modelled=modelled),
    ]
    return tuple(notes)


def partial_answer_notes(record: EpisodeRecord, measure: tuple[str, str], score: str) -> tuple[str, ...]:
    """Return a note naming the sessions with too few responses for this score, if any."""
    completed = [a for a in _client_administrations(record) if a.instrument == measure[0]]
    scored = {(a.session, a.session is None and a.at) for a in completed if _has_score(a, measure)}
    unscored = {
        (a.session, a.session is None and a.at): phrases.session(a.session, a.at)
        for a in sorted(completed, key=lambda a: a.at)
        if not _has_score(a, measure)
    }
    names = [name for key, name in unscored.items() if key not in scored][-MAX_NAMED:]
    return (phrases.too_few_items_note(names, score),) if names else ()


def _missing_questionnaire_notes(record: EpisodeRecord) -> tuple[str, ...]:
    """Return a note if the latest session has its check-in but not the separate symptom questionnaire."""
    symptom_instrument = record.symptom_measure[0]
    if symptom_instrument in CHECK_IN:
        return ()
    check_ins = [a for a in _client_administrations(record) if a.instrument in CHECK_IN and a.session is not None]
    if not check_ins:
        return ()
    last = max(check_ins, key=lambda a: (a.session or 0, a.at))
    at = {s.number: s.at for s in record.sessions}.get(last.session or 0, last.at)
    completed = any(
        a.session == last.session or (a.session is None and at - WEEK_DAYS < a.at <= at + WEEK_DAYS)
        for a in _client_administrations(record)
        if a.instrument == symptom_instrument
    )
    if completed:
        return ()
    return (phrases.missing_questionnaire_note(_instrument_name(symptom_instrument), f"session {last.session}"),)


def _other_measure_notes(record: EpisodeRecord, scores: Sequence[ScoreRecord]) -> list[str]:
    """Return notes on the last symptom score of every measure but the episode's own."""
    last = {(s.instrument, s.scale): s for s in scores if (s.instrument, s.scale) != record.symptom_measure}
    shown = _instrument_name(record.symptom_measure[0])
    return [
        phrases.other_measure_note(_instrument_name(measure[0]), s.value, phrases.session(s.session, s.at), shown)
        for measure, s in last.items()
    ]


def _unplotted_notes(record: EpisodeRecord) -> tuple[str, ...]:
    """Return a note on questionnaires without a curve."""
    administrations = _client_administrations(record)
    plotted = {a.instrument for a in administrations if any(s.construct in TRACKED_CONSTRUCTS for s in a.scores)}
    plotted.add(record.symptom_measure[0])
    # additional questionnaires of a check-in are listed under Measures and need no note here
    unplotted = [
        a for a in administrations if a.scores and a.instrument not in plotted and not _is_additional(a.instrument)
    ]
    names = dict.fromkeys(_instrument_name(a.instrument) for a in unplotted)
    return (phrases.unplotted_note(list(names)),) if names else ()


def _unknown_facts_notes(record: EpisodeRecord, *, modelled: bool) -> tuple[str, ...]:
    """Return a note on what cannot be shown with the measure that the course follows."""
    if modelled:
        return ()
    scale = find_scale(*record.symptom_measure)
    lacking = {
        "severity bands": scale is None or not scale.bands,
        "reliable change": scale is None or scale.reliable_change is None,
        "expected path": True,
        "forecast": True,
    }
    return (phrases.unknown_facts_note([fact for fact, lacks in lacking.items() if lacks]),)


def _client_administrations(record: EpisodeRecord) -> list[AdministrationRecord]:
    return [a for a in record.administrations if a.respondent is Respondent.CLIENT]


def _has_score(administration: AdministrationRecord, measure: tuple[str, str]) -> bool:
    return any((s.instrument, s.scale) == measure for s in administration.scores)


def _is_additional(instrument: str) -> bool:
    spec = instruments().get(instrument)
    return spec is not None and is_additional(spec)


def _instrument_name(instrument: str) -> str:
    if instrument in CHECK_IN:
        return "check-in"
    spec = instruments().get(instrument)
    return instrument if spec is None else spec.name
