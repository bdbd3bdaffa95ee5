"""Verdicts of columns that were assigned by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from securebase.errors import InputError
from securebase.model.distributions import normal_quantile
from securebase.records.vocabulary import Moment
from securebase.study.design_verdict import AssignmentReadings, DesignVerdict, SettlingDesign
from securebase.study.table import SessionTable
from securebase.study.verdicts.course import Indices, Pair
from securebase.study.verdicts.randomised import (
    AssignedEffect,
    AssignmentRefusal,
    assigned_by_therapist,
    read_assignment,
    varies_within_persons,
)
from securebase.study.verdicts.readings import LEVEL
from securebase.study.verdicts.rule import Rung, holm, persons_needed


def assignment_verdicts(
    table: SessionTable, outcome: str, assigned: Sequence[str], therapist: Indices | None = None
) -> tuple[DesignVerdict, ...]:
    """Return the verdict of each assigned column → outcome; p values are corrected over all that are not refused.

    therapist: (persons,) number of each person's therapist; arms that belong to therapists are refused.

    Raises InputError where a column varies within persons and the table does not say whether it was assigned before or
    after the outcome of its row was rated.
    """
    read = {name: _read(table, outcome, name, therapist) for name in assigned}
    judged = [name for name, (effect, _) in read.items() if effect.rung is not Rung.REFUSED]
    adjusted = dict(zip(judged, holm([read[name][0].p for name in judged]), strict=True))
    return tuple(
        _row(name, outcome, effect, adjusted.get(name), len(judged), same_session=same_session)
        for name, (effect, same_session) in read.items()
    )


def _read(table: SessionTable, outcome: str, name: str, therapist: Indices | None) -> tuple[AssignedEffect, bool]:
    """Return the effect, and whether it is on the outcome of the same session."""
    pair = Pair.of_rows(table.values[outcome], table.values[name], table.person, table.times)
    order = table.moments[outcome], table.moments[name]
    if varies_within_persons(pair.x) and order not in ((Moment.BEFORE, Moment.AFTER), (Moment.AFTER, Moment.BEFORE)):
        raise InputError(
            f"the order of “{name}” and “{outcome}” within a row is unknown",
            advice="Name one of them in --asked-before and the other in --asked-after, with --occasion session.",
        )
    same_session = table.moments[outcome] is Moment.AFTER
    effect = read_assignment(pair.y, pair.x, same_session=same_session)
    arms = effect.rung is not Rung.REFUSED and not effect.within_persons
    if arms and therapist is not None and assigned_by_therapist(pair.x, therapist):
        effect = replace(effect, rung=Rung.REFUSED, refusal=AssignmentRefusal.BY_THERAPIST)
    return effect, same_session


def _row(
    name: str, outcome: str, effect: AssignedEffect, p_adjusted: float | None, columns: int, *, same_session: bool
) -> DesignVerdict:
    rung, needed, tests = Rung.REFUSED, None, effect.tests
    if p_adjusted is not None:
        rung = Rung.RANDOMISED if p_adjusted < LEVEL and not tests.withheld else Rung.INCONCLUSIVE
        # more persons would not help where the ratings compared differ
        if rung is Rung.INCONCLUSIVE and not tests.withheld:
            needed = persons_needed(effect.n_persons, (-normal_quantile(effect.p / 2.0),), pairs=columns)
    is_known = rung is not Rung.REFUSED
    return DesignVerdict(
        design=SettlingDesign.ASSIGNED,
        earlier=name,
        later=outcome,
        occasion="last" if not effect.within_persons else "same" if same_session else "next",
        rung=rung,
        reason=effect.refusal,
        other_leads=False,
        estimate=effect.estimate if is_known else None,
        interval=effect.interval if is_known else None,
        unit="points",
        p=effect.p if is_known else None,
        p_adjusted=p_adjusted,
        n_persons=effect.n_persons,
        n_identifying=effect.n_identifying,
        readings=AssignmentReadings(
            effect.within_persons, tests.past, tests.missing, tests.selective, withheld=tests.withheld
        ),
        would_settle=needed,
        equivalence=effect.equivalence if is_known else None,
    )
