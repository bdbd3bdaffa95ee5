"""Questions that the design of a table can and cannot answer, from the columns that a study reads and its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from securebase.study.parts import DataSize, StudyRequest

#: ratings of a person from which statements on single persons are possible
PERSON_RATINGS = 24


@dataclass(frozen=True, slots=True)
class DesignScope:
    """Questions that a design can and cannot answer, each with its reason."""

    can: tuple[str, ...]
    cannot: tuple[str, ...]


def design_scope(request: StudyRequest, size: DataSize) -> DesignScope:
    """Return what a table with these columns and rows can answer, whatever its results are."""
    outcome, processes = request.label(request.outcome), _names(request, request.processes)
    can = [f"The course of {outcome}, and differences between persons."]
    cannot = [*_treatment(request)]
    if len(request.arms) > 1:
        can.append(f"Whether the arms {_join(request.arms)} differ in {outcome}.")
    if request.assigned:
        can.append(f"The effect of {_names(request, request.assigned)}, if assigned at random, as the request says.")
    if request.processes:
        columns = _names(request, (*request.processes, request.outcome))
        can.append(
            f"Whether {columns} move together within persons, and which tends to come first from one "
            f"{request.occasion} to the next."
        )
        verb, pronoun = ("causes", "it was") if len(request.processes) == 1 else ("cause", "they were")
        cannot.append(f"Whether {processes} {verb} change in {outcome}: {pronoun} not assigned at random.")
        cannot += _order(request)
    else:
        cannot.append(f"How treatment works, or what changes together with {outcome}: no process is named.")
    if len(request.processes) == 1 and not request.arms and not request.assigned:
        cannot.append(f"Through what {processes} may act on {outcome}: mediation needs a second process.")
    if request.inputs:
        cannot.append(
            f"The effect of {_names(request, request.inputs)}, unless assigned at random: persons who receive it may "
            "differ from others (confounding by indication)."
        )
    if request.n_therapists is None:
        cannot.append("Whether therapists differ: no column names the therapist.")
    if size.median < PERSON_RATINGS:
        cannot.append(
            f"What precedes change in a single person: that needs about {PERSON_RATINGS} {request.occasion}s each "
            f"(median here: {size.median:.0f})."
        )
    return DesignScope(tuple(can), tuple(cannot))


def _treatment(request: StudyRequest) -> list[str]:
    if not request.arms:
        reason = "no column names the treatment arm"
    elif len(request.arms) == 1:
        reason = f"all persons are in one arm ({request.arms[0]})"
    else:
        return ["Whether a difference between arms is an effect of treatment: only random assignment shows it."]
    return [f"Whether treatment works, or which works better: {reason}."]


def _order(request: StudyRequest) -> list[str]:
    """Return what stays open about the order within an occasion."""
    if request.occasion != "session":
        return [f"What comes first between two {request.occasion}s: nothing was rated in between."]
    twice = request.before_and_after
    once = [name for name in request.processes if name not in twice or request.outcome not in twice]
    if not once:
        return []
    columns = _names(request, (*once, request.outcome))
    return [f"What comes first within a session: that needs ratings of {columns} before and after it."]


def _names(request: StudyRequest, names: Sequence[str]) -> str:
    return _join([request.label(name) for name in names])


def _join(names: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
