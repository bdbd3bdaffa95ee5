"""What a page or a report tells from a picture: sentences and tables, the same ones everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from securebase.picture import hypothesis_phrases, phrases
from securebase.picture.client import ClientPicture
from securebase.picture.parts import GateLevel, Repair, Reported, RuptureMark, Signal, SignalKind, SignalTone

#: Points that stand before the next session: more would not be read.
MOST_POINTS = 4
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class ChartTable:
    """Numbers beside a chart, as text: `head` names the columns, each row begins with its session."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def before_session(picture: ClientPicture) -> tuple[Signal, ...]:
    """The few points to know before the next session; safety stands apart and above them."""
    others = [s for s in picture.signals if s.kind is not SignalKind.SAFETY]
    return tuple(others[:MOST_POINTS])


def needs_attention(picture: ClientPicture) -> bool:
    """Whether any signal is more than a note."""
    return any(s.tone in {SignalTone.ALERT, SignalTone.WARN} for s in picture.signals)


def nothing_stands_out(picture: ClientPicture) -> str:
    """Return the sentence for a picture without points to know; never an all-clear while a safety answer waits."""
    where = where_symptoms_are(picture)
    if any(s.kind is SignalKind.SAFETY for s in picture.signals):
        return f"The safety answer comes first. {where}."
    return f"{where}. Nothing asks for attention."


def where_symptoms_are(picture: ClientPicture) -> str:
    """One quiet line for a course in which nothing stands out."""
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
        return "Last report on the high side of the expected path"
    return "Better than the expected path" if better else "On the expected path"


def symptom_sentences(picture: ClientPicture) -> tuple[str, ...]:
    """Change against measurement error, severity, and the chance of remission, each where it may be said."""
    part, said = picture.symptoms, []
    if part.reported:
        last = part.reported[-1]
        band = f" ({part.severity})" if part.severity else ""
        where = f"session {last.session}, " if last.session is not None else ""
        said.append(f"Last report: {phrases.number(last.value)}{band}, {where}{_day(picture, last.at)}.")
    if part.change is not None:
        c = part.change
        one = phrases.one_report(c.before) if c.running == 1 and c.verdict in {"improved", "worse"} else ""
        said.append(phrases.change_says(phrases.apart(c.first, c.last), c.percent, c.verdict, c.threshold) + one)
    if part.remission_chance is not None and part.forecast:
        said.append(phrases.remission_chance_says(part.remission_chance, part.forecast[-1].session))
    elif part.forecast:
        far = part.forecast[-1]
        said.append(phrases.forecast_says(far.session, far.at, far.value, far.low90, far.high90))
    return (*said, *part.notes)


def alliance_sentences(picture: ClientPicture) -> tuple[str, ...]:
    """The usual level with its interval, and how each rupture stands."""
    part, said = picture.alliance, []
    if part.usual is not None:
        u = part.usual
        said.append(
            phrases.usual_level_says(u.value, u.low, u.high, left_out=part.left_out, counted_in=part.counted_in)
        )
    elif part.reported:
        said.append(phrases.usual_level_waits(picture.gate.paired))
    for mark in part.ruptures:
        where = phrases.session(mark.session, mark.at)
        if mark.repair is Repair.OPEN:
            said.append(phrases.rupture_stands_open(where, _seen(mark)))
        else:
            back = phrases.session(mark.repaired_session, mark.repaired_at or mark.at)
            said.append(phrases.rupture_stands_repaired(where, back, recorded=mark.repair is Repair.RECORDED))
    return (*said, *part.notes)


def _seen(mark: RuptureMark) -> tuple[float, float, float] | None:
    if mark.value is None or mark.expected is None or mark.limit is None:
        return None
    return mark.value, mark.expected, mark.limit


def day_of(picture: ClientPicture, at: float) -> date | None:
    """The calendar day of a time, where the episode's first day is known."""
    began = picture.header.began_on
    return date.fromisoformat(began) + timedelta(days=int(at // 1)) if began else None


def symptom_table(picture: ClientPicture) -> ChartTable:
    """Reports, estimate, forecast and expected path by session."""
    part = picture.symptoms
    given = _by_time(part.reported)
    estimated = {round(e.at, 4): phrases.number(e.value) for e in part.estimated}
    ahead = {round(f.at, 4): f for f in part.forecast}
    path = {round(e.at, 4): f"{phrases.number(e.low)} to {phrases.number(e.high)}" for e in part.expected}
    moments = sorted(given | dict.fromkeys(ahead))
    names = _names(picture)
    rows = []
    for at in moments:
        f = ahead.get(at)
        rows.append(
            (
                names.get(at, phrases.session(None, at)),
                _day(picture, at),
                _number(given.get(at)),
                phrases.number(f.value) if f else estimated.get(at, NOTHING),
                f"{phrases.number(f.low50)} to {phrases.number(f.high50)}" if f else NOTHING,
                f"{phrases.number(f.low90)} to {phrases.number(f.high90)}" if f else NOTHING,
                path.get(at, NOTHING),
            )
        )
    head = ("When", "Day", "Reported", "Estimate or forecast", "50% interval", "90% interval", "Expected path (80%)")
    return ChartTable(f"Symptoms: {part.measure}", head, tuple(rows))


def alliance_table(picture: ClientPicture) -> ChartTable:
    """Ratings with the usual level and the movement around it."""
    part = picture.alliance
    bars = {round(b.at, 4): b for b in part.bars}
    marks = {m.session: m for m in part.ruptures}
    rows = []
    for report in part.reported:
        bar = bars.get(round(report.at, 4))
        mark = marks.get(report.session) if report.session is not None else None
        rows.append(
            (
                phrases.session(report.session, report.at).capitalize(),
                _day(picture, report.at),
                phrases.number(report.value),
                phrases.number(bar.usual) if bar else NOTHING,
                phrases.signed(bar.state) if bar else NOTHING,
                f"rupture, {mark.repair.value}" if mark else NOTHING,
            )
        )
    head = ("When", "Day", "Reported", "Usual level", "Movement around it (estimate)", "Mark")
    return ChartTable(f"Alliance: {part.measure}", head, tuple(rows))


def mechanism_table(picture: ClientPicture) -> ChartTable:
    """The four mechanisms as reported, by session."""
    series = [{r.session: r for r in m.reported if r.session is not None} for m in picture.mechanisms]
    sessions = sorted({number for one in series for number in one})
    rows = []
    for number in sessions:
        at = next(one[number].at for one in series if number in one)
        values = (_number(one[number].value if number in one else None) for one in series)
        rows.append((f"Session {number}", _day(picture, at), *values))
    return ChartTable("Mechanisms as reported", ("When", "Day", *(m.label for m in picture.mechanisms)), tuple(rows))


def hypothesis_sentences(picture: ClientPicture) -> tuple[str, ...]:
    """Return the sentences beside the chart of hypotheses, in order.

    They name the change that is split, the largest part, the predictive check, the strength that a hidden cause would
    need, and the omissions. The question is apart.
    """
    part, words = picture.hypotheses, hypothesis_phrases
    if part is None:
        return ()
    foretold = words.foretelling_says(part.foretelling) if part.foretelling else ""
    said = (
        words.heading_says(part),
        words.verdict_says(part),
        words.order_says(part),
        foretold,
        words.pooling_says(part),
        words.hidden_says(part),
        words.left_out_says(part.left_out),
    )
    return tuple(one for one in said if one)


def hypothesis_question(picture: ClientPicture) -> str:
    return hypothesis_phrases.question(picture.hypotheses) if picture.hypotheses else ""


def hypothesis_cautions(picture: ClientPicture) -> tuple[tuple[str, str], ...]:
    """Names with what must be known of their numbers."""
    return hypothesis_phrases.cautions(picture.hypotheses) if picture.hypotheses else ()


def hypothesis_table(picture: ClientPicture) -> ChartTable:
    """Every number of the hypotheses with all that stands beside it: one column a construct."""
    part, caption = picture.hypotheses, "What the change in symptoms moves with, 90% intervals"
    if part is None:
        return ChartTable(caption, (), ())
    columns = [hypothesis_phrases.table_column(h) for h in part.rows]
    rows = zip(hypothesis_phrases.TABLE_ROWS, *columns, strict=True)
    return ChartTable(caption, ("What", *(h.label for h in part.rows)), tuple(rows))


def why_no_hypotheses(picture: ClientPicture) -> str:
    """Why there are none although their gate is open."""
    if picture.hypotheses is not None or picture.gate.level < GateLevel.CONTRIBUTIONS:
        return ""
    problem = picture.hypotheses_problem
    return f"{problem.what} {problem.advice}" if problem else hypothesis_phrases.TOO_FEW


def expected_label(picture: ClientPicture) -> str:
    """What the band in the chart is, in a few words."""
    reported = picture.symptoms.reported
    return f"path of people who began near {phrases.number(reported[0].value)}" if reported else "expected path"


def expected_is_drawn(picture: ClientPicture) -> bool:
    """Whether the alliance chart shows what was expected where a rupture began."""
    return any(_seen(mark) is not None for mark in picture.alliance.ruptures)


def _by_time(reported: tuple[Reported, ...]) -> dict[float, float | None]:
    return {round(r.at, 4): r.value for r in reported}


def _names(picture: ClientPicture) -> Mapping[float, str]:
    part = picture.symptoms
    found = {round(r.at, 4): phrases.session(r.session, r.at).capitalize() for r in part.reported}
    return found | {round(f.at, 4): f"{phrases.session(f.session, f.at).capitalize()}, ahead" for f in part.forecast}


def _number(value: float | None) -> str:
    return NOTHING if value is None else phrases.number(value)


def _day(picture: ClientPicture, at: float) -> str:
    day = day_of(picture, at)
    return f"{day.day} {day:%b %Y}" if day else f"day {round(at)}"
