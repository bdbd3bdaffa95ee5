"""Signals: what to know before the next session, most urgent first, readable in under a minute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from securebase.measurement.catalogue import instruments
from securebase.measurement.change import SuddenGain
from securebase.picture import phrases
from securebase.picture.parts import (
    Alliance,
    Evidence,
    Repair,
    RuptureMark,
    Signal,
    SignalKind,
    SignalTone,
    Symptoms,
)
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Phase

#: Reports above the band, running, before a course counts as not on track.
RUNNING = 2
#: A sudden change is news for this many of the latest reports.
NEWS_FOR = 4
#: A repair is news before the next session and the two after it.
REPAIR_IS_NEWS_FOR = 3
#: Session by which a symptom report and a problem area are usually there.
BY_SESSION = 3
#: Planned sessions left at which an ending is usually named.
ENDING_WITHIN = 3
#: Sessions held before little change near the end is worth a word: a plan of four sessions is near its end at once.
NEAR_END_FROM = 6
#: Days after a session before its check-in counts as missing.
CHECK_IN_PATIENCE = 2.0

#: Days that a calendar is asked to count: a broken clock must not keep an alert from being shown.
_LONGEST = 200_000.0

_ORDER = tuple(SignalKind)
Words = tuple[str, str, str, str]
#: when, and in which session
Place = tuple[float, int | None]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the signals are read from. `above` is by how much the smoothed score lay above the expected band at each
    symptom report in order (negative: inside or below).
    """

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
        _little_change,
        _track,
        _sudden,
        _missing,
    )
    raised = [signal for read in readers for signal in read(found)]
    return tuple(sorted(raised, key=lambda s: (_ORDER.index(s.kind), -(s.at or 0.0))))


def safety(record: EpisodeRecord, as_of: float) -> list[Signal]:
    """One signal for every alert that nobody has acknowledged by `as_of`, also for one dated after it: a clock that
    is wrong hides nothing.
    """
    waiting = [a for a in record.safety_alerts if a.acknowledged_at is None or a.acknowledged_at > as_of]
    out = []
    for alert in waiting:
        session = next(
            (a.session for a in record.administrations if a.at == alert.at and a.instrument == alert.instrument), None
        )
        question, given = answer_in_words(alert.instrument, alert.item, alert.value)
        words = phrases.safety(question, given, _when(record, alert.at, session))
        answer = Evidence("answer", alert.value)
        place = (alert.at, session)
        out.append(_signal(SignalKind.SAFETY, SignalTone.ALERT, words, phrases.SAFETY_CRITERION, place, answer))
    return out


def answer_in_words(instrument: str, item: int, value: float) -> tuple[str, str]:
    """The question and the answer of a safety alert as they are shown everywhere. Never raises: an alert of a
    questionnaire that the shelf does not know is shown by its numbers.
    """
    known = instruments().get(instrument)
    asked = next((i for i in known.items if i.number == item), None) if known else None
    if known is None or asked is None:
        return f"{instrument} item {item}", phrases.number(value)
    option = next((o.label for o in asked.options if o.value == value), None)
    question = phrases.safety_question(known.name, item, asked.label, own=known.own_wording)
    return question, phrases.safety_answer(value, asked.maximum, option)


def _when(record: EpisodeRecord, at: float, session: int | None) -> str:
    """“session 7, 15 November 2026”, as far as both are known."""
    if record.began_on is None or not abs(at) < _LONGEST:
        return phrases.session(session, at)
    on = phrases.day(record.began_on + timedelta(days=int(at // 1)))
    return f"session {session}, {on}" if session is not None else on


def _ruptures(found: Findings) -> list[Signal]:
    held = max((s.number for s in found.record.sessions), default=0)
    out = []
    for mark in found.alliance.ruptures:
        if mark.repair is Repair.OPEN:
            rated_since = any(rated.at > mark.at for rated in found.alliance.reported)
            out.append(_open_rupture(mark, own_level=found.own_level, rated_since=rated_since))
        elif mark.repaired_at is not None and _recent(mark, mark.repaired_at, found.record, held):
            back = phrases.session(
                mark.repaired_session or _session_at(found.record, mark.repaired_at), mark.repaired_at
            )
            words = phrases.rupture_repaired(
                phrases.session(mark.session, mark.at), back, recorded=mark.repair is Repair.RECORDED
            )
            criterion = phrases.RUPTURE_MARKED_CRITERION
            out.append(_signal(SignalKind.RUPTURE_REPAIRED, SignalTone.GOOD, words, criterion, (mark.at, mark.session)))
    return out


def _open_rupture(mark: RuptureMark, *, own_level: bool, rated_since: bool) -> Signal:
    when, place = phrases.session(mark.session, mark.at), (mark.at, mark.session)
    if mark.value is None or mark.expected is None or mark.limit is None:
        words = phrases.rupture_marked(mark.marked or "marked", when)
        return _signal(SignalKind.RUPTURE_OPEN, SignalTone.ALERT, words, phrases.RUPTURE_MARKED_CRITERION, place)
    later = None
    if mark.lowest is not None and mark.lowest < mark.value:
        later = (mark.lowest, phrases.session(mark.lowest_session, mark.lowest_at or mark.at))
    words = phrases.rupture_seen(mark.value, when, mark.expected, later, own=own_level, rated_since=rated_since)
    evidence = (Evidence("rated", mark.value), Evidence("expected", mark.expected), Evidence("5% limit", mark.limit))
    return _signal(SignalKind.RUPTURE_OPEN, SignalTone.ALERT, words, phrases.RUPTURE_CRITERION, place, *evidence)


def _change(found: Findings) -> list[Signal]:
    change, label = found.symptoms.change, found.symptoms.label
    if change is None or change.verdict not in {"improved", "worse"}:
        return []
    criterion = phrases.reliable_criterion(change.threshold, change.basis, change.verified)
    evidence = [Evidence("first", change.first), Evidence("last", change.last), Evidence("change", change.points)]
    if change.threshold is not None:
        evidence.append(Evidence("threshold", change.threshold))
    moved, one = phrases.apart(change.first, change.last), phrases.one_report(change.before)
    one = one if change.running == 1 else ""
    good = SignalTone.NOTE if one else SignalTone.GOOD
    if change.verdict == "worse":
        kind, tone, words = SignalKind.DETERIORATION, SignalTone.ALERT, phrases.deterioration(moved, label, one)
    elif change.clinically_significant:
        kind, tone, words = SignalKind.SIGNIFICANT_CHANGE, good, phrases.significant(moved, label, one)
    else:
        kind, tone, words = SignalKind.RELIABLE_IMPROVEMENT, good, phrases.improvement(moved, label, one)
    last = found.symptoms.reported[-1]
    return [_signal(kind, tone, words, criterion, (last.at, last.session), *evidence)]


def _little_change(found: Findings) -> list[Signal]:
    """Near the planned end, still symptomatic, and no reliable change."""
    record, part = found.record, found.symptoms
    held = max((s.number for s in record.sessions), default=0)
    if part.change is None or record.planned_sessions is None or record.ended_at is not None:
        return []
    left = max(record.planned_sessions - held, 0)
    last = part.reported[-1]
    well = part.remission_below is not None and last.value < part.remission_below
    if left > ENDING_WITHIN or held < NEAR_END_FROM or part.change.verdict != "within_error" or well:
        return []
    words = phrases.little_change(left, part.label, last.value, part.severity, part.remission_chance)
    change = part.change
    evidence = [Evidence("first", change.first), Evidence("last", change.last)]
    if change.threshold is not None:
        evidence.append(Evidence("threshold", change.threshold))
    criterion = phrases.reliable_criterion(change.threshold, change.basis, change.verified)
    return [_signal(SignalKind.LITTLE_CHANGE, SignalTone.NOTE, words, criterion, (last.at, last.session), *evidence)]


def _track(found: Findings) -> list[Signal]:
    running = 0
    for above in reversed(found.above):
        if above <= 0:
            break
        running += 1
    if running < RUNNING:
        return []
    last = found.symptoms.reported[-1]
    words = phrases.not_on_track(found.above[-1], running)
    evidence = (Evidence("above the band", found.above[-1]), Evidence("reports running", running))
    place = (last.at, last.session)
    return [_signal(SignalKind.NOT_ON_TRACK, SignalTone.WARN, words, phrases.TRACK_CRITERION, place, *evidence)]


def _sudden(found: Findings) -> list[Signal]:
    reported = found.symptoms.reported
    out = []
    for jump in found.jumps:
        if len(reported) - (jump.after + 1) > NEWS_FOR:
            continue
        before, after = reported[jump.after], reported[jump.after + 1]
        names = (phrases.session(r.session, r.at) for r in (before, after))
        kind = SignalKind.SUDDEN_LOSS if jump.loss else SignalKind.SUDDEN_GAIN
        tone = SignalTone.WARN if jump.loss else SignalTone.GOOD
        words = phrases.sudden(jump.drop, *names, gain=not jump.loss)
        evidence = (Evidence("before", before.value), Evidence("after", after.value))
        out.append(_signal(kind, tone, words, phrases.SUDDEN_CRITERION, (after.at, after.session), *evidence))
    return out


def _missing(found: Findings) -> list[Signal]:
    record, held = found.record, len(found.record.sessions)
    if held == 0 or record.ended_at is not None:
        return []
    last = max(record.sessions, key=lambda s: s.at)
    raised: list[tuple[SignalKind, SignalTone, Words]] = []
    if held >= BY_SESSION and not record.symptom_scores:
        raised.append((SignalKind.MISSING_SYMPTOMS, SignalTone.WARN, phrases.missing_symptoms(held)))
    answered = any(a.session == last.number for a in record.administrations)
    if not answered and found.as_of - last.at >= CHECK_IN_PATIENCE:
        raised.append((SignalKind.MISSING_CHECK_IN, SignalTone.WARN, phrases.missing_check_in(last.number)))
    if held >= BY_SESSION and not record.problem_areas:
        raised.append((SignalKind.MISSING_FOCUS, SignalTone.NOTE, phrases.missing_focus(held)))
    left = None if record.planned_sessions is None else record.planned_sessions - last.number
    if left is not None and left <= ENDING_WITHIN and record.phase in {Phase.INITIAL, Phase.MIDDLE}:
        words = phrases.ending_not_named(max(left, 0), record.phase.label.lower())
        raised.append((SignalKind.ENDING_NOT_NAMED, SignalTone.NOTE, words))
    return [
        _signal(kind, tone, words, phrases.MISSING_CRITERION, (last.at, last.number)) for kind, tone, words in raised
    ]


def _signal(
    kind: SignalKind, tone: SignalTone, words: Words, criterion: str, place: Place, *evidence: Evidence
) -> Signal:
    brief, title, sentence, question = words
    return Signal(kind, tone, brief, title, sentence, question, criterion, evidence, *place)


def _recent(mark: RuptureMark, at: float, record: EpisodeRecord, held: int) -> bool:
    """By the number of the session that brought the repair where it is known, else by its time."""
    since = sum(s.at > at for s in record.sessions)
    if mark.repaired_session is not None:
        since = max(since, held - mark.repaired_session)
    return held > 0 and since < REPAIR_IS_NEWS_FOR


def _session_at(record: EpisodeRecord, at: float) -> int | None:
    before = [s.number for s in record.sessions if s.at <= at]
    return max(before) if before else None
