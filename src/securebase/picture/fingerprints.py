"""The versions behind a picture, and the fingerprint that a stored picture must match."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from securebase import __version__
from securebase.ipt.shelf import ids_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.model.parameter_set import ParameterSet
from securebase.model.parameter_set import parameter_set as named_parameter_set
from securebase.picture.parts import Versions
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.schema import value_fingerprint

#: Raised when the shape or meaning of a stored picture changes.
FORMAT = 8


#: Roles of the worksheets that a picture reads.
ROLES_READ = (WorksheetRole.EVENT, WorksheetRole.MEDICATION, WorksheetRole.SUPPORT)


def read_artefacts(record: EpisodeRecord) -> tuple[ArtefactRecord, ...]:
    """Return the artefacts of a record that enter a picture."""
    return record.artefacts_of(*worksheets_read())


def worksheets_read() -> tuple[str, ...]:
    """Return the ids of the worksheets that a picture reads."""
    return tuple(name for role in ROLES_READ for name in ids_with(role))


@cache
def default_parameter_set() -> ParameterSet:
    """Return the default parameter set with random slopes, used where a picture is given none.

    Without random slopes, intervals far ahead are too narrow (see the set's `limits`).
    """
    return named_parameter_set().with_random_slopes()


def picture_fingerprint(record: EpisodeRecord, *, as_of: float, parameter_set: ParameterSet | None = None) -> str:
    """Return the fingerprint that a stored picture must match: data, day, and versions of product and parameters."""
    parameters = parameter_set if parameter_set is not None else default_parameter_set()
    # other worksheets, people and circles do not enter a picture: an edit there must not make it out of date
    relevant = replace(record, artefacts=read_artefacts(record), relationships=(), circles=())
    return value_fingerprint(
        {"format": FORMAT, "record": relevant, "day": int(as_of // 1), "versions": picture_versions(parameters)}
    )


def versions_fingerprint(parameter_set: ParameterSet | None = None) -> str:
    """Return a fingerprint of the versions behind a picture, without the record and the day."""
    parameters = parameter_set if parameter_set is not None else default_parameter_set()
    return value_fingerprint({"format": FORMAT, "versions": picture_versions(parameters)})


def picture_versions(parameter_set: ParameterSet) -> Versions:
    specification = parameter_set.specification
    return Versions(
        product=__version__,
        parameter_set=parameter_set.id,
        parameter_set_version=str(parameter_set.version),
        specification=", ".join(
            [
                f"trend {specification.trend}",
                f"start {specification.start}",
                *(["random slopes"] if specification.random_slopes else []),
                f"per {specification.time_unit}",
            ]
        ),
    )
