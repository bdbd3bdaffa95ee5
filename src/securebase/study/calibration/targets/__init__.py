"""The calibration targets in the order of the table."""

from securebase.study.calibration.target import Target
from securebase.study.calibration.targets import alliance, attachment, change, events, processes

TARGETS: tuple[Target, ...] = tuple(
    sorted(
        (*alliance.TARGETS, *attachment.TARGETS, *change.TARGETS, *processes.TARGETS, *events.TARGETS),
        key=lambda target: target.order,
    )
)
