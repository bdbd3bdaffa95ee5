"""The measure that a course follows: any scale that a client answers, written “instrument:scale”."""

from __future__ import annotations

from securebase.errors import InputError
from securebase.measurement.catalogue import instruments
from securebase.measurement.constructs import CONSTRUCTS
from securebase.measurement.instrument import Instrument, Scale
from securebase.workbench.wordings import can_be_asked

#: Our own scale of symptoms, in the check-in before each session.
_OWN = ("session_before", "symptoms")


def followed_scales() -> list[tuple[Instrument, Scale]]:
    """Return the scales that a course can follow: our own first, then those of symptoms, then all others.

    Scales of the alliance are left out: every picture shows the alliance beside what is followed.
    """
    scales = [
        (instrument, scale)
        for instrument in instruments().values()
        if instrument.respondent == "client" and (instrument.id == _OWN[0] or not instrument.own_wording)
        for scale in instrument.scales
        if (instrument.id, scale.id) == _OWN
        or (not instrument.own_wording and not scale.construct.startswith("alliance"))
    ]
    return sorted(scales, key=lambda s: ((s[0].id, s[1].id) != _OWN, s[1].construct != "symptoms", s[0].name.lower()))


def check_followed(measure: str) -> str:
    """Return the measure. Raises InputError if no course can follow it."""
    if measure not in {f"{instrument.id}:{scale.id}" for instrument, scale in followed_scales()}:
        raise InputError(f"no course can follow “{measure}”", where="symptom_measure", advice="Choose another scale.")
    return str(measure)


def followed_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the choices of a form in groups, each with what it needs or lacks."""
    groups: dict[str, list[tuple[str, str]]] = {"Symptoms": [], "Other measures": []}
    for instrument, scale in followed_scales():
        group = "Symptoms" if scale.construct == "symptoms" else "Other measures"
        groups[group].append((f"{instrument.id}:{scale.id}", _label(instrument, scale)))
    return list(groups.items())


def _label(instrument: Instrument, scale: Scale) -> str:
    if (instrument.id, scale.id) == _OWN:
        return "Check-in (five questions of our own, not validated)"
    name = instrument.name if len(instrument.scales) == 1 else f"{instrument.name}, {scale.label}"
    construct = CONSTRUCTS[scale.construct].label.lower() if scale.construct in CONSTRUCTS else scale.construct
    about = "" if scale.construct == "symptoms" else f" ({construct})"
    return f"{name}{about}" + ("" if can_be_asked(instrument.id) else ": entered by you")
