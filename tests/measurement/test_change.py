"""Tests of bands, change and sudden gains: rules, limits, and agreement with other programs."""

import csv
import os
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs

from securebase.measurement import catalogue
from securebase.measurement.change import (
    SuddenGain,
    clinical_cutoff,
    score_change,
    severity_band,
    sudden_gains,
)
from securebase.measurement.constructs import Direction
from securebase.measurement.instrument import Method, MissingRule, ReliableChange, Scale, reliable_change_points

SHELF = catalogue.instruments()
PHQ9, CORE10, MSPSS = (SHELF[n].scales[0] for n in ("phq9", "core10", "mspss"))
needs_reference = pytest.mark.skipif(
    "SECUREBASE_REFERENCE" not in os.environ, reason="SECUREBASE_REFERENCE is not set: no reference data"
)


def reference(name: str) -> list[dict[str, str]]:
    with (Path(os.environ["SECUREBASE_REFERENCE"]) / "data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def a_scale(**facts: object) -> Scale:
    base = {
        "id": "total",
        "label": "A scale",
        "construct": "symptoms",
        "items": (1,),
        "method": Method.SUM,
        "missing": MissingRule.INCOMPLETE,
        "minimum": 0.0,
        "maximum": 63.0,
        "direction": Direction.HIGHER_IS_WORSE,
    }
    return Scale(**(base | facts))  # type: ignore[arg-type]


# -- bands -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (0, "none or minimal"),
        (4, "none or minimal"),
        (5, "mild"),
        (9, "mild"),
        (10, "moderate"),
        (15, "moderately severe"),
        (19, "moderately severe"),
        (20, "severe"),
        (27, "severe"),
    ],
)
def test_phq9_bands(value: float, label: str) -> None:
    band = severity_band(PHQ9, value)
    assert band is not None
    assert band.label == label


def test_a_prorated_score_between_two_bands_is_rounded_half_up() -> None:
    labels = [b.label if (b := severity_band(CORE10, v)) else None for v in (10.4, 10.5, 95 / 9, 5.49)]
    assert labels == ["low", "mild", "mild", "healthy"]


def test_scores_are_rounded_to_the_decimals_of_their_bands() -> None:
    labels = [
        b.label if (b := severity_band(MSPSS, v)) else None for v in (35 / 12, 36 / 12, 60 / 12, 61 / 12, 2.95, 5.04)
    ]
    assert labels == ["low", "moderate", "moderate", "high", "moderate", "moderate"]


@given(st.sampled_from([s for i in SHELF.values() for s in i.scales if s.bands]), st.floats(0, 1))
def test_every_score_of_a_scale_with_bands_lies_in_one(scale: Scale, share: float) -> None:
    assert severity_band(scale, scale.minimum + share * (scale.maximum - scale.minimum)) in scale.bands


def test_no_band_without_a_score_or_without_bands() -> None:
    assert severity_band(PHQ9, None) is None
    assert severity_band(SHELF["wai_sr"].scale("total"), 40) is None


# -- reliable change ---------------------------------------------------------------------------------------------------


def test_reliable_change_of_the_bdi_agrees_with_the_published_points() -> None:
    assert reliable_change_points(12.75, 0.93) == pytest.approx(9.35, abs=0.005)


@given(st.floats(0.01, 100), st.floats(0, 1))
def test_reliable_change_is_1_96_standard_errors_of_a_difference(sd: float, reliability: float) -> None:
    error_of_one = sd * sqrt(1 - reliability)
    assert reliable_change_points(sd, reliability) == pytest.approx(1.96 * sqrt(error_of_one**2 + error_of_one**2))


@pytest.mark.parametrize(("sd", "reliability"), [(0, 0.8), (-1, 0.8), (1, 1.1), (1, -0.1), (float("nan"), 0.8)])
def test_reliable_change_refuses_impossible_values(sd: float, reliability: float) -> None:
    with pytest.raises(ValueError, match="sd must be above 0"):
        reliable_change_points(sd, reliability)


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [
        (20, 14, "improved"),
        (20, 15, "within_error"),
        (10, 16, "worse"),
        (10, 15, "within_error"),
        (10, 10, "within_error"),
    ],
)
def test_verdict_on_the_phq9(first: float, last: float, verdict: str) -> None:
    assert score_change(PHQ9, first, last).verdict == verdict


def test_a_better_alliance_is_an_improvement() -> None:
    scale = SHELF["session_after"].scale("alliance")
    assert score_change(scale, 4, 8).verdict == "improved"
    assert score_change(scale, 8, 4).verdict == "worse"


def test_a_change_equal_to_the_threshold_counts_despite_binary_rounding() -> None:
    scale = a_scale(maximum=10.0, reliable_change=ReliableChange("a test", verified=True, points=2.2))
    assert 8.2 - 6.0 < 2.2
    assert score_change(scale, 8.2, 6.0).verdict == "improved"


def test_without_a_threshold_the_verdict_is_unknown() -> None:
    change = score_change(SHELF["phq8"].scales[0], 20, 2)
    assert (change.verdict, change.threshold, change.verified) == ("unknown", None, False)
    assert change.basis == "no reliable change is known for this scale"


def test_a_change_has_points_and_percent() -> None:
    mild, severe = score_change(PHQ9, 6, 3), score_change(PHQ9, 24, 21)
    assert (mild.points, severe.points) == (-3, -3)
    assert (mild.percent, severe.percent) == (-50.0, -12.5)
    assert score_change(PHQ9, 0, 3).percent is None


def test_percent_counts_from_the_scales_lowest_score() -> None:
    assert score_change(MSPSS, 3, 2).percent == -50.0


@given(st.floats(0, 27), st.floats(0, 27))
def test_the_reverse_change_has_the_opposite_verdict(first: float, last: float) -> None:
    forward, backward = score_change(PHQ9, first, last), score_change(PHQ9, last, first)
    assert forward.points == -backward.points
    opposite = {"improved": "worse", "worse": "improved", "within_error": "within_error"}
    assert forward.verdict == opposite[backward.verdict]


# -- remission, response, clinical significance ------------------------------------------------------------------------


def test_remission_and_response_on_the_phq9() -> None:
    assert score_change(PHQ9, 16, 4).remission is True
    assert score_change(PHQ9, 16, 5).remission is False
    assert score_change(PHQ9, 4, 2).remission is None
    assert score_change(PHQ9, 16, 8).response is True
    assert score_change(PHQ9, 16, 9).response is False
    assert score_change(PHQ9, 0, 0).response is None
    assert score_change(CORE10, 20, 2).remission is None


def test_clinically_significant_change_is_reliable_and_crosses_the_cutoff() -> None:
    assert score_change(PHQ9, 16, 9).clinically_significant is True
    assert score_change(PHQ9, 24, 15).clinically_significant is False
    assert score_change(PHQ9, 11, 9).clinically_significant is False
    assert score_change(PHQ9, 9, 2).clinically_significant is None
    assert score_change(SHELF["phq8"].scales[0], 20, 2).clinically_significant is None


def test_where_higher_is_better_the_cutoff_is_the_first_healthy_score() -> None:
    ors = structs.replace(SHELF["ors"].scales[0], caseness_basis="", caseness_disputed=False)
    assert score_change(ors, 20, 25).clinically_significant is True
    assert score_change(ors, 19, 24.9).clinically_significant is False
    assert score_change(ors, 25, 35).clinically_significant is None


def test_no_verdict_rests_on_a_score_whose_side_the_sources_dispute() -> None:
    ors = SHELF["ors"].scales[0]
    assert ors.caseness_disputed
    assert score_change(ors, 20, 25).clinically_significant is None
    assert score_change(ors, 25, 35).clinically_significant is None
    assert score_change(ors, 20, 25).verdict == "improved"
    assert score_change(ors, 20, 25.1).clinically_significant is True
    assert score_change(ors, 19, 24.9).clinically_significant is False


@given(st.floats(0, 30), st.floats(0.1, 10), st.floats(0, 30), st.floats(0.1, 10))
def test_the_cutoff_is_equally_many_sds_from_both_means(m1: float, s1: float, m0: float, s0: float) -> None:
    assume(abs(m1 - m0) > 1e-3)
    cut = clinical_cutoff(clinical_mean=m1, clinical_sd=s1, normal_mean=m0, normal_sd=s0)
    assert (m1 - cut) / s1 == pytest.approx((cut - m0) / s0, abs=1e-6)


def test_the_cutoff_needs_positive_sds() -> None:
    with pytest.raises(ValueError, match="both standard deviations"):
        clinical_cutoff(clinical_mean=20, clinical_sd=0, normal_mean=5, normal_sd=4)


def claus(outcome: str, reliability: float) -> tuple[Scale, list[tuple[float, float]]]:
    """Return a scale with the sample's clinical norms and a healthy mean and SD of 8, and 40 (pre, post) pairs."""
    scores = {(r["id"], r["time"]): r[outcome] for r in reference("claus_2020.csv")}
    people = sorted({person for person, _ in scores})
    pairs = [
        (float(a), float(b))
        for p in people
        if (a := scores[p, "1"]) != "NA" and (b := scores.get((p, "4"), "NA")) != "NA"
    ]
    before = [a for a, _ in pairs]
    change = ReliableChange(
        "the sample's own spread", verified=True, points=reliable_change_points(stdev(before), reliability)
    )
    norms = {"clinical_mean": fmean(before), "clinical_sd": stdev(before), "normal_mean": 8.0, "normal_sd": 8.0}
    return a_scale(reliable_change=change, **norms), pairs


@needs_reference
def test_hamd_of_real_inpatients_agrees_with_the_r_package_clinicalsignificance() -> None:
    """The package stores for Jacobson and Truax: 29 improved, 10 unchanged, 1 worse; 26 recovered."""
    scale, pairs = claus("hamd", 0.8)
    changes = [score_change(scale, first, last) for first, last in pairs]
    verdicts = [change.verdict for change in changes]
    assert [verdicts.count(v) for v in ("improved", "within_error", "worse")] == [29, 10, 1]
    assert sum(change.clinically_significant is True for change in changes) == 26


@needs_reference
def test_bdi_of_real_inpatients_agrees_with_the_r_package_clinicalsignificance() -> None:
    """The package's published example: cut-off c 21.6, 10 recovered, 9 improved only, 21 unchanged."""
    scale, pairs = claus("bdi", 0.81)
    assert len(pairs) == 40
    assert (scale.clinical_mean, scale.clinical_sd) == pytest.approx((35.48, 8.16), abs=0.005)
    cut = clinical_cutoff(
        clinical_mean=scale.clinical_mean or 0, clinical_sd=scale.clinical_sd or 0, normal_mean=8, normal_sd=8
    )
    assert cut == pytest.approx(21.6, abs=0.05)
    changes = [score_change(scale, first, last) for first, last in pairs]
    recovered = sum(change.clinically_significant is True for change in changes)
    assert (recovered, sum(c.verdict == "improved" for c in changes)) == (10, 19)
    assert sum(change.verdict == "within_error" for change in changes) == 21


# -- sudden gains ------------------------------------------------------------------------------------------------------


def test_a_sudden_gain_is_detected() -> None:
    (gain,) = sudden_gains([32, 31, 33, 5, 6, 7], cutoff=7)
    assert gain == SuddenGain(2, 28, 28 / 33, (32.0, 6.0))


def test_a_sudden_loss_is_marked() -> None:
    (loss,) = sudden_gains([5, None, 7, 16, 12, 14], cutoff=7)
    assert (loss.after, loss.drop, loss.loss, loss.means) == (2, -9, True, (6.0, 14.0))


def test_where_higher_is_better_a_rise_is_the_gain() -> None:
    (gain,) = sudden_gains([3, 2, 3, 8, 9, 8], cutoff=2, higher_is_worse=False)
    assert (gain.drop, gain.loss) == (5, False)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([32, 31, 33, 27, 26, 27], "fewer points than the cutoff"),
        ([40, 41, 40, 32, 31, 32], "less than a quarter of the score before"),
        ([40, 20, 33, 5, 30, 7], "the three before and after overlap"),
        ([33, 5, 6, 7], "one value before is not enough"),
        ([32, 31, 33, 5], "one value after is not enough"),
        ([32, 31, None, 5, 6, 7], "the value before is missing"),
        ([], "nothing"),
        ([None, None], "nothing but gaps"),
    ],
)
def test_no_sudden_gain(values: list[float | None], reason: str) -> None:
    assert sudden_gains(values, cutoff=7) == (), reason


def test_a_cutoff_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="cutoff"):
        sudden_gains([1, 2, 3], cutoff=0)


@given(st.lists(st.one_of(st.none(), st.integers(0, 63)), max_size=20))
def test_a_mirrored_scale_mirrors_gains_and_keeps_positions(values: list[int | None]) -> None:
    """The direction of the scale does not affect the positions of gains and losses."""
    for gain in sudden_gains(values, cutoff=7):
        before, after = values[gain.after], values[gain.after + 1]
        assert before is not None
        assert after is not None
        assert gain.drop == before - after
        assert abs(gain.drop) >= 7
        assert gain.loss == (after > before)
    flipped = sudden_gains(values, cutoff=7, higher_is_worse=False)
    assert [g.after for g in flipped] == [g.after for g in sudden_gains(values, cutoff=7)]
    assert [g.loss for g in flipped] == [not g.loss for g in sudden_gains(values, cutoff=7)]


@needs_reference
def test_sudden_gains_of_43_people_agree_with_the_r_package_suddengains() -> None:
    """Reproduce the package's tutorial, sessions 1 to 12, cut-off 7.

    24 gains of mean size 11 (SD 3.43) in 15 people, 8 with several; person 5 has the first gain between sessions 3 and
    4 and the largest between 8 and 9.
    """
    by_person = {}
    for row in reference("sgdata.csv"):
        values = [None if row[f"bdi_s{n}"] == "NA" else float(row[f"bdi_s{n}"]) for n in range(1, 13)]
        by_person[row["id"]] = [gain for gain in sudden_gains(values, cutoff=7) if not gain.loss]
    sizes = [gain.drop for gains in by_person.values() for gain in gains]
    assert len(sizes) == 24
    assert (fmean(sizes), stdev(sizes)) == pytest.approx((11.0, 3.43), abs=0.005)
    counts = [len(gains) for gains in by_person.values()]
    assert (sum(n > 0 for n in counts), sum(n > 1 for n in counts)) == (15, 8)
    five = by_person["5"]
    assert five[0].after + 1 == 3
    assert max(five, key=lambda gain: gain.drop).after + 1 == 8
