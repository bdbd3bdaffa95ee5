"""One course on one time axis, as SVG text: symptoms, alliance, and lanes of events below them.

A wide drawing names its marks; on a phone the lanes have titles, and the table below the drawing names every event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from securebase.charts.axes import ticks
from securebase.charts.tokens import ACCENT, BAND, CARD, GOOD, INK, LINE, PROCESSING, SKILLS, SOFT, STRESS, WARN
from securebase.picture.lane_events import EventMark, Lane, LaneEvent
from securebase.picture.phrases import count, number
from securebase.picture.series import PreparedRecord, Series

WIDE, PHONE = 1080.0, 340.0
#: Approximate width of a letter, used to keep names apart.
_LETTER = 6.3
_SYMPTOMS, _ALLIANCE, _GAP, _LANE, _TITLE = 120.0, 62.0, 22.0, 24.0, 19.0
_MAX_NAME, _MAX_MEASURE = 34, 13
_COLOURS = {
    EventMark.GOOD: GOOD,
    EventMark.OTHER: STRESS,
    EventMark.RETELLING: PROCESSING,
    EventMark.CORRECTIVE: SKILLS,
    EventMark.OPEN: WARN,
    EventMark.REPAIRED: WARN,
    EventMark.MISSING: SOFT,
}


@dataclass(frozen=True, slots=True)
class _CourseScale:
    """Range of days, the present day, range of x, and whether marks have names (wide page) or lanes have titles."""

    first: float
    last: float
    now: float
    left: float
    right: float
    named: bool

    def x(self, day: float) -> float:
        share = (day - self.first) / (self.last - self.first)
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)


def draw_course_axis(prepared: PreparedRecord, events: Sequence[LaneEvent], *, width: float = WIDE) -> str:
    """Return the drawing; PHONE is the width without names."""
    named = width > PHONE
    days = [s.at for s in prepared.axis] + [e.at for e in events if e.lane is not Lane.MEDICATION]
    first, last = min(days, default=0.0), max([*days, prepared.as_of])
    margin = max((last - first) * 0.02, 1.0)
    axis = _CourseScale(first - margin, last + margin, prepared.as_of, 116.0 if named else 24.0, width - 10.0, named)
    parts, y = list[str](), 16.0
    for name, height in (("symptoms", _SYMPTOMS), ("alliance", _ALLIANCE)):
        series = prepared.series[name]
        if series.reported:
            y += 0.0 if named else _TITLE
            parts += _panel(series, name, axis, y, height)
            y += height + _GAP
    for lane in Lane:
        marks = [e for e in events if e.lane is lane]
        y += _TITLE if marks and not named else 0.0
        for n, row in enumerate(_rows(marks)):
            title = lane.value if named else f"{lane.value} ({len(marks)})"
            parts += _lane("" if n else title, row, axis, y)
            y += _LANE
    parts += _sessions(prepared, axis, y)
    height = y + 38.0
    label = escape(text_alternative(prepared, events))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="course-axis" viewBox="0 0 {width:g} {height:.0f}" role="img"'
        f' aria-label="{label}" font-family="system-ui, sans-serif" font-size="12">{"".join(parts)}</svg>'
    )


def legend(events: Sequence[LaneEvent]) -> tuple[tuple[str, str, str], ...]:
    """Return sign, colour's name and words of each shape in the drawing; periods carry their names."""
    present = {event.mark for event in events}
    return tuple((sign, tone, mark.value) for mark, (sign, tone) in _SIGNS.items() if mark in present)


def text_alternative(prepared: PreparedRecord, events: Sequence[LaneEvent]) -> str:
    """Return what the drawing shows, in words."""
    held = sum(s.held for s in prepared.axis)
    sentences = [f"{count(held, 'session')} held"]
    for name in ("symptoms", "alliance"):
        values = prepared.series[name].values
        if values:
            sentences.append(f"{name} from {number(values[0])} to {number(values[-1])}")
    counts = [f"{lane.value.lower()}: {n}" for lane in Lane if (n := sum(e.lane is lane for e in events))]
    return f"Course on one time axis. {'; '.join([*sentences, *counts])}."


def _panel(series: Series, name: str, axis: _CourseScale, top: float, height: float) -> Iterator[str]:
    colour = INK if name == "symptoms" else ACCENT
    low, high = series.minimum, series.maximum
    spread = high - low or 1.0

    def y(value: float) -> float:
        return top + height - (value - low) / spread * height

    for tick in ticks(low, high, few=name == "alliance"):
        yield f'<path d="M{axis.left:g} {y(tick):.1f}H{axis.right:g}" stroke="{LINE}"/>'
        yield _text(axis.left - 6, y(tick) + 4, number(tick), SOFT, "end")
    title = name.capitalize()
    if axis.named:
        yield _text(0, top + 10, title, INK)
        yield _text(0, top + 26, "rated by client" if name == "alliance" else _short_measure(series), SOFT)
    else:
        yield _text(0, top - 12, f"{title}: {escape(series.measure_name)}", INK)
    points = [(axis.x(r.at), y(r.value), r) for r in series.reported]
    if name == "symptoms":
        path = " ".join(f"{x:.1f},{y_:.1f}" for x, y_, _ in points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
    for x, y_, report in points:
        session = f"session {report.session}" if report.session is not None else f"day {report.at:.0f}"
        yield (
            f'<circle cx="{x:.1f}" cy="{y_:.1f}" r="3" fill="{CARD}" stroke="{colour}" stroke-width="1.8">'
            f"<title>{title} {number(report.value)}, {session}</title></circle>"
        )


def _short_measure(series: Series) -> str:
    """Return the name of a measure in the width of the column of titles."""
    name = "check-in" if series.measure_name.startswith("check-in ") else series.measure_name
    return escape(name if len(name) <= _MAX_MEASURE else f"{name[: _MAX_MEASURE - 1]}…")


def _rows(events: Sequence[LaneEvent]) -> list[list[LaneEvent]]:
    """Return the rows of one lane: marks in one row, and each period in the first row where none covers its start."""
    rows: list[list[LaneEvent]] = []
    for event in events:
        free = (row for row in rows if event.mark is not EventMark.SPAN or (row[-1].until or event.at + 1) <= event.at)
        row = next(free, None)
        if row is None:
            rows.append(row := [])
        row.append(event)
    return rows


def _lane(title: str, events: Sequence[LaneEvent], axis: _CourseScale, top: float) -> Iterator[str]:
    """Draw one row; marks of one session stand side by side, and a name appears once where it has room."""
    middle = top + _LANE / 2 - 2
    yield _text(0, middle + 4, title, INK) if axis.named else _text(0, top - 3, title, INK)
    yield f'<path d="M{axis.left:g} {middle:.1f}H{axis.right:g}" stroke="{LINE}"/>'
    xs: list[float] = []
    for event in events:
        x = axis.x(event.at)
        xs.append(max(x, xs[-1] + 12.0) if xs and event.mark is not EventMark.SPAN else x)
    named = {""} if axis.named else {event.brief for event in events}
    left_of_names = axis.left
    for x, following, event in zip(xs, [*xs[1:], axis.right], events, strict=True):
        shape, end = _shape(event, axis, x, middle)
        name = event.brief if len(event.brief) <= _MAX_NAME else event.brief[: _MAX_NAME - 1].rstrip() + "…"
        width, text = _LETTER * len(name) + 10, ""
        if event.brief not in named and end + width < following:
            text = _text(end + 9, middle + 4, escape(name), INK)
            left_of_names = end + width
        elif event.brief not in named and x - width > left_of_names:
            text = _text(x - 9, middle + 4, escape(name), INK, "end")
            left_of_names = end + 9
        else:
            left_of_names = end + 9
        if text:
            named.add(event.brief)
        yield f"<g><title>{escape(event.words)}</title>{shape}{text}</g>"


def _shape(event: LaneEvent, axis: _CourseScale, x: float, y: float) -> tuple[str, float]:
    """Return the mark of an event and the x where it ends, from which its name may begin."""
    if event.mark is EventMark.SPAN:
        end = axis.x(event.until if event.until is not None else axis.now)
        box = f'<rect x="{x:.1f}" y="{y - 9:.1f}" width="{max(end - x, 4.0):.1f}" height="18" rx="3" fill="{BAND}"/>'
        begins = event.at >= axis.first
        return box + (f'<path d="M{x:.1f} {y - 9:.1f}v18" stroke="{WARN}" stroke-width="2"/>' if begins else ""), x
    colour = _COLOURS[event.mark]
    fill = CARD if event.mark is EventMark.OPEN else colour
    outline = f'stroke="{colour}" stroke-width="1.8" stroke-linejoin="round"'
    path, end = f'<path d="{_PATHS[event.mark].format(x=x, y=y)}" fill="{fill}" {outline}/>', x
    if event.mark is EventMark.REPAIRED and event.until is not None and (end := max(axis.x(event.until), x)) > x + 8:
        path += f'<path d="M{x:.1f} {y:.1f}H{end:.1f}M{end:.1f} {y - 5:.1f}v10" {outline}/>'
    return path, end


def _sessions(prepared: PreparedRecord, axis: _CourseScale, y: float) -> Iterator[str]:
    """Draw the axis with the numbers of the sessions, those ahead in soft ink."""
    yield f'<path d="M{axis.left:g} {y:.1f}H{axis.right:g}" stroke="{SOFT}"/>'
    if axis.named:
        yield _text(0, y + 18, "Session", SOFT)
    room = axis.left
    for session in prepared.axis:
        x = axis.x(session.at)
        if x >= room:
            yield f'<path d="M{x:.1f} {y:.1f}v4" stroke="{SOFT}"/>'
            yield _text(x, y + 18, str(session.number), INK if session.held else SOFT, "middle")
            room = x + 26.0
    now = axis.x(axis.now)
    yield f'<path d="M{now:.1f} 8V{y:.1f}" stroke="{SOFT}" stroke-dasharray="2 3"/>'


def _text(x: float, y: float, words: str, colour: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'


#: Sign and token of the shapes in a legend of the page.
_SIGNS = {
    EventMark.OTHER: ("▲", "stress"),
    EventMark.GOOD: ("●", "good"),
    EventMark.RETELLING: ("■", "processing"),
    EventMark.CORRECTIVE: ("★", "skills"),
    EventMark.OPEN: ("◇", "warn"),
    EventMark.REPAIRED: ("◆", "warn"),
    EventMark.MISSING: ("×", "soft"),
}
_DIAMOND = "M{x:.1f} {y:.1f}m0 -6l6 6l-6 6l-6 -6z"
_PATHS = {
    EventMark.GOOD: "M{x:.1f} {y:.1f}m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
    EventMark.OTHER: "M{x:.1f} {y:.1f}m0 -6l6 10h-12z",
    EventMark.RETELLING: "M{x:.1f} {y:.1f}m-5 -5h10v10h-10z",
    EventMark.CORRECTIVE: "M{x:.1f} {y:.1f}m0 -7l2 5h5l-4 3l1.6 5l-4.6 -3l-4.6 3l1.6 -5l-4 -3h5z",
    EventMark.OPEN: _DIAMOND,
    EventMark.REPAIRED: _DIAMOND,
    EventMark.MISSING: "M{x:.1f} {y:.1f}m-4 -4l8 8m0 -8l-8 8",
}
