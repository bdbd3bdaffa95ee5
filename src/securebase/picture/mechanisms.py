"""The mechanisms section: scores as reported, with the usual level once the gate is open."""

from __future__ import annotations

from securebase.measurement.constructs import MECHANISM_CONSTRUCTS, Direction, construct
from securebase.picture.course import DatedCourse
from securebase.picture.parts import MechanismSeries
from securebase.picture.series import PreparedRecord, Series


def mechanisms(prepared: PreparedRecord, course: DatedCourse | None) -> tuple[MechanismSeries, ...]:
    """Return the four mechanisms in their order."""
    tracked = course if prepared.shows_estimates else None
    return tuple(_mechanism(prepared.series[name], tracked) for name in MECHANISM_CONSTRUCTS)


def _mechanism(series: Series, course: DatedCourse | None) -> MechanismSeries:
    spec = construct(series.construct)
    return MechanismSeries(
        construct=series.construct,
        label=spec.label,
        minimum=series.minimum,
        maximum=series.maximum,
        better_is_higher=spec.direction is Direction.HIGHER_IS_BETTER,
        reported=series.reported,
        usual=course.usual_level(series) if course is not None and series.reported else None,
    )
