"""The constants of a picture: numbers from outside the record that its results rest on, with their sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from securebase.measurement.constructs import MECHANISM_CONSTRUCTS
from securebase.measurement.instrument import Scale
from securebase.model.parameter_set import ParameterSet
from securebase.model.person_effects.one_client import DEFAULT_BETWEEN_SD, DEFAULT_BETWEEN_SD_SOURCE
from securebase.picture import hypothesis_phrases, phrases
from securebase.picture.parts import Constant, Symptoms

#: Constant that tells whose severity bands are used.
SEVERITY_BANDS = "Severity bands"
#: Parameters as the table of constants names them.
_QUANTITIES = {
    "persistence": "How much of a change persists after a week",
    "level_share": "Baseline share of score differences",
    "natural_change": "Change without therapy",
    "level_correlation": "Correlation of baselines",
    "state_correlation": "Correlation within one week",
    "random_slope_sd": "SD of change by the planned end",
    "random_slope_level_correlation": "Correlation of change with baseline",
    "random_slope_correlation": "Correlation of changes",
    "random_slope_rate": "Rate of change per week",
}
#: Names written out in a row of constants; more pairs than this are counted.
MAX_NAMED = 2


def constants(
    symptoms: Symptoms,
    scale: Scale | None,
    measures: Mapping[str, tuple[str, str]],
    parameter_set: ParameterSet,
    *,
    lags: bool,
) -> tuple[Constant, ...]:
    """Return the unverified constants behind the numbers, and always the thresholds on the `scale` of symptoms."""
    rows = list(_threshold_bases(symptoms, scale)) if scale is not None else []
    if symptoms.change is not None and symptoms.change.threshold is not None:
        value = phrases.threshold_points(symptoms.change.threshold)
        rows.append(Constant("Reliable change", value, symptoms.change.basis, symptoms.change.verified))
    rows += _typical_scores(measures, parameter_set)
    for quantity, source in dict.fromkeys((s.quantity, s.source) for s in parameter_set.unverified):
        group = [s for s in parameter_set.unverified if (s.quantity, s.source) == (quantity, source)]
        values = [s.value for s in group]
        value = " to ".join(phrases.number(v, 2) for v in sorted({min(values), max(values)}))
        label = f"{_QUANTITIES.get(quantity, quantity.replace('_', ' '))}: {_join_subjects([s.about for s in group])}"
        rows.append(Constant(label, value, source, False))
    unverified_edges = [e for e in parameter_set.edges if e.grade != "verified"]
    if unverified_edges:
        value = f"{len(unverified_edges)} of {len(parameter_set.edges)} links"
        label = "Lagged effects between constructs"
        rows.append(Constant(label, value, parameter_set.name, False))
    if lags:
        spread = phrases.number(DEFAULT_BETWEEN_SD, 2)
        rows.append(Constant(hypothesis_phrases.BETWEEN_SD, spread, DEFAULT_BETWEEN_SD_SOURCE, False))
    return tuple(rows)


def _threshold_bases(symptoms: Symptoms, scale: Scale) -> Iterator[Constant]:
    """Yield whose severity bands and whose cut-off were applied, where that limits what they mean."""
    if scale.bands_basis and symptoms.severity is not None:
        yield Constant(SEVERITY_BANDS, symptoms.severity, scale.bands_basis, True)
    decided = symptoms.change is not None and symptoms.change.clinically_significant is not None
    if scale.caseness_from is not None and scale.caseness_basis and decided:
        yield Constant("Cut-off of the clinical range", f"{scale.caseness_from:g}", scale.caseness_basis, True)


def _typical_scores(measures: Mapping[str, tuple[str, str]], parameter_set: ParameterSet) -> Iterator[Constant]:
    """Yield one row per unverified source of typical scores, with the range of the means that it covers."""
    units = {
        name: unit
        for name, measure in measures.items()
        if (unit := parameter_set.scales.get(measure)) is not None and not unit.verified
    }
    for spread, reliability, source in dict.fromkeys((u.sd, u.reliability, u.source) for u in units.values()):
        group = {n: u for n, u in units.items() if (u.sd, u.reliability, u.source) == (spread, reliability, source)}
        means = " to ".join(f"{mean:g}" for mean in sorted({u.mean for u in group.values()}))
        value = f"mean {means}, SD {spread:g}, reliability {reliability:g}"
        yield Constant(f"Typical scores: {_join_subjects([*group])}", value, source, False)


def _join_subjects(subjects: Sequence[str]) -> str:
    """Join constructs, or pairs such as “symptoms with alliance”, into one phrase; count pairs beyond MAX_NAMED.

    The four mechanisms together are called so.
    """
    if set(MECHANISM_CONSTRUCTS) <= set(subjects):
        subjects = [*(s for s in subjects if s not in MECHANISM_CONSTRUCTS), "the mechanisms"]
    names = [" with ".join(subject.replace("_", " ").split(", ")) for subject in subjects]
    if " with " in names[0] and len(names) > MAX_NAMED:
        return f"{names[0]}, and {len(names) - 1} more pairs"
    return phrases.join_names(names)
