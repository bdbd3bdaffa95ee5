"""Queries of attachment and support: drawings with their sentences, and the latest corrective experiences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone
from django.utils.safestring import SafeString

from securebase.charts.attachment_plane import attachment_plane_drawing
from securebase.charts.slow_line import slow_line_drawing
from securebase.ipt.shelf import entries_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.picture.attachment import AttachmentPlane
from securebase.picture.attachment_phrases import (
    attachment_in_words,
    dimension_facts,
    line_in_words,
    line_values,
    plane_caption,
)
from securebase.picture.slow_lines import SlowLine
from securebase.records.episode import EpisodeRecord
from securebase.workbench.casefile import began_at
from securebase.workbench.clients.models import Episode
from securebase.workbench.ui.drawings import trusted_svg

#: Corrective experiences that the page lists; the others are on the page of emotional work.
MAX_EXPERIENCES = 3


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """The attachment plane: a sentence on the change, what it rests on, values, drawing (may be empty) and caption."""

    sentence: str
    basis: str
    facts: tuple[tuple[str, str], ...]
    drawing: SafeString
    caption: str


@dataclass(frozen=True, slots=True)
class LineView:
    """One slow line: its name, first and last value, drawing (empty before two answers) and a sentence."""

    label: str
    values: str
    drawing: SafeString
    sentence: str


@dataclass(frozen=True, slots=True)
class ExperienceView:
    """A corrective experience: what happened, what the client had expected (may be empty), and its day."""

    happened: str
    expected: str
    day: date


def attachment_view(plane: AttachmentPlane) -> AttachmentView:
    sentence, basis = attachment_in_words(plane)
    drawing = trusted_svg(attachment_plane_drawing(plane))
    caption = plane_caption(plane) if plane.ratings else ""
    return AttachmentView(sentence, basis, dimension_facts(plane), drawing, caption)


def line_view(line: SlowLine) -> LineView:
    return LineView(line.label, line_values(line), trusted_svg(slow_line_drawing(line)), line_in_words(line))


def latest_experiences(record: EpisodeRecord, episode: Episode) -> list[ExperienceView]:
    """Return the latest corrective experiences, the last one first."""
    held = {session.number: session.at for session in record.sessions}
    entries = [
        (held.get(entry.session or 0, entry.begun_at), entry)
        for entry in entries_with(record, WorksheetRole.CORRECTIVE_EXPERIENCE)
    ]
    latest = sorted(entries, key=lambda dated: dated[0], reverse=True)[:MAX_EXPERIENCES]
    begun = began_at(episode)
    return [
        ExperienceView(
            entry.text("happened"),
            f"Expected: {feared}" if (feared := entry.text("feared")) else "",
            timezone.localdate(begun + timedelta(days=at)),
        )
        for at, entry in latest
    ]
