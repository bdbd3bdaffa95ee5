"""Signals: what to know before the next session, most urgent first, readable in under a minute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from securebase.measurement.change import SuddenGain
from securebase.picture import wording
from securebase.picture.parts import (
    Alliance,
    Evidence,
    Repair,
    RuptureMark,
    Signal,
    SignalKind,
    Symptoms,
    Tone,
)
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Phase

#: Reports above the band, running, before a course counts as not on track.
RUNNING = 2
#: A sudden change or a repair is news for this many of the latest reports or sessions.
NEWS_FOR = 4
#: Session by which a symptom report and a problem area are usually there.
BY_SESSION = 3
#: Planned sessions left at which an ending is usually named.
ENDING_WITHIN = 3
#: Days after a session before its check-in counts as missing.
CHECK_IN_PATIENCE = 2.0

_ORDER = tuple(SignalKind)
Words = tuple[str, str, str, str]
#: when, and in which session
Place = tuple[float, int | None]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the signals are read from. `above` is by how much the smoothed score lay above the expected band at each
    symptom report in order (negative: inside or below)."""

    record: EpisodeRecord
    as_of: float
    symptoms: Symptoms
    alliance: Alliance
    above: Sequence[float]
    jumps: Sequence[SuddenGain]
    own_level: bool


def signals(found: Findings) -> tuple[Signal, ...]:
    """Every signal, most urgent first. Safety comes from the record alone and needs nothing else to have worked."""
    readers: tuple[Callable[[Findings], list[Signal]], ...] = (
        lambda f: safety(f.record, f.as_of),
        _ruptures,
        _change,
        _track,
        _sudden,
        _missing,
    )
    raised = [signal for read in readers for signal in read(found)]
    return tuple(sorted(raised, key=lambda s: (_ORDER.index(s.kind), -(s.at or 0.0))))


def safety(record: EpisodeRecord, as_of: float) -> list[Signal]:
    """One signal for every alert that nobody has acknowledged by `as_of`, also for one dated after it: a clock that
    is wrong hides nothing."""
    waiting = [a for a in record.safety_alerts if a.acknowledged_at is None or a.acknowledged_at > as_of]
    out = []
    for alert in waiting:
        label = "the check-in" if alert.instrument.startswith("session_") else alert.instrument
        session = next(
            (a.session for a in record.administrations if a.at == alert.at and a.instrument == alert.instrument), None
        )
        words = wording.safety(label, alert.value, wording.session(session, alert.at))
        answer = Evidence("answer", alert.value)
        place = (alert.at, session)
        out.append(_signal(SignalKind.SAFETY, Tone.ALERT, words, wording.SAFETY_CRITERION, place, answer))
    return out


def _ruptures(found: Findings) -> list[Signal]:
    held = max((s.number for s in found.record.sessions), default=0)
    out = []
    for mark in found.alliance.ruptures:
        if mark.repair is Repair.OPEN:
            out.append(_open_rupture(mark, own_level=found.own_level))
        elif mark.repaired_at is not None and _recent(mark.repaired_at, found.record, held):
            back = wording.session(
                mark.repaired_session or _session_at(found.record, mark.repaired_at), mark.repaired_at
            )
            words = wording.rupture_repaired(
                wording.session(mark.session, mark.at), back, recorded=mark.repair is Repair.RECORDED
            )
            criterion = wording.RUPTURE_MARKED_CRITERION
            out.append(_signal(SignalKind.RUPTURE_REPAIRED, Tone.GOOD, words, criterion, (mark.at, mark.session)))
    return out


def _open_rupture(mark: RuptureMark, *, own_level: bool) -> Signal:
    when, place = wording.session(mark.session, mark.at), (mark.at, mark.session)
    if mark.value is None or mark.expected is None or mark.limit is None:
        words = wording.rupture_marked(mark.marked or "marked", when)
        return _signal(SignalKind.RUPTURE_OPEN, Tone.ALERT, words, wording.RUPTURE_MARKED_CRITERION, place)
    later = None
    if mark.lowest is not None and mark.lowest < mark.value:
        later = (mark.lowest, wording.session(mark.lowest_session, mark.lowest_at or mark.at))
    words = wording.rupture_seen(mark.value, when, mark.expected, later, own=own_level)
    evidence = (Evidence("rated", mark.value), Evidence("expected", mark.expected), Evidence("5% limit", mark.limit))
    return _signal(SignalKind.RUPTURE_OPEN, Tone.ALERT, words, wording.RUPTURE_CRITERION, place, *evidence)


def _change(found: Findings) -> list[Signal]:
    change, label = found.symptoms.change, found.symptoms.label
    if change is None or change.verdict not in {"improved", "worse"}:
        return []
    criterion = wording.reliable_criterion(change.threshold, change.basis, change.verified)
    evidence = [Evidence("first", change.first), Evidence("last", change.last), Evidence("change", change.points)]
    if change.threshold is not None:
        evidence.append(Evidence("threshold", change.threshold))
    if change.verdict == "worse":
        kind, tone, words = SignalKind.DETERIORATION, Tone.ALERT, wording.deterioration(change.points, label)
    elif change.clinically_significant:
        kind, tone, words = SignalKind.SIGNIFICANT_CHANGE, Tone.GOOD, wording.significant(change.points, label)
    else:
        kind, tone, words = SignalKind.RELIABLE_IMPROVEMENT, Tone.GOOD, wording.improvement(change.points, label)
    last = found.symptoms.reported[-1]
    return [_signal(kind, tone, words, criterion, (last.at, last.session), *evidence)]


def _track(found: Findings) -> list[Signal]:
    running = 0
    for above in reversed(found.above):
        if above <= 0:
            break
        running += 1
    if running < RUNNING:
        return []
    last = found.symptoms.reported[-1]
    words = wording.not_on_track(found.above[-1], running)
    evidence = (Evidence("above the band", found.above[-1]), Evidence("reports running", running))
    place = (last.at, last.session)
    return [_signal(SignalKind.NOT_ON_TRACK, Tone.WARN, words, wording.TRACK_CRITERION, place, *evidence)]


def _sudden(found: Findings) -> list[Signal]:
    reported = found.symptoms.reported
    out = []
    for jump in found.jumps:
        if len(reported) - (jump.after + 1) > NEWS_FOR:
            continue
        before, after = reported[jump.after], reported[jump.after + 1]
        names = (wording.session(r.session, r.at) for r in (before, after))
        kind = SignalKind.SUDDEN_LOSS if jump.loss else SignalKind.SUDDEN_GAIN
        tone = Tone.WARN if jump.loss else Tone.GOOD
        words = wording.sudden(jump.drop, *names, gain=not jump.loss)
        evidence = (Evidence("before", before.value), Evidence("after", after.value))
        out.append(_signal(kind, tone, words, wording.SUDDEN_CRITERION, (after.at, after.session), *evidence))
    return out


def _missing(found: Findings) -> list[Signal]:
    record, held = found.record, len(found.record.sessions)
    if held == 0 or record.ended_at is not None:
        return []
    last = max(record.sessions, key=lambda s: s.at)
    raised: list[tuple[SignalKind, Tone, Words]] = []
    if held >= BY_SESSION and not record.symptom_scores:
        raised.append((SignalKind.MISSING_SYMPTOMS, Tone.WARN, wording.missing_symptoms(held)))
    answered = any(a.session == last.number for a in record.administrations)
    if not answered and found.as_of - last.at >= CHECK_IN_PATIENCE:
        raised.append((SignalKind.MISSING_CHECK_IN, Tone.WARN, wording.missing_check_in(last.number)))
    if held >= BY_SESSION and not record.problem_areas:
        raised.append((SignalKind.MISSING_FOCUS, Tone.NOTE, wording.missing_focus(held)))
    left = None if record.planned_sessions is None else record.planned_sessions - last.number
    if left is not None and left <= ENDING_WITHIN and record.phase in {Phase.INITIAL, Phase.MIDDLE}:
        words = wording.ending_not_named(max(left, 0), record.phase.label.lower())
        raised.append((SignalKind.ENDING_NOT_NAMED, Tone.NOTE, words))
    return [
        _signal(kind, tone, words, wording.MISSING_CRITERION, (last.at, last.number)) for kind, tone, words in raised
    ]


def _signal(kind: SignalKind, tone: Tone, words: Words, criterion: str, place: Place, *evidence: Evidence) -> Signal:
    brief, title, sentence, question = words
    return Signal(kind, tone, brief, title, sentence, question, criterion, evidence, *place)


def _recent(at: float, record: EpisodeRecord, held: int) -> bool:
    return sum(s.at > at for s in record.sessions) < NEWS_FOR and held > 0


def _session_at(record: EpisodeRecord, at: float) -> int | None:
    before = [s.number for s in record.sessions if s.at <= at]
    return max(before) if before else None
