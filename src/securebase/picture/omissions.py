"""What was answered and is in no curve, and why: nothing that somebody sent may seem never to have come."""

from __future__ import annotations

from securebase.measurement.catalogue import instruments
from securebase.measurement.constructs import TRACKED_CONSTRUCTS
from securebase.picture import phrases
from securebase.picture.gates import WEEK
from securebase.picture.sections import Measure
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from securebase.records.vocabulary import Respondent

#: The two halves of the product's own session set.
CHECK_IN = {"session_before", "session_after"}
#: Sessions named in one note.
MOST_NAMED = 3


def answers(record: EpisodeRecord) -> int:
    """How many forms the client filled in, wholly or in part; what a check-in asks beside its own is part of it."""
    forms = [a for a in _by_client(record) if not _beside(a.instrument)]
    return len([a for a in forms if a.scores or any(v is not None for v in a.responses.values())])


def symptom_notes(record: EpisodeRecord) -> tuple[str, ...]:
    """Too few answers for a score, a form for a session that is not there, and symptoms on another measure."""
    notes = [*partial(record, record.symptom_measure, "symptom"), *_not_entered(record), *_elsewhere(record)]
    return tuple(notes)


def partial(record: EpisodeRecord, measure: Measure, what: str) -> tuple[str, ...]:
    """The sessions in which the instrument was answered with too few items for this score."""
    filled_in = [a for a in _by_client(record) if a.instrument == measure[0]]
    scored = {(a.session, a.session is None and a.at) for a in filled_in if _score_of(a, measure)}
    without = {
        (a.session, a.session is None and a.at): phrases.session(a.session, a.at)
        for a in sorted(filled_in, key=lambda a: a.at)
        if not _score_of(a, measure)
    }
    named = [name for key, name in without.items() if key not in scored][-MOST_NAMED:]
    return (phrases.too_few_items(named, what),) if named else ()


def _not_entered(record: EpisodeRecord) -> tuple[str, ...]:
    """The questionnaire by which symptoms are followed, where the latest session has its check-in but not that."""
    followed = record.symptom_measure[0]
    if followed in CHECK_IN:
        return ()
    answered = [a for a in _by_client(record) if a.instrument in CHECK_IN and a.session is not None]
    if not answered:
        return ()
    last = max(answered, key=lambda a: (a.session or 0, a.at))
    at = {s.number: s.at for s in record.sessions}.get(last.session or 0, last.at)
    there = any(
        a.session == last.session or (a.session is None and at - WEEK < a.at <= at + WEEK)
        for a in _by_client(record)
        if a.instrument == followed
    )
    return () if there else (phrases.not_entered(_name(followed), f"session {last.session}"),)


def _elsewhere(record: EpisodeRecord) -> tuple[str, ...]:
    """The last symptom score of every other measure, and the questionnaires that no curve of the picture shows."""
    own = record.symptom_measure
    last: dict[Measure, ScoreRecord] = {
        (s.instrument, s.scale): s for s in record.scores("symptoms") if (s.instrument, s.scale) != own
    }
    shown = {a.instrument for a in _by_client(record) if any(s.construct in TRACKED_CONSTRUCTS for s in a.scores)}
    # what the workbench asks beside the check-in is nobody's form that went astray: it has its place under Measures
    forms = [a for a in _by_client(record) if a.scores and a.instrument not in shown and not _beside(a.instrument)]
    others = dict.fromkeys(_name(a.instrument) for a in forms)
    return (
        *(
            phrases.elsewhere(_name(measure[0]), s.value, phrases.session(s.session, s.at), _name(own[0]))
            for measure, s in last.items()
        ),
        *((phrases.under_measures(list(others)),) if others else ()),
    )


def _by_client(record: EpisodeRecord) -> list[AdministrationRecord]:
    return [a for a in record.administrations if a.respondent is Respondent.CLIENT]


def _score_of(given: AdministrationRecord, measure: Measure) -> bool:
    return any((s.instrument, s.scale) == measure for s in given.scores)


def _beside(instrument: str) -> bool:
    known = instruments().get(instrument)
    return known is not None and known.schedule is not None


def _name(instrument: str) -> str:
    if instrument in CHECK_IN:
        return "check-in"
    known = instruments().get(instrument)
    return instrument if known is None else known.name
