"""Fingerprint of everything but the record that pictures and tallies depend on."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from securebase.model.parameter_set import ParameterSet
from securebase.picture.fingerprints import versions_fingerprint
from securebase.schema import value_fingerprint
from securebase.workbench.clinic_set import set_in_use
from securebase.workbench.progress.rows import FORMAT as ROW_FORMAT


def version_stamp() -> str:
    """Return the fingerprint of everything but the record that a picture depends on now.

    These are the software versions, the parameter set, the time zone of its days and the format of summaries.
    """
    return _stamp_parameter_set(set_in_use().parameter_set)


@lru_cache(maxsize=4)
def _stamp_parameter_set(parameters: ParameterSet) -> str:
    stamp = {"picture": versions_fingerprint(parameters), "zone": settings.TIME_ZONE, "row": ROW_FORMAT}
    return value_fingerprint(stamp)
