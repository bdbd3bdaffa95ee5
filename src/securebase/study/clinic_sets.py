"""The parameter sets that a clinic fitted, as numbered files in a folder; one of them, or one of the shelf, is in use.

`NNNN.toml` are the sets, never changed once written; `history.toml` has a line for every change of what is in use, so
that going back is only one more change.
"""

from __future__ import annotations

import json
import tomllib
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
from securebase.study.models import specification_for

#: version number of the set of the shelf
SHELF = 0
_HISTORY = "history.toml"


@dataclass(frozen=True, slots=True)
class SetRevision:
    """On which date which version came into use, and why (adopted, back)."""

    on: str
    version: int
    why: str


@dataclass(frozen=True, slots=True)
class ClinicSets:
    """A folder of fitted sets. `base`: the set of the shelf that is in use while none of them is."""

    folder: Path
    base: str = DEFAULT

    def versions(self) -> tuple[FittedSet, ...]:
        """Every set in the folder, oldest first. Raises ParameterSetError where a file is not sound."""
        files = sorted(self.folder.glob("[0-9]*.toml")) if self.folder.is_dir() else []
        return tuple(read_fitted_set(f.name, f.read_text(encoding="utf-8")) for f in files)

    def version(self, number: int) -> FittedSet:
        """Raises ParameterSetError where there is no such version."""
        found = {one.version: one for one in self.versions()}
        if number not in found:
            known = ", ".join(str(n) for n in found) or "none"
            raise ParameterSetError(f"there is no version {number} in {self.folder}", advice=f"There are: {known}.")
        return found[number]

    def history(self) -> tuple[SetRevision, ...]:
        file = self.folder / _HISTORY
        if not file.is_file():
            return ()
        try:
            lines = tomllib.loads(file.read_text(encoding="utf-8")).get("change", [])
            return tuple(SetRevision(str(one["on"]), int(one["version"]), str(one["why"])) for one in lines)
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError):
            raise ParameterSetError("cannot be understood", where=str(file), advice="Restore it from a copy.") from None

    @property
    def in_use(self) -> int:
        """Number of the version in use, 0 for the set of the shelf."""
        history = self.history()
        return history[-1].version if history else SHELF

    def current(self) -> ParameterSet:
        """The set in use."""
        shelf, number = parameter_set(self.base), self.in_use
        return shelf if number == SHELF else convert_to_parameter_set(self.version(number), shelf)

    def next_number(self) -> int:
        return max((one.version for one in self.versions()), default=0) + 1

    def adopt(self, fitted: FittedSet, *, on: str) -> None:
        """Keep a set as the next version and use it from now on. Raises ParameterSetError where it can make no set that
        clients are followed with, or its number is not the next one; nothing is then written."""
        if fitted.version != self.next_number():
            raise ParameterSetError(f"the next version is {self.next_number()}, not {fitted.version}")
        convert_to_parameter_set(fitted, parameter_set(self.base))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{fitted.version:04d}.toml").write_text(write_fitted_set(fitted), encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot be written ({error.strerror})", where=str(self.folder)) from None
        self._note(SetRevision(on, fitted.version, "adopted"))

    def back(self, *, on: str, to: int | None = None) -> int:
        """Use an earlier version again (0: the set of the shelf); without `to`, the one in use before this. Returns its
        number. Raises ParameterSetError where there is nothing to go back to."""
        if to is None:
            before = [c.version for c in self.history()]
            if not before:
                raise ParameterSetError("there is nothing to go back to: the set of the shelf is in use")
            to = before[-2] if len(before) > 1 else SHELF
        if to != SHELF:
            self.version(to)
        if to == self.in_use:
            raise ParameterSetError(f"version {to} is in use already")
        self._note(SetRevision(on, to, "back"))
        return to

    def _note(self, change: SetRevision) -> None:
        found = (
            f"[[change]]\non = {json.dumps(change.on)}\nversion = {change.version}\nwhy = {json.dumps(change.why)}\n\n"
        )
        try:
            with (self.folder / _HISTORY).open("a", encoding="utf-8") as file:
                file.write(found)
        except OSError as error:
            raise InputError(f"cannot be written ({error.strerror})", where=str(self.folder)) from None


def fit_next(
    rows: Panel,
    sets: ClinicSets,
    *,
    made_on: str,
    simulated: bool,
    name: str = "Fitted to this clinic's own clients",
    measures: Measures | None = None,
    towards: ParameterSet | None = None,
    strength: float = 1.0,
    progress: Callable[[int, float], None] | None = None,
) -> tuple[Fit, FittedSet]:
    """The plain model of these rows as the clinic's next version, not yet adopted. measures: for constructs that were
    not measured with the scale they are usually followed with. towards: what it is drawn towards (nothing by default).

    Raises ParameterSetError where the fit cannot become a set.
    """
    specification = specification_for(rows)
    drawn = None if towards is None else prior_from_set(rows, specification, towards, strength)
    fitted = fit(rows, specification, prior=drawn, progress=progress)
    made = fitted_set(
        fitted,
        name=name,
        version=sets.next_number(),
        measures=parameter_set(sets.base).measures(measures),
        made_on=made_on,
        software=f"securebase {securebase.__version__}",
        simulated=simulated,
        prior="" if towards is None else towards.id,
        strength=0.0 if towards is None else strength,
    )
    return fitted, made


def named_set(name: str) -> ParameterSet:
    """A set of the shelf by its id, the one in use in a folder of a clinic's sets, or a file with a fitted set.

    Raises ParameterSetError where it is none of these.
    """
    place = Path(name)
    if place.is_dir():
        return ClinicSets(place).current()
    if place.suffix == ".toml":
        if not place.is_file():
            raise ParameterSetError("there is no such file", where=name)
        return convert_to_parameter_set(read_fitted_set(place.name, place.read_text(encoding="utf-8")), parameter_set())
    return parameter_set(name)
