"""Signals: points to know before the next session, the most urgent first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from securebase.ipt.hand_over import looks_of
from securebase.measurement.catalogue import instruments
from securebase.measurement.change import SuddenGain
from securebase.picture import phrases
from securebase.picture import signal_phrases as words
from securebase.picture.axis import latest_session
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
from securebase.picture.series import PreparedRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Phase

#: Consecutive latest reports above the band from which a course counts as not on track.
MIN_REPORTS_ABOVE = 2
#: Latest reports within which a sudden change is still news.
SUDDEN_CHANGE_NEWS_REPORTS = 4
#: Sessions for which a repair is news: the next one and the two after it.
REPAIR_NEWS_SESSIONS = 3
#: Session by which a symptom report and a problem area are usually recorded.
EXPECTED_BY_SESSION = 3
#: Planned sessions left from which the ending has usually been named.
ENDING_SESSIONS = 3
#: Sessions held before little change near the end is signalled; otherwise a plan of four sessions would start near it.
MIN_HELD_NEAR_END = 6
#: Days after a session before its check-in counts as missing.
CHECK_IN_GRACE_DAYS = 2.0

#: Largest offset in days that is converted to a date: a wrong clock must not stop an alert from being shown.
_MAX_DAYS = 200_000.0

_ORDER = tuple(SignalKind)
SignalText = words.SignalText
#: Day, and session if known.
Occasion = tuple[float, int | None]


@dataclass(frozen=True, slots=True)
class Findings:
    """The results from which signals are raised.

    `band_excess` is by how much the filtered score exceeded the expected band at each symptom report (negative: inside
    or below).
    """

    prepared: PreparedRecord
    symptoms: Symptoms
    alliance: Alliance
    band_excess: Sequence[float]
    sudden_changes: Sequence[SuddenGain]

    @property
    def record(self) -> EpisodeRecord:
        return self.prepared.record

    @property
    def n_sessions(self) -> int:
        """Number of the last session held, 0 before the first."""
        return latest_session(self.prepared.axis) or 0


def signals(findings: Findings) -> tuple[Signal, ...]:
    """Return all signals, the most urgent first; safety alerts need only the record, not the model."""
    rules: tuple[Callable[[Findings], list[Signal]], ...] = (
        lambda f: safety(f.record, f.prepared.as_of),
        _ruptures,
        _change,
        _little_change,
        _off_track,
        _sudden_changes,
        _missing,
        _hand_over,
    )
    raised = [signal for rule in rules for signal in rule(findings)]
    return tuple(sorted(raised, key=lambda s: (_ORDER.index(s.kind), -(s.at or 0.0))))


def safety(record: EpisodeRecord, as_of: float) -> list[Signal]:
    """Return one signal per safety alert not acknowledged by `as_of`.

    Alerts dated later are included, so a wrong clock cannot hide one.
    """
    unacknowledged = [a for a in record.safety_alerts if a.acknowledged_at is None or a.acknowledged_at > as_of]
    raised = []
    for alert in unacknowledged:
        session = next(
            (a.session for a in record.administrations if a.at == alert.at and a.instrument == alert.instrument), None
        )
        question, answer = describe_answer(alert.instrument, alert.item, alert.value)
        text = words.safety(question, answer, _describe_time(record, alert.at, session))
        evidence, occasion = Evidence("answer", alert.value), (alert.at, session)
        raised.append(_signal(SignalKind.SAFETY, SignalTone.ALERT, text, words.SAFETY_CRITERION, occasion, evidence))
    return raised


def describe_answer(instrument: str, item: int, value: float) -> tuple[str, str]:
    """Return question and answer of a safety alert in the text that every page uses.

    An item that the catalogue does not know is described by its numbers; this never raises.
    """
    spec = instruments().get(instrument)
    question_item = next((i for i in spec.items if i.number == item), None) if spec else None
    if spec is None or question_item is None:
        return f"{instrument} item {item}", phrases.number(value)
    option = next((o.label for o in question_item.options if o.value == value), None)
    question = words.safety_question(spec.name, item, question_item.label, own_wording=spec.own_wording)
    return question, words.safety_answer(value, question_item.maximum, option)


def _describe_time(record: EpisodeRecord, at: float, session: int | None) -> str:
    """Return “session 7, 15 November 2026”, as far as session and date are known."""
    if record.began_on is None or not abs(at) < _MAX_DAYS:
        return phrases.session(session, at)
    day = phrases.day(record.began_on + timedelta(days=int(at // 1)))
    return f"session {session}, {day}" if session is not None else day


def _ruptures(findings: Findings) -> list[Signal]:
    raised, own_level = [], findings.alliance.usual is not None
    for mark in findings.alliance.ruptures:
        if mark.repair is Repair.OPEN:
            rated_since = any(rated.at > mark.at for rated in findings.alliance.reported)
            raised.append(_open_rupture(mark, own_level=own_level, rated_since=rated_since))
        elif mark.repaired_at is not None and _is_recent(mark, mark.repaired_at, findings):
            number = mark.repaired_session or latest_session(findings.prepared.axis, mark.repaired_at)
            back = phrases.session(number, mark.repaired_at)
            text = words.repaired_rupture(
                phrases.session(mark.session, mark.at), back, recorded=mark.repair is Repair.RECORDED
            )
            criterion = words.REPAIR_CRITERION
            raised.append(
                _signal(SignalKind.RUPTURE_REPAIRED, SignalTone.GOOD, text, criterion, (mark.at, mark.session))
            )
    return raised


def _open_rupture(mark: RuptureMark, *, own_level: bool, rated_since: bool) -> Signal:
    time, occasion = phrases.session(mark.session, mark.at), (mark.at, mark.session)
    if mark.value is None or mark.expected is None or mark.limit is None:
        text = words.marked_rupture(mark.marked, time)
        return _signal(SignalKind.RUPTURE_OPEN, SignalTone.ALERT, text, words.RUPTURE_MARKED_CRITERION, occasion)
    later = None
    if mark.lowest is not None and mark.lowest < mark.value:
        later = (mark.lowest, phrases.session(mark.lowest_session, mark.lowest_at or mark.at))
    text = words.rated_rupture(mark.value, time, mark.expected, later, own_level=own_level, rated_since=rated_since)
    evidence = (Evidence("rated", mark.value), Evidence("expected", mark.expected), Evidence("5% limit", mark.limit))
    return _signal(SignalKind.RUPTURE_OPEN, SignalTone.ALERT, text, words.RUPTURE_CRITERION, occasion, *evidence)


def _change(findings: Findings) -> list[Signal]:
    change, label = findings.symptoms.change, findings.symptoms.label
    if change is None or change.verdict not in {"improved", "worse"}:
        return []
    criterion = words.reliable_criterion(change.threshold, change.basis, change.verified)
    evidence = [Evidence("first", change.first), Evidence("last", change.last), Evidence("change", change.points)]
    if change.threshold is not None:
        evidence.append(Evidence("threshold", change.threshold))
    difference = phrases.shown_difference(change.first, change.last)
    caveat = words.single_report_caveat(change.before) if change.running == 1 else ""
    good = SignalTone.NOTE if caveat else SignalTone.GOOD
    if change.verdict == "worse":
        kind, tone, text = (
            SignalKind.DETERIORATION,
            SignalTone.ALERT,
            words.deterioration(difference, label, caveat),
        )
    elif change.clinically_significant:
        kind, tone, text = (
            SignalKind.SIGNIFICANT_CHANGE,
            good,
            words.significant_change(difference, label, caveat),
        )
    else:
        kind, tone, text = SignalKind.RELIABLE_IMPROVEMENT, good, words.improvement(difference, label, caveat)
    last = findings.symptoms.reported[-1]
    return [_signal(kind, tone, text, criterion, (last.at, last.session), *evidence)]


def _little_change(findings: Findings) -> list[Signal]:
    """Signal a course near its planned end without remission or reliable change."""
    record, part, n_sessions = findings.record, findings.symptoms, findings.n_sessions
    if part.change is None or record.planned_sessions is None or record.ended_at is not None:
        return []
    sessions_left = max(record.planned_sessions - n_sessions, 0)
    last = part.reported[-1]
    in_remission = part.remission_below is not None and last.value < part.remission_below
    if (
        sessions_left > ENDING_SESSIONS
        or n_sessions < MIN_HELD_NEAR_END
        or part.change.verdict != "within_error"
        or in_remission
    ):
        return []
    text = words.little_change(sessions_left, part.label, last.value, part.severity, part.remission_chance)
    change = part.change
    evidence = [Evidence("first", change.first), Evidence("last", change.last)]
    if change.threshold is not None:
        evidence.append(Evidence("threshold", change.threshold))
    criterion = words.reliable_criterion(change.threshold, change.basis, change.verified)
    return [_signal(SignalKind.LITTLE_CHANGE, SignalTone.NOTE, text, criterion, (last.at, last.session), *evidence)]


def _off_track(findings: Findings) -> list[Signal]:
    running = 0
    for excess in reversed(findings.band_excess):
        if excess <= 0:
            break
        running += 1
    if running < MIN_REPORTS_ABOVE:
        return []
    last = findings.symptoms.reported[-1]
    text = words.not_on_track(findings.band_excess[-1], running)
    evidence = (Evidence("points above", findings.band_excess[-1]), Evidence("reports", running))
    occasion = (last.at, last.session)
    return [_signal(SignalKind.NOT_ON_TRACK, SignalTone.WARN, text, words.TRACK_CRITERION, occasion, *evidence)]


def _sudden_changes(findings: Findings) -> list[Signal]:
    reported = findings.symptoms.reported
    raised = []
    for jump in findings.sudden_changes:
        if len(reported) - (jump.after + 1) > SUDDEN_CHANGE_NEWS_REPORTS:
            continue
        before, after = reported[jump.after], reported[jump.after + 1]
        names = (phrases.session(r.session, r.at) for r in (before, after))
        kind = SignalKind.SUDDEN_LOSS if jump.loss else SignalKind.SUDDEN_GAIN
        tone = SignalTone.WARN if jump.loss else SignalTone.GOOD
        text = words.sudden_change(jump.drop, *names, gain=not jump.loss)
        evidence = (Evidence("before", before.value), Evidence("after", after.value))
        raised.append(_signal(kind, tone, text, words.SUDDEN_CRITERION, (after.at, after.session), *evidence))
    return raised


def _missing(findings: Findings) -> list[Signal]:
    record, n_sessions = findings.record, len(findings.record.sessions)
    if n_sessions == 0 or record.ended_at is not None:
        return []
    last = max(record.sessions, key=lambda s: s.at)
    raised: list[tuple[SignalKind, SignalTone, SignalText]] = []
    if n_sessions >= EXPECTED_BY_SESSION and not findings.symptoms.reported:
        raised.append((SignalKind.MISSING_SYMPTOMS, SignalTone.WARN, words.missing_symptoms(n_sessions)))
    has_answers = any(a.session == last.number for a in record.administrations)
    if not has_answers and findings.prepared.as_of - last.at >= CHECK_IN_GRACE_DAYS:
        raised.append((SignalKind.MISSING_CHECK_IN, SignalTone.WARN, words.missing_check_in(last.number)))
    if n_sessions >= EXPECTED_BY_SESSION and not record.problem_areas:
        raised.append((SignalKind.MISSING_FOCUS, SignalTone.NOTE, words.missing_focus(n_sessions)))
    sessions_left = None if record.planned_sessions is None else record.planned_sessions - last.number
    if sessions_left is not None and sessions_left <= ENDING_SESSIONS and record.phase in {Phase.INITIAL, Phase.MIDDLE}:
        text = words.ending_not_named(max(sessions_left, 0), record.phase.label.lower())
        raised.append((SignalKind.ENDING_NOT_NAMED, SignalTone.NOTE, text))
    criteria = {SignalKind.MISSING_CHECK_IN: words.NO_CHECK_IN_CRITERION}
    return [
        _signal(kind, tone, text, criteria.get(kind, words.MISSING_CRITERION), (last.at, last.number))
        for kind, tone, text in raised
    ]


def _hand_over(findings: Findings) -> list[Signal]:
    """Signal that much of the support still comes from the therapist, by the last look at a running course."""
    record, reported = findings.record, findings.prepared.series["social_support"].reported
    support = {rated.session: rated.value for rated in reported if rated.session is not None}
    looks = looks_of(record, support) if record.ended_at is None else ()
    if not looks or not looks[-1].is_signal:
        return []
    look = looks[-1]
    at = next(session.at for session in record.sessions if session.number >= look.session)
    text = words.hand_over(look.session, look.carried, look.cut)
    evidence = (Evidence("points carried", look.carried), Evidence("threshold", look.cut))
    return [
        _signal(SignalKind.HAND_OVER, SignalTone.NOTE, text, words.HAND_OVER_CRITERION, (at, look.session), *evidence)
    ]


def _signal(
    kind: SignalKind, tone: SignalTone, text: SignalText, criterion: str, occasion: Occasion, *evidence: Evidence
) -> Signal:
    brief, title, sentence, question = text
    return Signal(kind, tone, brief, title, sentence, question, criterion, evidence, *occasion)


def _is_recent(mark: RuptureMark, at: float, findings: Findings) -> bool:
    """Return True if fewer than REPAIR_NEWS_SESSIONS sessions were held since the repair, by its session or time."""
    since = sum(s.at > at for s in findings.record.sessions)
    if mark.repaired_session is not None:
        since = max(since, findings.n_sessions - mark.repaired_session)
    return findings.n_sessions > 0 and since < REPAIR_NEWS_SESSIONS
