"""The client's symptom scores as a line with a sentence: reported values and their change, without the model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from securebase.charts.sparkline import scores_sparkline
from securebase.measurement.catalogue import instrument
from securebase.measurement.change import score_change
from securebase.measurement.constructs import Direction
from securebase.measurement.instrument import Scale
from securebase.picture import phrases
from securebase.records.vocabulary import Respondent
from securebase.reports.change_section import NOT_TESTED
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.queries import record_of
from securebase.workbench.ui.drawings import trusted_svg


@dataclass(frozen=True, slots=True)
class SymptomLine:
    """Heading, drawing, and a sentence that says the same."""

    heading: str
    drawing: SafeString
    words: str


def symptom_line(episode: Episode, now: datetime) -> SymptomLine | None:
    """Return the line of the episode's symptom measure; None before the first answer."""
    name, scale_id = episode.symptom_instrument_and_scale
    points = [
        (s.at, s.value)
        for a in record_of(episode, now).administrations
        if a.instrument == name and a.respondent is Respondent.CLIENT
        for s in a.scores
        if s.scale == scale_id
    ]
    if not points:
        return None
    scale = instrument(name).scale(scale_id)
    drawing = scores_sparkline("Your answers", points, scale.minimum, scale.maximum, construct=scale.construct)
    words = describe_change(scale, [value for _, value in points])
    if not instrument(name).validated:
        words = f"{words} {NOT_TESTED}"
    return SymptomLine("How you have been", trusted_svg(drawing), words)


def describe_change(scale: Scale, values: list[float]) -> str:
    """Describe the first and last score, and whether their difference exceeds measurement error where that is known."""
    better = "lower" if scale.direction is Direction.HIGHER_IS_WORSE else "higher"
    ends = f"{phrases.number(scale.minimum)} to {phrases.number(scale.maximum)} ({better} is better)"
    if len(values) == 1:
        return f"You have answered once so far: {phrases.number(values[0])} on a scale from {ends}."
    first, last = phrases.number(values[0]), phrases.number(values[-1])
    summary = f"Your first score was {first} and your latest is {last}, on a scale from {ends}."
    return f"{summary} {_CHANGE_SENTENCES[score_change(scale, values[0], values[-1]).verdict]}".strip()


_CHANGE_SENTENCES = {
    "improved": "That is a real improvement, more than normal ups and downs.",
    "worse": "That is worse, by more than normal ups and downs. Please talk about it in your next session.",
    "within_error": "A difference this small may just be normal ups and downs.",
    "unknown": "",
}
