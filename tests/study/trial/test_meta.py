"""Meta-analysis against a published example and moments by hand; rows that cannot be combined are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from question_truths import draw_trial
from securebase.errors import InputError, TableError
from securebase.model.distributions import t_quantile
from securebase.study.questions.arms import TreatmentArms
from securebase.study.trial.effect_rows import EffectSize, format_effects, read_effects
from securebase.study.trial.meta import combine

#: Borenstein, Hedges, Higgins & Rothstein (2009), Introduction to Meta-Analysis, ch. 14: mean, SD and n of both arms
PUBLISHED = {
    "Carroll": (94, 22, 60, 92, 20, 60),
    "Grant": (98, 21, 65, 92, 22, 65),
    "Peck": (98, 28, 40, 88, 26, 40),
    "Donat": (94, 19, 200, 82, 17, 200),
    "Stewart": (98, 21, 50, 88, 22, 45),
    "Young": (96, 21, 85, 92, 22, 85),
}


def published() -> list[EffectSize]:
    rows = []
    for study, (m1, s1, n1, m2, s2, n2) in PUBLISHED.items():
        df = n1 + n2 - 2
        d = (m1 - m2) / np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df)
        j = 1 - 3 / (4 * df - 1)
        rows.append(EffectSize(study, j * d, j**2 * ((n1 + n2) / (n1 * n2) + d**2 / (2 * (n1 + n2)))))
    return rows


def test_the_published_example_is_reproduced() -> None:
    result = combine(published())
    assert result.q == pytest.approx(12.0033, abs=5e-4)
    assert result.tau_squared == pytest.approx(0.0373, abs=5e-5)
    assert result.i_squared == pytest.approx(0.5834, abs=5e-4)
    assert result.mean.estimate == pytest.approx(0.3582, abs=5e-5)
    # the usual error, which the one of Hartung and Knapp must not fall below
    weights = np.array([1 / (r.variance + result.tau_squared) for r in result.studies])
    assert 1 / weights.sum() == pytest.approx(0.0111, abs=5e-5)
    assert result.mean.standard_error**2 >= 0.0110


def test_mean_error_and_prediction_follow_by_hand() -> None:
    rng = np.random.default_rng(1)
    rows = [EffectSize(f"s{k}", float(rng.normal(0.3, 0.8)), float(rng.uniform(0.01, 0.1))) for k in range(9)]
    g, v = [r.g for r in rows], [r.variance for r in rows]
    w = [1 / x for x in v]
    fixed = sum(a * b for a, b in zip(w, g, strict=True)) / sum(w)
    q = sum(a * (b - fixed) ** 2 for a, b in zip(w, g, strict=True))
    tau = max(0.0, (q - 8) / (sum(w) - sum(x**2 for x in w) / sum(w)))
    w = [1 / (x + tau) for x in v]
    mean = sum(a * b for a, b in zip(w, g, strict=True)) / sum(w)
    error = np.sqrt(sum(a * (b - mean) ** 2 for a, b in zip(w, g, strict=True)) / 8 / sum(w))
    result = combine(rows)
    assert tau > 0
    assert error > 1 / np.sqrt(sum(w))
    assert (result.tau_squared, result.mean.estimate) == pytest.approx((tau, mean))
    assert result.mean.standard_error == pytest.approx(error)
    assert result.mean.upper == pytest.approx(mean + t_quantile(0.975, 8) * error)
    half = t_quantile(0.975, 7) * np.sqrt(tau + error**2)
    assert result.prediction == pytest.approx((mean - half, mean + half))
    assert sum(result.weights) == pytest.approx(1.0)


def test_studies_that_agree_have_no_variance_between_them() -> None:
    """The estimate by moments is negative here, and Hartung and Knapp's error zero."""
    result = combine([EffectSize(f"s{k}", 0.3, 0.02 + 0.01 * k) for k in range(4)])
    assert (result.tau_squared, result.i_squared, result.mean.estimate) == (0.0, 0.0, pytest.approx(0.3))
    assert result.mean.standard_error == pytest.approx(1 / np.sqrt(sum(1 / (0.02 + 0.01 * k) for k in range(4))))
    assert combine(result.studies[:2]).prediction is None


def test_rows_of_a_study_can_be_written_and_read(tmp_path: Path) -> None:
    answer = TreatmentArms(0.3).answer(draw_trial(1))
    file = tmp_path / "rows.csv"
    file.write_text(format_effects("trial 1", answer.effects), encoding="utf-8")
    (row,) = read_effects(file)
    effect = answer.effects[0]
    assert (row.study, row.outcome, row.arm, row.reference) == ("trial 1", "y", "old", "new")
    assert (row.g, row.variance) == pytest.approx((effect.g.estimate, effect.g.standard_error**2), rel=1e-5)


def test_effects_that_depend_on_each_other_are_refused() -> None:
    rows = [EffectSize("a", 0.1, 0.02, "mood"), EffectSize("a", 0.2, 0.02, "sleep"), EffectSize("b", 0.1, 0.02)]
    with pytest.raises(InputError, match=r"“a” has 2 effects.*--outcome"):
        combine(rows)
    with pytest.raises(InputError, match="two or more studies"):
        combine(rows[:1])


def test_opposite_comparisons_are_refused() -> None:
    rows = [
        EffectSize("a", 0.1, 0.02, arm="ipt", reference="cbt"),
        EffectSize("b", 0.1, 0.02, arm="cbt", reference="ipt"),
    ]
    with pytest.raises(InputError, match="others the reverse"):
        combine(rows)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("study,g\na,.1\n", "no column “variance”"),
        ("study,g,variance\na,x,.1\n", "not a number"),
        ("study,g,variance\na,.1,nan\n", "not a number"),
        ("study,g,variance\na,.1,0\n", "must be above 0"),
        ("study,g,variance\na,.1\n", "not a number"),
    ],
)
def test_a_table_of_effects_with_an_error_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=problem):
        read_effects(file)
