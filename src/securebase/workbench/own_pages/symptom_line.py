"""The client's symptom scores as a line with a sentence: reported values and their change, without the model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    drawing = scores_sparkline(_("Your answers"), points, scale.minimum, scale.maximum, construct=scale.construct)
    words = describe_change(scale, [value for _, value in points])
    if not instrument(name).validated:
        words = f"{words} {_(NOT_TESTED)}"
    return SymptomLine(_("How you have been"), trusted_svg(drawing), words)


def describe_change(scale: Scale, values: list[float]) -> str:
    """Describe the first and last score, and whether their difference exceeds measurement error where that is known."""
    lowest, highest = phrases.number(scale.minimum), phrases.number(scale.maximum)
    better = scale.direction is Direction.HIGHER_IS_WORSE
    ends = _("{low} to {high} (lower is better)") if better else _("{low} to {high} (higher is better)")
    ends = ends.format(low=lowest, high=highest)
    if len(values) == 1:
        once = _("You have answered once so far: {score} on a scale from {ends}.")
        return once.format(score=phrases.number(values[0]), ends=ends)
    summary = _("Your first score was {first} and your latest is {last}, on a scale from {ends}.").format(
        first=phrases.number(values[0]), last=phrases.number(values[-1]), ends=ends
    )
    return f"{summary} {_CHANGE_SENTENCES[score_change(scale, values[0], values[-1]).verdict]}".strip()


_CHANGE_SENTENCES = {
    "improved": gettext_lazy("That is a real improvement, more than normal ups and downs."),
    "worse": gettext_lazy(
        "That is worse, by more than normal ups and downs. Please talk about it in your next session."
    ),
    "within_error": gettext_lazy("A difference this small may just be normal ups and downs."),
    "unknown": "",
}
