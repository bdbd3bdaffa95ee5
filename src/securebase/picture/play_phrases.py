"""Sentences about simulated courses under a choice: distance from the ordinary course, and the links that carry it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from securebase.measurement.constructs import construct as construct_of
from securebase.model.simulate.play import Play, PlayChoice, PlayedCourses, Stressor, TechniqueUse, Warmth
from securebase.model.theory import label_of
from securebase.picture.phrases import number

#: constructs that a page and the command show
SHOWN = (
    "symptoms",
    "interpersonal_stress",
    "social_support",
    "support_seeking",
    "alliance",
    "attachment_security",
)
MARK = "Simulated. Not a forecast of a real client."
UNITS = "Unit: standard deviations (SD) between clients. 0 is the mean of the ordinary course at session 1."
JUDGEMENT = "The sizes of the effects of stressors, warmth and technique are judgements. Every link is a hypothesis."
STYLES: Mapping[str, str] = MappingProxyType(
    {
        "": "Mixed",
        "secure": "Secure",
        "anxious": "Anxious",
        "avoidant": "Avoidant",
        "disorganised": "Disorganised",
    }
)
STRESSORS: Mapping[Stressor, str] = MappingProxyType(
    {
        Stressor.NONE: "None",
        Stressor.LOSS: "Loss",
        Stressor.CONFLICT: "Conflict",
        Stressor.CHANGE: "Role change",
    }
)
WARMTHS: Mapping[Warmth, str] = MappingProxyType({Warmth.LOW: "Low", Warmth.ORDINARY: "Ordinary", Warmth.HIGH: "High"})
TECHNIQUES: Mapping[TechniqueUse, str] = MappingProxyType(
    {TechniqueUse.ORDINARY: "Ordinary", TechniqueUse.MORE: "More"}
)
#: a difference that rounds to less than this is none
_SMALLEST = 0.05
#: SDs by which the largest difference must exceed the last one to be named
_PEAK = 0.25
_PLURAL = ("symptoms",)


def choice_words(choice: PlayChoice, n: int) -> str:
    """Return the choice in words: “400 simulated clients, anxious attachment, a loss before session 5”."""
    parts = [f"{n} simulated clients"]
    if choice.style:
        parts.append(f"{STYLES[choice.style].lower()} attachment")
    if choice.stressor is not Stressor.NONE:
        parts.append(f"a {STRESSORS[choice.stressor].lower()} before session {choice.at}")
    if choice.warmth is not Warmth.ORDINARY:
        parts.append("a warm therapist" if choice.warmth is Warmth.HIGH else "a less warm therapist")
    if choice.technique is TechniqueUse.MORE:
        parts.append("more technique")
    if choice.off:
        parts.append("1 link off" if len(choice.off) == 1 else f"{len(choice.off)} links off")
    return ", ".join(parts if len(parts) > 1 else [*parts, "the ordinary course"])


def difference_sentence(courses: Play, construct: str) -> str:
    """Return the distance of a construct from its ordinary course at the end and at its largest, and its origins."""
    difference = courses.difference(construct)
    end, peak = float(difference[-1]), int(np.abs(difference).argmax())
    noun = construct_of(construct).label.lower()
    verb = "are" if construct in _PLURAL else "is"
    place = "about as in" if abs(end) < _SMALLEST else f"{_amount(end)} than in"
    k, compared = courses.index(construct), f"{place} the ordinary course"
    if courses.choice.is_ordinary:
        compared = f"{_amount(float(courses.chosen.mean[-1, k]))} than at session 1"
    sentences = [
        f"By session {courses.sessions}, {noun} {verb} {compared}"
        f" (80% of clients between {limits(courses.chosen, k, -1)} SD)."
    ]
    at_peak = abs(difference[peak]) - abs(end) >= _PEAK
    if at_peak:
        sentences.append(f"At session {peak + 1} the difference is largest: {_amount(float(difference[peak]))}.")
    origins = [
        label_of(part.origin).lower() for part in courses.links(construct, peak + 1 if at_peak else courses.sessions)
    ]
    if origins and (at_peak or abs(end) >= _SMALLEST):
        sentences.append(f"Mainly through {_join(origins)}.")
    return " ".join(sentences)


def text_alternative(courses: Play, construct: str) -> str:
    """Return both means of a construct, at the first session and the last, for those who do not see the drawing."""
    k = courses.index(construct)
    chosen, ordinary = (
        f"from {number(played.mean[0, k])} to {number(played.mean[-1, k])} SD"
        for played in (courses.chosen, courses.ordinary)
    )
    return f"{construct_of(construct).label} {chosen}; in the ordinary course {ordinary}."


def limits(played: PlayedCourses, column: int, session: int) -> str:
    """Return both limits of the band at a session, as an index."""
    return f"{number(played.lower[session, column])} and {number(played.upper[session, column])}"


def _amount(difference: float) -> str:
    return f"{number(abs(difference))} SD {'higher' if difference > 0 else 'lower'}"


def _join(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
