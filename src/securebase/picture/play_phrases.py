"""Sentences about simulated courses under a choice: distance from the ordinary course, and the links that carry it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from securebase.measurement.constructs import construct as construct_of
from securebase.model.simulate.play import (
    STRESSOR,
    Play,
    PlayChoice,
    PlayedCourses,
    Stressor,
    TechniqueUse,
    Warmth,
    link_label,
)
from securebase.model.theory import label_of
from securebase.picture.phrases import join_names, number

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
BANDS = "Bands hold 80% of clients."
JUDGEMENT = "The sizes of the effects of stressors, warmth and technique are judgements. Every link is a hypothesis."
ADDITIVE = "No link makes the effect of a stressor depend on the style: the two effects add up."
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
        links = "1 link" if len(choice.off) == 1 else f"{len(choice.off)} links"
        parts.append(f"{links} off (not in the ordinary course): {'; '.join(map(link_label, choice.off))}")
    return ", ".join(parts if len(parts) > 1 else [*parts, "the ordinary course"])


def closing(choice: PlayChoice) -> str:
    """Return the closing caveat; with a style and a stressor, add that no link connects the two."""
    return f"{JUDGEMENT} {ADDITIVE}" if choice.style and choice.stressor is not Stressor.NONE else JUDGEMENT


def difference_sentence(courses: Play, construct: str) -> str:
    """Return the distance of a construct from its ordinary course at the end and at its largest, and its origins."""
    difference = courses.difference(construct)
    end, peak = float(difference[-1]), int(np.abs(difference).argmax())
    place = "about as" if abs(end) < _SMALLEST else f"{_amount(end)} than"
    sentence = f"At session {courses.sessions}, {place} in the ordinary course"
    if courses.choice.is_ordinary:
        last = float(courses.chosen.mean[-1, courses.index(construct)])
        sentence = f"At session {courses.sessions}, {_amount(last)} than at session 1"
    session = courses.sessions
    if abs(difference[peak]) - abs(end) >= _PEAK:
        session = peak + 1
        sentence += f". At session {session} the difference is largest: {_amount(float(difference[peak]))}"
    return f"{sentence}{_origins(courses, construct, session)}."


def _origins(courses: Play, construct: str, session: int) -> str:
    """Return the origins of most of a difference, or of part of it: “, mainly through the loss”."""
    whole, parts = float(courses.difference(construct)[session - 1]), courses.links(construct, session)
    if not parts or abs(whole) < _SMALLEST:
        return ""
    extent = "mainly" if abs(sum(part.size for part in parts)) >= abs(whole) / 2 else "partly"
    stressor = f"the {STRESSORS[courses.choice.stressor].lower()}"
    origins = [stressor if part.origin == STRESSOR else label_of(part.origin).lower() for part in parts]
    return f", {extent} through {join_names(origins)}"


def text_alternative(courses: Play, construct: str) -> str:
    """Return what the drawing of a construct shows: both means at both ends, and the band at the last session."""
    k = courses.index(construct)
    chosen, ordinary = (
        f"from {number(played.mean[0, k])} to {number(played.mean[-1, k])} SD"
        for played in (courses.chosen, courses.ordinary)
    )
    return (
        f"{construct_of(construct).label} {chosen}, 80% of clients between {limits(courses.chosen, k, -1)} SD at "
        f"session {courses.sessions}; in the ordinary course {ordinary}."
    )


def limits(played: PlayedCourses, column: int, session: int) -> str:
    """Return both limits of the band at a session, as an index."""
    return f"{number(played.lower[session, column])} and {number(played.upper[session, column])}"


def _amount(difference: float) -> str:
    return f"{number(abs(difference), 2)} SD {'higher' if difference > 0 else 'lower'}"
