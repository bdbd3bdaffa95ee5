"""Parameter sets that a clinic fitted, as numbered files in a folder; one of them, or the shipped set, is in use.

`NNNN.toml` are the sets, never changed once written; `history.toml` records every change of the set in use, so that
reverting is one more change.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import securebase
from securebase.errors import InputError, ParameterSetError
from securebase.model.fit import Fit, fit, prior_from_set
from securebase.model.fitted_set import (
    FittedSet,
    Measures,
    convert_to_parameter_set,
    fitted_set,
    read_fitted_set,
    write_fitted_set,
)
from securebase.model.panel import Panel
from securebase.model.parameter_set import DEFAULT, ParameterSet, parameter_set
from securebase.schema import Place, ShelfStruct, Text, read_toml, toml_files
from securebase.study.models import specification_for

#: version number of the shipped set
SHELF_VERSION = 0
_HISTORY = "history.toml"


class SetRevision(ShelfStruct, frozen=True):
    """One change of the set in use: date, version, and reason (adopted, back)."""

    on: Text
    version: int
    why: Text


class HistoryFile(ShelfStruct, frozen=True):
    """The file of the changes of the set in use."""

    change: tuple[SetRevision, ...] = ()


@dataclass(frozen=True, slots=True)
class ClinicSets:
    """A folder of fitted sets. base: id of the shipped set that is used until one of them is adopted."""

    folder: Path
    base: str = DEFAULT

    def versions(self) -> tuple[FittedSet, ...]:
        """Read all sets of the folder, oldest first. Raises ParameterSetError for an invalid file."""
        files = [(file, content) for file, content in toml_files(self.folder) if file[0].isdigit()]
        return tuple(read_fitted_set(file, content) for file, content in files)

    def version(self, number: int) -> FittedSet:
        """Read one version. Raises ParameterSetError if it does not exist."""
        by_number = {fitted.version: fitted for fitted in self.versions()}
        if number not in by_number:
            advice = f"Its versions are {', '.join(map(str, by_number))}." if by_number else "It has no versions yet."
            raise ParameterSetError(f"unknown version {number} in {self.folder}", advice=advice)
        return by_number[number]

    def history(self) -> tuple[SetRevision, ...]:
        file = self.folder / _HISTORY
        if not file.is_file():
            return ()
        try:
            return read_toml(file.read_text(encoding="utf-8"), HistoryFile, Place(str(file), ParameterSetError)).change
        except ParameterSetError as error:
            raise ParameterSetError(
                f"invalid history ({error.what})", where=error.where, advice="Restore the file from a backup."
            ) from None

    @property
    def in_use(self) -> int:
        """Number of the version in use, 0 for the shipped set."""
        history = self.history()
        return history[-1].version if history else SHELF_VERSION

    def current(self) -> ParameterSet:
        """Return the set in use."""
        shipped, number = parameter_set(self.base), self.in_use
        return shipped if number == SHELF_VERSION else convert_to_parameter_set(self.version(number), shipped)

    def next_number(self) -> int:
        return max((fitted.version for fitted in self.versions()), default=0) + 1

    def adopt(self, fitted: FittedSet, *, on: str) -> None:
        """Store a set as the next version and use it from the date `on`.

        Raises ParameterSetError, and writes nothing, if clients cannot be tracked with the set, or its number is not
        the next one.
        """
        if fitted.version != self.next_number():
            raise ParameterSetError(f"the next version is {self.next_number()} (got {fitted.version})")
        convert_to_parameter_set(fitted, parameter_set(self.base))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{fitted.version:04d}.toml").write_text(write_fitted_set(fitted), encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot write the file ({error.strerror})", where=str(self.folder)) from None
        self._record(SetRevision(on, fitted.version, "adopted"))

    def roll_back(self, *, on: str, to: int | None = None) -> int:
        """Revert to version `to` (0: the shipped set), by default to the one before, and return its number.

        Raises ParameterSetError if there is no earlier version, or `to` is unknown or in use.
        """
        if to is None:
            earlier = [revision.version for revision in self.history()]
            if not earlier:
                raise ParameterSetError("there is no earlier version: the shipped set is in use")
            to = earlier[-2] if len(earlier) > 1 else SHELF_VERSION
        if to != SHELF_VERSION:
            self.version(to)
        if to == self.in_use:
            raise ParameterSetError(f"version {to} is already in use")
        self._record(SetRevision(on, to, "back"))
        return to

    def _record(self, revision: SetRevision) -> None:
        entry = (
            f"[[change]]\non = {json.dumps(revision.on)}\nversion = {revision.version}\n"
            f"why = {json.dumps(revision.why)}\n\n"
        )
        try:
            with (self.folder / _HISTORY).open("a", encoding="utf-8") as file:
                file.write(entry)
        except OSError as error:
            raise InputError(f"cannot write the file ({error.strerror})", where=str(self.folder)) from None


def fit_next(
    rows: Panel,
    sets: ClinicSets,
    *,
    made_on: str,
    simulated: bool,
    name: str = "Fitted to this clinic's own clients",
    measures: Measures | None = None,
    prior: ParameterSet | None = None,
    strength: float = 1.0,
    progress: Callable[[int, float], None] | None = None,
) -> tuple[Fit, FittedSet]:
    """Fit the basic model to these rows as the clinic's next version, without adopting it.

    measures: construct → (instrument, scale), where it differs from the shipped set's. prior: set whose parameters
    are the prior means (no prior by default), with `strength` as the prior's weight. Raises ParameterSetError if the
    fit cannot become a set.
    """
    specification = specification_for(rows)
    shrinkage = None if prior is None else prior_from_set(rows, specification, prior, strength)
    fitted = fit(rows, specification, prior=shrinkage, progress=progress)
    next_set = fitted_set(
        fitted,
        name=name,
        version=sets.next_number(),
        measures=parameter_set(sets.base).measures(measures),
        made_on=made_on,
        software=f"securebase {securebase.__version__}",
        simulated=simulated,
        prior="" if prior is None else prior.id,
        strength=0.0 if prior is None else strength,
    )
    return fitted, next_set


def named_set(name: str) -> ParameterSet:
    """Return a shipped set by its id, the set in use in a clinic's folder, or a fitted set from a file.

    Raises ParameterSetError if `name` is none of these.
    """
    path = Path(name)
    if path.is_dir():
        return ClinicSets(path).current()
    if path.suffix == ".toml":
        if not path.is_file():
            raise ParameterSetError("the file does not exist", where=name)
        return convert_to_parameter_set(read_fitted_set(path.name, path.read_text(encoding="utf-8")), parameter_set())
    return parameter_set(name)
