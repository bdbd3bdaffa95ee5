"""Queries of the timeline: its entries by year, and the addresses that open them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from securebase.ipt.rendering import title_in_words
from securebase.ipt.shelf import worksheet
from securebase.ipt.timeline import Timeline
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
        keys.append(("onset", line.onset_id))
    return {(name, id_): f"{here}&open={name}:{id_}#panel" for name, id_ in keys}


def has_single(episode: Episode, name: str) -> bool:
    return not worksheet(name).many and current_artefact(episode, name) is not None


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
        kind = {"role": "role", "medication": "medication", "earlier": "earlier episode"}[b.kind]
        rows.append((start, TimelineEntry(when, b.words, kind, links[b.worksheet, b.id], b.kind)))
    if line.onset is not None:
        onset = TimelineEntry(
            format_day(line.onset, ""), "Symptoms began", "onset", links["onset", line.onset_id], "onset"
        )
        rows.append((line.onset, onset))
    rows.append((0.0, TimelineEntry(format_day(0.0, ""), "Start of this course", "therapy", "", "therapy")))
    years: dict[int, list[TimelineEntry]] = {}
    for at, entry in sorted(rows, key=lambda r: -r[0]):
        years.setdefault(day(at).year, []).append(entry)
    return list(years.items())
