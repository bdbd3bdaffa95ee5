"""Outcomes of a group of courses against a slow count, one rule at a time, and against published studies."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from statistics import mean, stdev

import pytest

from securebase.measurement import catalogue
from securebase.measurement.change import ChangeRules, change_rules, clinical_cutoff
from securebase.measurement.constructs import Direction
from securebase.measurement.course_outcome import ChangeCategory, OutcomeStatement
from securebase.study.outcomes.groups import RatedCourse, summarise_courses
from securebase.study.outcomes.measure import outcome_measure

PHQ9 = change_rules(catalogue.instrument("phq9").scale("total"))
S = OutcomeStatement
needs_reference = pytest.mark.skipif(
    "SECUREBASE_REFERENCE" not in os.environ, reason="SECUREBASE_REFERENCE is not set: no reference data"
)


def reference(name: str) -> list[dict[str, str]]:
    with (Path(os.environ["SECUREBASE_REFERENCE"]) / "data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def courses(*values: Sequence[float | None], dropped: Sequence[bool] | None = None) -> list[RatedCourse]:
    return [RatedCourse(tuple(v), None if dropped is None else dropped[i]) for i, v in enumerate(values)]


def test_eight_clients_counted_by_hand() -> None:
    """Each line says what its course counts for."""
    group = summarise_courses(
        courses(
            (20, 4),  # response, remission, reliable improvement, clinically significant
            (20, 10),  # response and reliable improvement
            (12, 8),  # nothing: 4 points are within measurement error
            (15, 22),  # deterioration
            (16, 4),  # as the first, but dropped out
            (14,),  # began, no later rating
            (6, 2),  # began in the healthy range
            (None, None),  # never began
            dropped=(False, False, False, False, True, True, False, True),
        ),
        PHQ9,
    )
    assert (group.began, group.rated, group.began_clinical) == (7, 6, 5)
    counts = {statement: (share.count, share.total) for statement, share in group.shares.items()}
    assert counts == {
        S.RESPONSE: (3, 5),
        S.REMISSION: (2, 5),
        S.IMPROVEMENT: (3, 5),
        S.RECOVERY: (2, 5),
        S.DETERIORATION: (1, 5),
    }
    worst = {statement: (share.count, share.total) for statement, share in group.worst.items()}
    # six began in the clinical range; the one who dropped out recovered does not count as recovered
    assert worst == {S.RESPONSE: (2, 6), S.REMISSION: (1, 6), S.IMPROVEMENT: (2, 6), S.RECOVERY: (1, 6)}
    assert group.healthy_start is not None
    assert (group.healthy_start.persons, group.healthy_start.improved) == (1, 0)
    assert group.dropout is not None
    assert (group.dropout.count, group.dropout.total) == (2, 7)
    assert group.categories == {
        ChangeCategory.RECOVERED: 2,
        ChangeCategory.IMPROVED: 1,
        ChangeCategory.UNCHANGED: 2,
        ChangeCategory.DETERIORATED: 1,
    }
    assert (group.mean_first, group.mean_last) == (pytest.approx(83 / 5), pytest.approx(48 / 5))


def test_those_who_began_healthy_are_apart_with_their_harm() -> None:
    group = summarise_courses(courses((9, 3), (8, 14), (2, 9), (20, 20)), PHQ9)
    apart = group.healthy_start
    assert apart is not None
    assert (apart.persons, apart.improved, apart.deteriorated, apart.harmed) == (3, 1, 2, 1)
    assert {share.total for share in group.shares.values()} == {1}
    assert group.dropout is None


def test_thresholds_that_are_unknown_leave_statements_out() -> None:
    nothing = summarise_courses(courses((20, 4), (9, 3)), ChangeRules(Direction.HIGHER_IS_WORSE))
    assert (nothing.shares, nothing.worst, nothing.categories, nothing.healthy_start) == ({}, {}, {}, None)
    empty = summarise_courses([], PHQ9)
    assert (empty.began, empty.shares, empty.mean_first) == (0, {}, None)


def test_sudden_gains_and_their_reversals_are_shares_of_those_with_enough_sessions() -> None:
    group = summarise_courses(
        courses((20, 19, 20, 8, 7, 9, 18), (20, 19, 20, 8, 7, 9), (20, 20, 19, 20), (20, 5), (12, 12, 11, 24, 25, 24)),
        PHQ9,
    )
    gain, loss = group.shares[S.SUDDEN_GAIN], group.shares[S.SUDDEN_LOSS]
    assert (gain.count, gain.total, loss.count, loss.total) == (2, 4, 1, 4)
    assert group.gains_reversed is not None
    assert group.losses_reversed is not None
    assert (group.gains_reversed.count, group.gains_reversed.total) == (1, 2)
    assert (group.losses_reversed.count, group.losses_reversed.total) == (0, 1)


# -- published data ----------------------------------------------------------------------------------------------------
def completers(column: str) -> dict[str, tuple[float, float]]:
    """Return the first and the fourth rating of each inpatient who has both."""
    ratings = {(row["id"], row["time"]): row[column] for row in reference("claus_2020.csv")}
    persons = dict.fromkeys(person for person, _ in ratings)
    both = {person: (ratings[person, "1"], ratings[person, "4"]) for person in persons}
    return {person: (float(a), float(b)) for person, (a, b) in both.items() if "NA" not in {a, b}}


@needs_reference
def test_40_inpatients_agree_with_the_r_package_clinicalsignificance() -> None:
    """Reproduce its results for Claus et al. (2020): HAM-D with reliability .8, norms 8 (SD 8), and 7 points of BDI-II.

    The package's own tests: 26 recovered, 3 improved, 10 unchanged, 1 deteriorated, none harmed. Its manual: 25 better,
    11 neither, 4 worse by 7 points of the BDI-II; 17, 4, 0 with placebo amplification and 8, 7, 4 in usual care.
    """
    hamd = completers("hamd")
    first = [a for a, _ in hamd.values()]
    cutoff = clinical_cutoff(clinical_mean=mean(first), clinical_sd=stdev(first), normal_mean=8, normal_sd=8)
    rules = outcome_measure(
        None, direction=Direction.HIGHER_IS_WORSE, first_values=first, reliability=0.8, cutoff=cutoff
    ).rules
    group = summarise_courses(courses(*hamd.values()), rules)
    assert [group.categories.get(c, 0) for c in ChangeCategory] == [26, 3, 10, 1, 0]

    by_treatment = {row["id"]: row["treatment"] for row in reference("claus_2020.csv")}
    seven = ChangeRules(Direction.HIGHER_IS_WORSE, reliable_change=7.0)
    for treatment, published in (("PA", (17, 4, 0)), ("TAU", (8, 7, 4))):
        own = summarise_courses(
            courses(*(pair for person, pair in completers("bdi").items() if by_treatment[person] == treatment)), seven
        )
        better, worse = own.shares[S.IMPROVEMENT], own.shares[S.DETERIORATION]
        assert (better.count, better.total - better.count - worse.count, worse.count) == published


@needs_reference
def test_four_inpatients_of_different_categories_by_hand() -> None:
    """Compute criterion c and reliable change from first principles; the rules of the package are not used."""
    bdi = completers("bdi")
    first = [a for a, _ in bdi.values()]
    centre = sum(first) / len(first)
    sd = sqrt(sum((a - centre) ** 2 for a in first) / (len(first) - 1))
    error_of_measurement = sd * sqrt(1 - 0.9)
    error_of_difference = sqrt(error_of_measurement**2 + error_of_measurement**2)
    normal_mean, normal_sd = 8.0, 7.0
    c = (sd * normal_mean + normal_sd * centre) / (sd + normal_sd)

    def classify(a: float, b: float) -> str:
        index = (b - a) / error_of_difference
        if index > 1.96:
            return "harmed" if a < c <= b else "deteriorated"
        if index < -1.96:
            return "recovered" if b < c <= a else "improved"
        return "unchanged"

    by_hand = {person: classify(*pair) for person, pair in bdi.items()}
    chosen = {category: next(p for p, own in by_hand.items() if own == category) for category in set(by_hand.values())}
    assert {"recovered", "improved", "unchanged", "deteriorated"} <= set(chosen)
    rules = outcome_measure(
        None, direction=Direction.HIGHER_IS_WORSE, first_values=first, reliability=0.9, cutoff=c
    ).rules
    for category, person in chosen.items():
        assert dict(summarise_courses(courses(bdi[person]), rules).categories) == {category: 1}
    everyone = summarise_courses(courses(*bdi.values()), rules).categories
    assert {category: list(by_hand.values()).count(category) for category in set(by_hand.values())} == everyone


@needs_reference
def test_sudden_gains_of_43_persons_agree_with_the_published_tutorial() -> None:
    """The tutorial of the R package suddengains reports 15 of 43 persons with gains (BDI, sessions 1 to 12, 7 points).

    Reversals are counted here from their definition, at session n + 2 or later.
    """
    rows = reference("sgdata.csv")
    values = [
        tuple(None if row[f"bdi_s{n}"] == "NA" else float(row[f"bdi_s{n}"]) for n in range(1, 13)) for row in rows
    ]
    group = summarise_courses(courses(*values), ChangeRules(Direction.HIGHER_IS_WORSE, reliable_change=7.0))
    assert group.shares[S.SUDDEN_GAIN].count == 15
    assert group.gains_reversed is not None
    assert group.gains_reversed.total == 15
    reversed_gains = {r["id"] for r, v in zip(rows, values, strict=True) if _all_gains_lost(v)}
    assert group.gains_reversed.count == len(reversed_gains)


def _all_gains_lost(values: Sequence[float | None]) -> bool:
    from securebase.measurement.change import sudden_gains

    lost = []
    for gain in (g for g in sudden_gains(values, cutoff=7) if not g.loss):
        after = values[gain.after + 1]
        assert after is not None
        threshold = after + gain.drop / 2
        lost.append(any(v is not None and v >= threshold for v in values[gain.after + 2 :]))
    return bool(lost) and all(lost)
