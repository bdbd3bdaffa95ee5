"""Queries of the timeline: its entries by year, and the addresses that open them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from securebase.ipt.rendering import title_in_words
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.timeline import Timeline
from securebase.ipt.worksheet import Worksheet
from securebase.measurement.catalogue import instrument
from securebase.workbench.clients.models import Episode
from securebase.workbench.worksheets.queries import current_artefact


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the list by year, which shows the content of the drawing on phones and to screen readers."""

    when: str
    words: str
    kind: str
    address: str
    mark: str = ""
    in_window: bool = False


def symptom_maximum(episode: Episode) -> float:
    """Return the maximum of the measure that tracks symptoms."""
    name, scale = episode.symptom_instrument_and_scale
    return float(instrument(name).scale(scale).maximum)


def entry_links(line: Timeline, here: str) -> dict[tuple[str, str], str]:
    """Map (worksheet, id) to the address that opens it beside the drawing."""
    keys = [(e.worksheet, e.id) for e in line.events] + [(b.worksheet, b.id) for b in line.bars]
    if line.onset_id:
        keys.append((line.onset_worksheet, line.onset_id))
    return {(name, id_): f"{here}&open={name}:{id_}#panel" for name, id_ in keys}


def to_add() -> list[tuple[Worksheet, str]]:
    """Return the worksheets of the timeline, with the labels of their links, in the order of the links."""
    specs = [(spec.add, spec) for spec in worksheets().values() if spec.page_name == "timeline" and spec.add]
    return [(spec, link.label) for link, spec in sorted(specs, key=lambda pair: pair[0].order)]


def may_add(episode: Episode, spec: Worksheet) -> bool:
    """Return whether the course can have another entry of a worksheet."""
    return spec.many or current_artefact(episode, spec.id) is None


def entry_title(name: str, values: Any) -> str:
    spec = worksheet(name)
    return title_in_words(spec, values) or spec.name


def entries_by_year(line: Timeline, links: Mapping[tuple[str, str], str]) -> list[tuple[int, list[TimelineEntry]]]:
    """Return everything on the timeline by year, latest first."""

    def day(at: float) -> Any:
        return line.began_on + timedelta(days=round(at))

    def format_day(at: float | None, default: str) -> str:
        return default if at is None else f"{day(at).day} {day(at):%b %Y}"

    rows: list[tuple[float, TimelineEntry]] = []
    for e in line.events:
        until = "" if e.until is None else f" to {format_day(e.until, '')}"
        about = f"{e.side} · {e.dependent.label}" if e.side else e.dependent.label
        entry = TimelineEntry(
            format_day(e.at, "") + until, e.words, about, links[e.worksheet, e.id], e.dependent.value, e.in_window
        )
        rows.append((e.at, entry))
    for b in line.bars:
        start = b.start if b.start is not None else b.end
        assert start is not None  # a bar has at least one of its ends
        when = (
            format_day(b.start, "")
            if b.start == b.end
            else f"{format_day(b.start, 'before')} to {format_day(b.end, 'now')}"
        )
        rows.append((start, TimelineEntry(when, b.words, b.kind.label, links[b.worksheet, b.id], b.kind.value)))
    if line.onset is not None:
        address = links[line.onset_worksheet, line.onset_id]
        rows.append(
            (line.onset, TimelineEntry(format_day(line.onset, ""), "Symptoms began", "onset", address, "onset"))
        )
    rows.append((0.0, TimelineEntry(format_day(0.0, ""), "Start of this course", "therapy", "", "therapy")))
    years: dict[int, list[TimelineEntry]] = {}
    for at, entry in sorted(rows, key=lambda r: -r[0]):
        years.setdefault(day(at).year, []).append(entry)
    return list(years.items())
