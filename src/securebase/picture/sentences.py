"""Sentences and tables from a picture, shared by pages and reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from securebase.picture import hypothesis_phrases, phrases
from securebase.picture.axis import latest_session
from securebase.picture.client import ClientPicture
from securebase.picture.parts import GateLevel, Repair, ReportedScore, RuptureMark, Signal, SignalKind, SignalTone
from securebase.picture.rivals import rivals_sentence

#: Most points shown before the next session, to be read in under a minute.
MAX_POINTS = 4
EMPTY_CELL = "–"


@dataclass(frozen=True, slots=True)
class ChartTable:
    """The numbers of a chart as text; `head` names the columns, and each row begins with its session."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def pre_session_signals(picture: ClientPicture) -> tuple[Signal, ...]:
    """Return at most MAX_POINTS signals for the next session, without safety alerts, which are shown above them."""
    statistical = [s for s in picture.signals if s.kind is not SignalKind.SAFETY]
    return tuple(statistical[:MAX_POINTS])


def reason(signal: Signal) -> str:
    """Return why a signal is shown: its criterion, and the numbers that the criterion does not name."""
    values = [f"{e.label} {phrases.number(e.value)}" for e in signal.evidence if e.label != "threshold"]
    return f"{signal.criterion} Here: {', '.join(values)}." if values else signal.criterion


def needs_attention(picture: ClientPicture) -> bool:
    """Return True if any signal is an alert or a warning."""
    return any(s.tone in {SignalTone.ALERT, SignalTone.WARN} for s in picture.signals)


def quiet_sentence(picture: ClientPicture) -> str:
    """Return the sentence for a picture without points; it is not an all-clear while a safety alert is open."""
    status = symptom_status(picture)
    if any(s.kind is SignalKind.SAFETY for s in picture.signals):
        return f"The safety alert comes first. {status}."
    return f"{status}. Nothing needs your attention."


def symptom_status(picture: ClientPicture) -> str:
    """Compare the last symptom score with the expected course in a few words."""
    part = picture.symptoms
    if not part.reported:
        return "No symptom score yet" if picture.answered else "Nothing reported yet"
    if len(part.reported) == 1 or not part.expected:
        return "Too early to tell"
    last = part.reported[-1]
    near = min(part.expected, key=lambda e: abs(e.at - last.at))
    worse = last.value > near.high if part.worse_is_higher else last.value < near.low
    better = last.value < near.low if part.worse_is_higher else last.value > near.high
    if worse:
        return f"Last report {'above' if part.worse_is_higher else 'below'} the expected path"
    return "Better than the expected path" if better else "On track"


def symptom_sentences(picture: ClientPicture) -> tuple[str, ...]:
    """Return the sentences on the last report, change, and remission or forecast, as far as the gate permits."""
    part, sentences = picture.symptoms, list[str]()
    if part.reported:
        last = part.reported[-1]
        band = f" ({part.severity})" if part.severity else ""
        session = f"session {last.session}, " if last.session is not None else ""
        sentences.append(f"Last report: {phrases.number(last.value)}{band}, {session}{_day(picture, last.at)}.")
    if part.change is not None:
        c = part.change
        single = c.running == 1 and c.verdict in {"improved", "worse"}
        caveat = f" {phrases.SINGLE_REPORT}" if single else ""
        difference = phrases.shown_difference(c.first, c.last)
        sentences.append(phrases.change_sentence(difference, c.percent, c.verdict, c.threshold) + caveat)
    if part.remission_chance is not None and part.forecast:
        sentences.append(phrases.remission_chance_sentence(part.remission_chance, part.forecast[-1].session))
    elif part.forecast:
        f = part.forecast[-1]
        sentences.append(phrases.forecast_sentence(f.session, f.at, f.value, f.low90, f.high90))
    return (*sentences, *part.notes)


def alliance_sentences(picture: ClientPicture) -> tuple[str, ...]:
    """Return the sentences on the usual level with its interval, and on the status of each rupture."""
    part, sentences = picture.alliance, list[str]()
    if part.usual is not None:
        u = part.usual
        sentences.append(
            phrases.usual_level_sentence(u.value, u.low, u.high, left_out=part.left_out, counted_in=part.counted_in)
        )
    elif part.reported:
        sentences.append(phrases.usual_level_pending(picture.gate.paired))
    for mark in part.ruptures:
        time = phrases.session(mark.session, mark.at)
        if mark.repair is Repair.OPEN:
            sentences.append(phrases.open_rupture_sentence(time, _rating_evidence(mark)))
        else:
            at = mark.repaired_at or mark.at
            back = phrases.session(mark.repaired_session or latest_session(picture.axis, at), at)
            sentences.append(phrases.repaired_rupture_sentence(time, back, recorded=mark.repair is Repair.RECORDED))
    return (*sentences, *part.notes)


def _rating_evidence(mark: RuptureMark) -> tuple[float, float, float] | None:
    if mark.value is None or mark.expected is None or mark.limit is None:
        return None
    return mark.value, mark.expected, mark.limit


def calendar_day(picture: ClientPicture, at: float) -> date | None:
    """Return the calendar day of a time, or None if the episode's first day is not known."""
    began = picture.header.began_on
    return date.fromisoformat(began) + timedelta(days=int(at // 1)) if began else None


def symptom_table(picture: ClientPicture) -> ChartTable:
    """Return reports, estimate, forecast and expected course by session."""
    part = picture.symptoms
    reported = _values_by_time(part.reported)
    estimated = {round(e.at, 4): phrases.number(e.value) for e in part.estimated}
    forecasts = {round(f.at, 4): f for f in part.forecast}
    expected = {round(e.at, 4): _range(e.low, e.high) for e in part.expected}
    times = sorted(reported | dict.fromkeys(forecasts))
    names = _session_names(picture)
    rows = []
    for at in times:
        f = forecasts.get(at)
        rows.append(
            (
                names.get(at, EMPTY_CELL),
                _day(picture, at),
                _number(reported.get(at)),
                phrases.number(f.value) if f else estimated.get(at, EMPTY_CELL),
                _range(f.low50, f.high50) if f else EMPTY_CELL,
                _range(f.low90, f.high90) if f else EMPTY_CELL,
                expected.get(at, EMPTY_CELL),
            )
        )
    head = ("Session", "Day", "Reported", "Estimate, forecast", "50% interval", "90% interval", "Expected path (80%)")
    return ChartTable(f"{part.subject}: {part.measure}", head, tuple(rows))


def alliance_table(picture: ClientPicture) -> ChartTable:
    """Return alliance ratings with the usual level and the deviation from it."""
    part = picture.alliance
    bars = {round(b.at, 4): b for b in part.bars}
    marks = {m.session: m for m in part.ruptures}
    rows = []
    for report in part.reported:
        bar = bars.get(round(report.at, 4))
        mark = marks.get(report.session) if report.session is not None else None
        rows.append(
            (
                _session_cell(report.session),
                _day(picture, report.at),
                phrases.number(report.value),
                phrases.number(bar.usual) if bar else EMPTY_CELL,
                phrases.signed_number(bar.state) if bar else EMPTY_CELL,
                f"rupture, {mark.repair.value}" if mark else EMPTY_CELL,
            )
        )
    head = ("Session", "Day", "Reported", "Baseline", "Difference from it (estimate)", "Mark")
    return ChartTable(f"Alliance: {part.measure}", head, tuple(rows))


def mechanism_table(picture: ClientPicture) -> ChartTable:
    """Return the reported scores of the four mechanisms by session."""
    series = [{r.session: r for r in m.reported if r.session is not None} for m in picture.mechanisms]
    sessions = sorted({number for reports in series for number in reports})
    rows = []
    for number in sessions:
        at = next(reports[number].at for reports in series if number in reports)
        values = (_number(reports[number].value if number in reports else None) for reports in series)
        rows.append((_session_cell(number), _day(picture, at), *values))
    return ChartTable("Mechanisms as reported", ("Session", "Day", *(m.label for m in picture.mechanisms)), tuple(rows))


def hypothesis_sentences(picture: ClientPicture) -> tuple[str, ...]:
    """Return the sentences beside the chart of hypotheses, in order.

    They cover the change that is split, the largest contribution, the predictive check, the strength that an unmeasured
    confounder would need, recorded rivals, and omitted constructs. The question for the session is separate.
    """
    part = picture.hypotheses
    if part is None:
        return ()
    sentences = (
        hypothesis_phrases.heading_sentence(part),
        hypothesis_phrases.verdict_sentence(part),
        hypothesis_phrases.order_sentence(part),
        hypothesis_phrases.forecast_check_sentence(part.foretelling) if part.foretelling else "",
        hypothesis_phrases.pooling_sentence(part),
        hypothesis_phrases.hidden_confounder_sentence(part),
        rivals_sentence(picture.rivals, picture.as_of),
        hypothesis_phrases.omission_sentence(part.left_out),
    )
    return tuple(sentence for sentence in sentences if sentence)


def hypothesis_question(picture: ClientPicture) -> str:
    return hypothesis_phrases.question(picture.hypotheses) if picture.hypotheses else ""


def hypothesis_cautions(picture: ClientPicture) -> tuple[tuple[str, str], ...]:
    """Return (label, cautions) pairs of the hypotheses."""
    return hypothesis_phrases.cautions(picture.hypotheses) if picture.hypotheses else ()


def hypothesis_table(picture: ClientPicture) -> ChartTable:
    """Return all numbers of the hypotheses, one column per construct."""
    part, caption = picture.hypotheses, "What symptoms move with, 90% intervals"
    if part is None:
        return ChartTable(caption, (), ())
    columns = [hypothesis_phrases.table_column(h) for h in part.rows]
    rows = zip(hypothesis_phrases.TABLE_ROWS, *columns, strict=True)
    return ChartTable(caption, ("Estimate", *(h.label for h in part.rows)), tuple(rows))


def missing_hypotheses_reason(picture: ClientPicture) -> str:
    """Return the reason why there are no hypotheses although their gate is open, else an empty text."""
    if picture.hypotheses is not None or picture.gate.level < GateLevel.CONTRIBUTIONS:
        return ""
    problem = picture.hypotheses_problem
    return f"{problem.what} {problem.advice}" if problem else hypothesis_phrases.TOO_FEW


def limit_sentences(picture: ClientPicture, calibration: str = "") -> tuple[str, ...]:
    """Return the limits of the picture; `calibration` says how often intervals held in the clinic, if it is known."""
    checked = f"{phrases.MODEL_ASSUMED} {calibration}" if calibration else phrases.INTERVALS
    return tuple(checked if limit == phrases.INTERVALS else limit for limit in picture.limits)


def validation_note(picture: ClientPicture) -> str:
    """Return the page's one note on scores whose questionnaire is not validated, or an empty text."""
    labels = [part.measure for part in (picture.symptoms, picture.alliance) if not part.validated and part.reported]
    own = [label for label in labels if label.startswith("check-in ")]
    names = ["check-in"] if len(own) == len(labels) and own else [*dict.fromkeys(labels)]
    return phrases.unvalidated_notice(" and the ".join(names)) if names else ""


def expected_label(picture: ClientPicture) -> str:
    """Return the label of the expected course in the chart."""
    reported = picture.symptoms.reported
    return f"expected path (start near {phrases.number(reported[0].value)})" if reported else "expected path"


def shows_expected_alliance(picture: ClientPicture) -> bool:
    """Return True if the alliance chart shows the predicted rating of a rupture."""
    return any(_rating_evidence(mark) is not None for mark in picture.alliance.ruptures)


def _values_by_time(reported: tuple[ReportedScore, ...]) -> dict[float, float | None]:
    return {round(r.at, 4): r.value for r in reported}


def _session_names(picture: ClientPicture) -> Mapping[float, str]:
    part = picture.symptoms
    names = {round(r.at, 4): _session_cell(r.session) for r in part.reported}
    return names | {round(f.at, 4): _session_cell(f.session) for f in part.forecast}


def _session_cell(session: int | None) -> str:
    """Return the session's number, or a dash for a report between sessions."""
    return str(session) if session is not None else EMPTY_CELL


def _range(low: float, high: float) -> str:
    """Return “3–5”, or “−1 to 2” where a dash could be read as a minus sign."""
    return f"{phrases.number(low)}{'–' if low >= 0 else ' to '}{phrases.number(high)}"


def _number(value: float | None) -> str:
    return EMPTY_CELL if value is None else phrases.number(value)


def _day(picture: ClientPicture, at: float) -> str:
    day = calendar_day(picture, at)
    return f"{day.day} {day:%b %Y}" if day else f"day {round(at)}"
