"""The timeline of a course as SVG text: events above, symptoms and sessions in the middle, roles and medication below.

Every entry links to the page that edits it. Colours are attributes, not styles, so that the drawing is the same under a
strict content security policy, on paper and in a report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

from securebase.charts.tokens import (
    ACCENT,
    ACCENT_TINT,
    BAND,
    CARD,
    GOOD,
    INK,
    LINE,
    PROCESSING_TINT,
    SOFT,
    STRESS,
    WARN,
    WARN_TINT,
)
from securebase.ipt.timeline import Timeline
from securebase.ipt.timeline_marks import EventDependence, SpanKind, TimelineEvent, TimelineSpan

#: Approximate width of a letter of a label, used to keep labels apart.
LETTER = 6.4
ROW, CURVE, AXIS, FIRST_ROW, BAR_ROW = 24.0, 120.0, 34.0, 22.0, 26.0
MAX_LABEL = 34
#: Least distance between two dates on the axis, in the units of the drawing.
TICK_DISTANCE = 78.0
#: Most days that a click can choose between.
MAX_COLUMNS = 180


@dataclass(frozen=True, slots=True)
class TimelineFrame:
    """Range of days drawn, and the range of x that it covers. `began_on` is the calendar day of day 0."""

    first: float
    last: float
    left: float
    right: float
    began_on: date

    def x(self, day: float) -> float:
        """Return the x of a day, limited to the drawing."""
        share = (day - self.first) / (self.last - self.first)
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def overlaps(self, start: float | None, end: float | None) -> bool:
        """Return whether a period overlaps the range drawn; None is open to that side."""
        return (end is None or end >= self.first) and (start is None or start <= self.last)

    def day_of(self, day: float) -> date:
        return self.began_on + timedelta(days=round(day))


def draw_timeline(
    timeline: Timeline,
    *,
    links: Mapping[tuple[str, str], str],
    whole_life: bool,
    top: float,
    width: float = 1080.0,
    words: bool = True,
    add: str = "",
) -> str:
    """Return the drawing of a timeline.

    `links` maps (worksheet, id) to the address of an entry; `top` is the highest score of the symptom measure; `add` is
    the address that adds an event on the day “{day}”, for a click on an empty spot. Without `words` events are marks
    without names and there are no bars, as on a phone above the list of entries.
    """
    first, last = timeline.span(whole_life=whole_life)
    frame = TimelineFrame(first, last, 16.0 if words else 6.0, width - (16.0 if words else 6.0), timeline.began_on)
    events = [e for e in timeline.events if frame.overlaps(e.at, e.until or e.at)]
    bars = [b for b in timeline.bars if words and b.kind is not SpanKind.EARLIER and frame.overlaps(b.start, b.end)]
    earlier = [b for b in timeline.bars if b.kind is SpanKind.EARLIER and frame.overlaps(b.start, b.end)]
    label_widths = [_label_width(_event_label(e)) + 22.0 if words else 12.0 for e in events]
    places = _event_rows([(frame.x(e.at), width) for e, width in zip(events, label_widths, strict=True)], frame.right)
    lanes = _bar_rows(bars, frame)
    base = FIRST_ROW + (max((row for row, _ in places), default=-1) + 1) * ROW + (10.0 if events else 0.0)
    foot = base + CURVE
    height = foot + AXIS + (max(lanes, default=-1) + 1) * BAR_ROW + 8.0
    parts = [
        *(_days(frame, height, add) if add else ()),
        *_periods(timeline, earlier, frame, foot, links, words=words),
        *_axis(frame, foot, height),
        *_curve(timeline, frame, base, foot, top),
        *(_event(e, frame, place, foot, links, words=words) for e, place in zip(events, places, strict=True)),
        *(_bar(b, frame, foot + AXIS + lane * BAR_ROW, links) for b, lane in zip(bars, lanes, strict=True)),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="timeline" viewBox="0 0 {width:g} {height:.0f}" role="group"'
        f' aria-label="{escape(_description(timeline, events, bars))}"'
        f' font-family="system-ui, sans-serif" font-size="12.5">'
        f'<rect class="ground" width="{width:g}" height="{height:.0f}" fill="{CARD}"/>{"".join(parts)}</svg>'
    )


def _days(frame: TimelineFrame, height: float, add: str) -> Iterator[str]:
    """Yield links to add an event, one a day or as many as can be told apart; for the mouse, beside other ways."""
    days = frame.last - frame.first
    count = max(1, min(round(days), MAX_COLUMNS))
    width = (frame.right - frame.left) / count
    for n in range(count):
        day = frame.day_of(frame.first + (n + 0.5) * days / count)
        yield (
            f'<a class="day" href="{escape(add.format(day=day))}" tabindex="-1" aria-hidden="true">'
            f"<title>Add an event on {_day(day)}</title>"
            f'<rect x="{frame.left + n * width:.2f}" width="{width:.2f}" height="{height:.0f}" fill="{CARD}"/></a>'
        )


def _description(timeline: Timeline, events: Sequence[TimelineEvent], bars: Sequence[TimelineSpan]) -> str:
    onset = (
        "" if timeline.onset is None else f", onset {_day(timeline.began_on + timedelta(days=round(timeline.onset)))}"
    )
    counts = (
        (len(events), "life event"),
        (sum(b.kind is SpanKind.ROLE for b in bars), "role"),
        (sum(b.kind is SpanKind.MEDICATION for b in bars), "medication"),
        (len(timeline.sessions), "session"),
        (len(timeline.curve), "symptom score"),
    )
    return "Timeline: " + ", ".join(f"{n} {name}{'' if n == 1 else 's'}" for n, name in counts) + onset


def _event_label(event: TimelineEvent) -> str:
    return event.words if len(event.words) <= MAX_LABEL else event.words[: MAX_LABEL - 1].rstrip() + "…"


def _label_width(words: str) -> float:
    return LETTER * len(words)


def _event_rows(labels: Sequence[tuple[float, float]], right: float) -> list[tuple[int, bool]]:
    """Return row and side for each label (x, width), in order of x: the first row in which it overlaps no other.

    The side is True for a label to the left of its mark, which would not fit to the right.
    """
    occupied: list[list[tuple[float, float]]] = []
    places: list[tuple[int, bool]] = []
    for x, width in labels:
        leftwards = x + width > right
        start, end = (x - width, x + 12.0) if leftwards else (x - 12.0, x + width)
        row = next((n for n, row in enumerate(occupied) if all(end < s or start > e for s, e in row)), len(occupied))
        if row == len(occupied):
            occupied.append([])
        occupied[row].append((start, end))
        places.append((row, leftwards))
    return places


def _bar_rows(bars: Sequence[TimelineSpan], frame: TimelineFrame) -> list[int]:
    occupied: list[list[tuple[float, float]]] = []
    rows: list[int] = []
    for bar in bars:
        start, end = _edges(bar, frame)
        width = _label_width(_bar_label(bar)) + 14.0
        if start + width > frame.right:
            start -= width  # the label stands before the bar
        else:
            end = max(end, start + width)
        row = next((n for n, row in enumerate(occupied) if all(end < s or start > e for s, e in row)), len(occupied))
        if row == len(occupied):
            occupied.append([])
        occupied[row].append((start, end + 6.0))
        rows.append(row)
    return rows


def _edges(bar: TimelineSpan, frame: TimelineFrame) -> tuple[float, float]:
    start = frame.left if bar.start is None else frame.x(bar.start)
    return start, frame.right if bar.end is None else frame.x(bar.end)


def _periods(
    timeline: Timeline,
    earlier: Sequence[TimelineSpan],
    frame: TimelineFrame,
    foot: float,
    links: Mapping[tuple[str, str], str],
    *,
    words: bool,
) -> Iterator[str]:
    for bar in earlier:
        start, end = _edges(bar, frame)
        width = max(end - start, 3.0)
        box = f'<rect x="{start:.1f}" y="0" width="{width:.1f}" height="{foot:.1f}" fill="{PROCESSING_TINT}"/>'
        name = (
            f'<text x="{start + 4:.1f}" y="{foot - 9:.1f}" fill="{SOFT}">earlier episode</text>'
            if words and end - start > 90
            else ""
        )
        yield _link(box + name, f"Earlier episode: {bar.words}", links.get((bar.worksheet, bar.id)))
    if timeline.window and frame.overlaps(*timeline.window):
        start, end = frame.x(timeline.window[0]), frame.x(timeline.window[1])
        box = (
            f'<rect x="{start:.1f}" y="0" width="{max(end - start, 2.0):.1f}" height="{foot:.1f}" fill="{WARN_TINT}"/>'
        )
        rule = f'<path d="M{end:.1f} 0V{foot:.1f}" stroke="{WARN}" stroke-width="1.6"/>'
        name = f'<text x="{end - 5:.1f}" y="{foot - 9:.1f}" text-anchor="end" fill="{WARN}">onset</text>'
        label = f"Onset {_day(frame.day_of(timeline.window[1]))}, and the months before it"
        yield _link(
            box + rule + (name if end - start > 44 else ""),
            label,
            links.get((timeline.onset_worksheet, timeline.onset_id)),
        )
    if timeline.worse is not None and frame.overlaps(timeline.worse, timeline.worse):
        x = frame.x(timeline.worse)
        rule = f'<path d="M{x:.1f} 0V{foot:.1f}" stroke="{WARN}" stroke-width="1.2" stroke-dasharray="4 3"/>'
        yield rule + _text_at(x + 4, foot - 9, "worse", WARN, frame)


def _text_at(x: float, y: float, words: str, ink: str, frame: TimelineFrame) -> str:
    """Return words that begin at x, or end there if they do not fit to the right."""
    anchor = "end" if x + _label_width(words) + 8 > frame.right else "start"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{ink}">{words}</text>'


def ticks(frame: TimelineFrame) -> list[tuple[date, str]]:
    """Return labelled days of the axis, months of a course or years of a life, as many as fit."""
    start, end = frame.day_of(frame.first), frame.day_of(frame.last)
    months = (end.year - start.year) * 12 + end.month - start.month
    max_ticks = max(2.0, min(13.0, (frame.right - frame.left) / TICK_DISTANCE))
    step = next((n for n in (1, 2, 3, 6, 12, 24, 60, 120, 240) if months / n <= max_ticks), 480)
    result: list[tuple[date, str]] = []
    month = start.year * 12 + start.month - 1
    month += -month % step
    while month <= end.year * 12 + end.month - 1:
        day = date(month // 12, month % 12 + 1, 1)
        if start <= day <= end:
            result.append(
                (day, f"{day:%Y}" if step >= 12 else f"{day:%b %Y}" if day.month == 1 or not result else f"{day:%b}")
            )
        month += step
    return result


def _axis(frame: TimelineFrame, foot: float, height: float) -> Iterator[str]:
    yield f'<path d="M{frame.left:.1f} {foot:.1f}H{frame.right:.1f}" stroke="{SOFT}" stroke-width="1"/>'
    for day, words in ticks(frame):
        x = frame.x(float((day - frame.began_on).days))
        anchor = "start" if x < frame.left + 24 else "end" if x > frame.right - 24 else "middle"
        yield (
            f'<path d="M{x:.1f} {foot:.1f}v5" stroke="{SOFT}"/>'
            f'<text x="{x:.1f}" y="{foot + 17:.1f}" text-anchor="{anchor}" fill="{SOFT}">{words}</text>'
        )
    if height > foot + AXIS + 10:
        yield f'<path d="M{frame.left:.1f} {foot + AXIS - 12:.1f}H{frame.right:.1f}" stroke="{LINE}"/>'


def _curve(timeline: Timeline, frame: TimelineFrame, base: float, foot: float, top: float) -> Iterator[str]:
    for at, number in timeline.sessions:
        if frame.overlaps(at, at):
            x = frame.x(at)
            title = f"<title>Session {number}, {_day(frame.day_of(at))}</title>"
            yield f'<path d="M{x:.1f} {foot - 7:.1f}v7" stroke="{ACCENT}" stroke-width="2.4">{title}</path>'
    if not timeline.curve:
        return
    ceiling = base + 14.0
    floor = foot - 12.0

    def y(value: float) -> float:
        return floor - min(max(value / (top or 1.0), 0.0), 1.0) * (floor - ceiling)

    points = [(frame.x(at), y(value), at, value) for at, value in timeline.curve if frame.overlaps(at, at)]
    path = " ".join(f"{x:.1f},{y_:.1f}" for x, y_, _, _ in points)
    yield f'<polyline points="{path}" fill="none" stroke="{INK}" stroke-width="2" stroke-linejoin="round"/>'
    for x, y_, at, value in points:
        title = f"<title>Symptoms {value:g} of {top:g}, {_day(frame.day_of(at))}</title>"
        yield f'<circle cx="{x:.1f}" cy="{y_:.1f}" r="2.6" fill="{INK}">{title}</circle>'
    x = points[0][0] if points else frame.left
    yield _text_at(x, ceiling - 4, "symptoms", INK, frame)


def _event(
    event: TimelineEvent,
    frame: TimelineFrame,
    place: tuple[int, bool],
    foot: float,
    links: Mapping[tuple[str, str], str],
    *,
    words: bool,
) -> str:
    row, leftwards = place
    x, y = frame.x(event.at), FIRST_ROW + row * ROW
    size = 3.5 + (5.0 if event.weight is None else event.weight) * 0.55
    ink = {"hard": STRESS, "good": GOOD}.get(event.side, INK)
    drop = f'<path d="M{x:.1f} {y:.1f}V{foot:.1f}" stroke="{ink}" stroke-width=".8" stroke-dasharray="1 3"/>'
    if event.until is not None and event.until > event.at:
        drop += f'<path d="M{x:.1f} {y:.1f}H{frame.x(event.until):.1f}" stroke="{ink}" stroke-width="3" opacity=".45"/>'
    anchor, at = ("end", x - size - 5) if leftwards else ("start", x + size + 5)
    label = escape(_event_label(event))
    text = f'<text x="{at:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}" fill="{INK}">{label}</text>' if words else ""
    weight = "" if event.weight is None else f", impact {event.weight:g} of 10"
    side = f", {event.side}" if event.side else ""
    description = f"{event.words}, {_day(frame.day_of(event.at))}, {event.dependent.label}{side}{weight}"
    # A mark without its name is too small a touch target; the list below it has the link.
    address = links.get((event.worksheet, event.id)) if words else None
    return _link(drop + _mark(event.dependent, x, y, size, ink) + text, description, address)


def _mark(kind: EventDependence, x: float, y: float, size: float, ink: str) -> str:
    """Return the mark of an event: a disc if independent of the client, a diamond if dependent, a ring if unclear."""
    if kind is EventDependence.DEPENDENT:
        s = size * 1.25
        return f'<path d="M{x:.1f} {y - s:.1f}l{s:.1f} {s:.1f}l{-s:.1f} {s:.1f}l{-s:.1f} {-s:.1f}z" fill="{ink}"/>'
    if kind is EventDependence.INDEPENDENT:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="{ink}"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="{CARD}" stroke="{ink}" stroke-width="2"/>'


def _bar_label(bar: TimelineSpan) -> str:
    words = f"{bar.words}, {bar.note}" if bar.kind is SpanKind.MEDICATION and bar.note else bar.words
    return words if len(words) <= MAX_LABEL else words[: MAX_LABEL - 1].rstrip() + "…"


def _bar(bar: TimelineSpan, frame: TimelineFrame, y: float, links: Mapping[tuple[str, str], str]) -> str:
    start, end = _edges(bar, frame)
    fill, edge = (BAND, WARN) if bar.kind is SpanKind.MEDICATION else (ACCENT_TINT, ACCENT)
    box = f'<rect x="{start:.1f}" y="{y:.1f}" width="{max(end - start, 4.0):.1f}" height="20" rx="4" fill="{fill}"/>'
    for x, day in ((start, bar.start), (end, bar.end)):
        if day is not None:
            box += f'<path d="M{x:.1f} {y:.1f}v20" stroke="{edge}" stroke-width="2"/>'
    before = start + _label_width(_bar_label(bar)) + 14.0 > frame.right
    at, anchor = (start - 6, "end") if before else (start + 7, "start")
    label = escape(_bar_label(bar))
    text = f'<text x="{at:.1f}" y="{y + 14:.1f}" text-anchor="{anchor}" fill="{INK}">{label}</text>'
    since = "" if bar.start is None else f" from {_day(frame.day_of(bar.start))}"
    until = " until now" if bar.end is None else f" to {_day(frame.day_of(bar.end))}"
    kind = "Medication" if bar.kind is SpanKind.MEDICATION else "Role"
    return _link(box + text, f"{kind} {_bar_label(bar)}{since}{until}", links.get((bar.worksheet, bar.id)))


def _link(drawing: str, label: str, address: str | None) -> str:
    title = f"<title>{escape(label)}</title>"
    if address is None:
        return f"<g>{title}{drawing}</g>"
    return f'<a href="{escape(address)}" aria-label="{escape(label)}">{title}{drawing}</a>'


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
