"""The shelf of instruments: one TOML file each in `instruments/`, named by its id.

`instruments/earlier/` holds the file of each earlier version, unchanged, so that old administrations keep the wording
and the scales that they were made with (decision 14).
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import resources
from types import MappingProxyType

from securebase.errors import InputError, InstrumentError, check_class
from securebase.measurement.constructs import CONSTRUCTS
from securebase.measurement.instrument import Instrument, Scale
from securebase.measurement.instrument_reader import read_instrument
from securebase.schema import Place, check_file_name, toml_files


@cache
def _load_shelf() -> MappingProxyType[str, Instrument]:
    shelf: dict[str, Instrument] = {}
    folder = resources.files("securebase.measurement") / "instruments"
    for file, content in toml_files(folder):
        entry = read_instrument(file, content)
        check_file_name(entry.id, Place(file, InstrumentError))
        shelf[entry.id] = entry
    return MappingProxyType(shelf)


@cache
def _load_earlier_versions() -> MappingProxyType[tuple[str, str], Instrument]:
    folder = resources.files("securebase.measurement") / "instruments" / "earlier"
    versions: dict[tuple[str, str], Instrument] = {}
    for file, content in toml_files(folder):
        entry = read_instrument(file, content)
        check_file_name(f"{entry.id}.{entry.version}", Place(file, InstrumentError))
        versions[entry.id, entry.version] = entry
    return MappingProxyType(versions)


def earlier_versions(name: str) -> tuple[Instrument, ...]:
    """Return the earlier versions of an instrument, oldest first."""
    versions = [entry for (instrument_id, _), entry in _load_earlier_versions().items() if instrument_id == name]
    return tuple(sorted(versions, key=lambda entry: int(entry.version)))


def instrument_in_version(name: str, version: str) -> Instrument:
    """Return an instrument with the wording and the scales of one version.

    Raises InstrumentError if the instrument or the version is unknown.
    """
    current = instrument(name)
    if version == current.version:
        return current
    try:
        return _load_earlier_versions()[name, version]
    except KeyError:
        raise InstrumentError(f"unknown version “{version}” of {name}", where=name) from None


def find_scale(name: str, scale_id: str) -> Scale | None:
    """Return a scale of an instrument from the latest version that has it, or None."""
    shelf = _load_shelf()
    versions = (shelf[name], *reversed(earlier_versions(name))) if name in shelf else ()
    return next((scale for version in versions for scale in version.scales if scale.id == scale_id), None)


def measure_subject(name: str, scale_id: str) -> str:
    """Return the name of what a scale is about; “Symptoms” for a measure that is not in the catalogue."""
    scale = find_scale(name, scale_id)
    construct = CONSTRUCTS.get(scale.construct) if scale is not None else None
    return construct.label if construct is not None else "Symptoms"


def parse_scale(text: str) -> tuple[Instrument, Scale]:
    """Return the scale in ID:SCALE, such as “core10:total”, or the only scale of the instrument in ID.

    Raises InstrumentError for an unknown instrument, InputError for an unknown scale or one that the text leaves open.
    """
    name, _, scale_id = text.partition(":")
    chosen = instrument(name)
    scales = {scale.id: scale for scale in chosen.scales}
    if scale_id in scales:
        return chosen, scales[scale_id]
    if not scale_id and len(scales) == 1:
        return chosen, next(iter(scales.values()))
    problem = f"unknown scale “{scale_id}” of “{name}”" if scale_id else f"“{name}” has several scales"
    raise InputError(problem, advice=f"Choose one of: {', '.join(f'{name}:{s}' for s in scales)}.")


def instruments() -> dict[str, Instrument]:
    """Return every instrument of the shelf by id.

    Raises InstrumentError if a file is invalid.
    """
    return dict(_load_shelf())


def instrument(name: str) -> Instrument:
    """Return an instrument of the shelf.

    An instrument holds item numbers, short labels, scoring rules, cut-offs, licence and sources. Official item wording
    is not shipped. Facts that have not been checked at their source are listed in ``unverified``.

    Parameters
    ----------
    name : str
        Id of the instrument, such as ``"phq9"``. ``securebase instruments`` lists the ids.

    Returns
    -------
    Instrument
        The instrument; the same object on every call.

    Raises
    ------
    InstrumentError
        If no instrument has this id. The message suggests the closest one and lists all.

    See Also
    --------
    score : Score responses to an instrument.

    Examples
    --------
    >>> import securebase
    >>> phq9 = securebase.instrument("phq9")
    >>> phq9.name, len(phq9.items), [scale.id for scale in phq9.scales]
    ('PHQ-9', 10, ['total'])
    >>> total = phq9.scale("total")
    >>> total.minimum, total.maximum, total.direction.value
    (0.0, 27.0, 'worse')
    """
    check_class(name, str, "the name of an instrument", advice='Write, for example, "phq9".')
    shelf = _load_shelf()
    if name in shelf:
        return shelf[name]
    near = get_close_matches(name.lower().replace("-", "").replace("_", ""), shelf, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise InstrumentError(f"unknown instrument “{name}”", advice=f"{hint}Known instruments: {', '.join(shelf)}.")
