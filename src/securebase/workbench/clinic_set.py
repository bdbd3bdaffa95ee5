"""The clinic's own parameter set, read from the folder in which the command line keeps its versions."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from securebase.errors import SecurebaseError
from securebase.model.fitted_set import FittedSet
from securebase.model.parameter_set import ParameterSet
from securebase.picture.fingerprints import default_parameter_set
from securebase.study.clinic_sets import SHELF_VERSION, ClinicSets, SetRevision

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SetInUse:
    """The parameter set behind all pictures; `versions` and `history` of the clinic's own sets, newest first.

    problem: why the clinic's own set cannot be used; the set of the shelf replaces it.
    """

    parameter_set: ParameterSet
    versions: tuple[FittedSet, ...] = ()
    history: tuple[SetRevision, ...] = ()
    problem: str = ""

    @property
    def is_own(self) -> bool:
        """True if the set was fitted to courses of this clinic."""
        return not self.problem and bool(self.history) and self.history[0].version != SHELF_VERSION


def set_in_use() -> SetInUse:
    """Return the clinic's own set if it adopted one, else that of the shelf; reload when its history file changes."""
    folder: Path = settings.PARAMETER_SETS
    try:
        changed = (folder / "history.toml").stat().st_mtime_ns
    except OSError:
        return _SHELF_SET
    return _read_set_in_use(folder, changed)


_SHELF_SET = SetInUse(default_parameter_set())


@lru_cache(maxsize=4)
def _read_set_in_use(folder: Path, changed: int) -> SetInUse:
    sets = ClinicSets(folder)
    try:
        versions, history = sets.versions()[::-1], sets.history()[::-1]
        current = default_parameter_set() if sets.in_use == SHELF_VERSION else sets.current()
    except SecurebaseError as error:
        _log.error("Cannot read the clinic's parameter sets; using the set of the shelf instead: %s", error)
        return SetInUse(default_parameter_set(), problem=str(error))
    return SetInUse(current, versions, history)
