"""Unusable arguments of the public functions: a clear error with the value and the fix, never a raw exception."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import securebase as sb
from securebase.errors import ModelError, SecurebaseError
from securebase.model.fit import compare

KNOWN = sb.parameter_set()
SIX, PARAMETERS = KNOWN.specification, KNOWN.in_score_units()
COHORT, TRUTH = sb.simulate_with_truth("default", n_clients=12, rng=np.random.default_rng(1), sessions=4, dropout=0.0)
ROWS = sb.panel(COHORT, ("symptoms", "alliance"))
CLIENT = sb.panel(COHORT, SIX.constructs).select_persons(np.array([0]))
SPECIFICATION = sb.Specification(("symptoms", "alliance"))
WAVES = sb.discrete_time_specification(ROWS, "clpm", equal_lags=True)
EDGES = [("alliance", "symptoms")]
EFFECTS = sb.estimate_person_effects(CLIENT, SIX, PARAMETERS, EDGES, 0.12)
REFUSED = sb.fit(ROWS.select_persons(np.array([0])), SPECIFICATION)

#: function → (arguments, keywords, message) of every refusal
Refusal = tuple[tuple[Any, ...], dict[str, Any], str]


def simulate(**keywords: Any) -> object:
    return sb.simulate("default", **({"n_clients": 2, "rng": np.random.default_rng(1)} | keywords))


def parts(**keywords: Any) -> sb.Contributions:
    arguments = {
        "effects": EFFECTS,
        "times": CLIENT.times,
        "observed": CLIENT.scores,
        "construct": "symptoms",
    } | keywords
    return sb.contributions(SIX, PARAMETERS, **arguments)


CASES: list[tuple[Callable[..., object], Refusal]] = [
    *(
        (sb.Specification, refusal)
        for refusal in (
            (("symptoms",), {}, r"got the text “symptoms”\)\. Write \(\"symptoms\",\)"),
            ((None,), {}, r"constructs must be a sequence of names \(got None\)"),
            (((),), {}, r"at least one construct \(got none\)"),
            ((("y", "y"),), {}, r"unique \(got “y” 2 times\)"),
            ((("y", 2),), {}, "one of them is 2"),
            ((("y",),), {"covariates": "age"}, "covariates must be a sequence of names"),
            ((("y",),), {"trend": "quadratic"}, r"unknown trend “quadratic”\. Use one of none, linear"),
            ((("y",),), {"planned_end": 0}, r"planned_end must be greater than 0 \(got 0\)"),
            ((("y",),), {"planned_end": "16"}, r"planned_end must be a number \(got '16'\)"),
            ((("y",),), {"days_per_unit": float("nan")}, "days_per_unit must be greater than 0"),
            ((("y",),), {"indicators": ("phq9", "y")}, r"pairs \(column, construct\)"),
            ((("y",),), {"effects": ("x", "y")}, r"effects must be pairs \(from, to\)"),
            ((("y",),), {"effects": (("x", "y"),)}, "“x → y” does not connect two of the constructs"),
            ((("y",),), {"indicators": (("phq9", "x"),)}, "belongs to “x”, which is not among the constructs"),
            ((("y",),), {"indicators": (("a", "y"), ("a", "y"))}, "columns of indicators must be unique"),
            ((("y", "x"),), {"indicators": (("a", "y"),)}, "“x” has no indicator"),
        )
    ),
    *(
        (sb.panel, refusal)
        for refusal in (
            (([1, 2],), {}, r"cohort must be of class Cohort \(got list\)"),
            ((COHORT, "symptoms"), {}, "got the text “symptoms”"),
            ((COHORT, ("mood",)), {}, "no score for “mood”. The cohort has scores for alliance, .*symptoms"),
            ((COHORT, ("symptoms",)), {"covariates": ["age"]}, "covariate “age” is missing for 12 of 12 persons"),
            ((COHORT, ("symptoms",)), {"inputs": ["homework"]}, "input “homework” of “sim-001” is missing"),
            ((COHORT, ("symptoms",)), {"measures": {"symptoms": "phq9"}}, r"pair \(instrument, scale\) \(got 'phq9'\)"),
            ((COHORT, ("symptoms",)), {"indicators": {"symptoms": ["phq9"]}}, r"pair \(instrument, scale\)"),
        )
    ),
    *(
        (sb.fit, refusal)
        for refusal in (
            (
                (COHORT, SPECIFICATION),
                {},
                r"panel must be of class Panel \(got Cohort\)\. Build it with securebase\.panel",
            ),
            ((ROWS, WAVES), {}, r"got DiscreteTimeSpecification\)\. .* fit_discrete_time"),
            (
                (ROWS, SPECIFICATION),
                {"starts": 0, "rng": np.random.default_rng(1)},
                r"starts must be .* at least 1 \(got 0\)",
            ),
            ((ROWS, SPECIFICATION), {"starts": 1.5}, r"\(got 1\.5\)"),
            ((ROWS, SPECIFICATION), {"starts": 2, "rng": 1}, r"rng must be a numpy\.random\.Generator \(got 1\)"),
            ((ROWS, SPECIFICATION), {"prior": KNOWN}, "got ParameterSet.*prior_from_set"),
            ((ROWS, SPECIFICATION), {"reliability": 0.8}, r"reliability must be of class Mapping \(got float\)"),
            ((ROWS, SPECIFICATION), {"reliability": {"symptoms": "0.8"}}, "reliability of “symptoms” must be a number"),
            ((ROWS, SPECIFICATION), {"reliability": {"symptoms": 85}}, r"between 0 and 1 \(got 85\)"),
            (
                (ROWS, sb.Specification(SPECIFICATION.constructs, time_unit="day", days_per_unit=1.0)),
                {},
                "units of 7 days, the specification in units of 1",
            ),
            (
                (ROWS, sb.Specification(("symptoms", "alliance"), therapists=True)),
                {},
                "the panel has no therapists. Build the panel with therapists=True",
            ),
            (
                (
                    ROWS,
                    sb.Specification(
                        SPECIFICATION.constructs, indicators=(("a", "symptoms"), ("b", "alliance"), ("c", "alliance"))
                    ),
                ),
                {},
                "2 columns of scores, the specification 3: a, b, c",
            ),
        )
    ),
    *(
        (simulate, ((), keywords, message))
        for keywords, message in (
            ({"rng": 1}, r"rng must be a numpy\.random\.Generator \(got 1\)\. Pass numpy\.random\.default_rng"),
            ({"rng": np.random.RandomState(1)}, "rng must be a numpy"),
            ({"n_clients": 2.5}, r"n_clients must be a whole number of at least 0 \(got 2\.5\)"),
            ({"sessions": 0}, r"^sessions must be at least 1 \(got 0\)"),
            ({"sessions": 2.5}, r"sessions must be a whole number \(got 2\.5\)"),
            ({"sessions": "8"}, r"sessions must be a number \(got '8'\)"),
            ({"irregular": -1.0}, r"^irregular must be at least 0 \(got -1\)"),
            ({"inventory_every": -1}, r"^inventory_every must be at least 0 \(got -1\)"),
            ({"missing": float("nan")}, "missed must be a probability"),
            ({"arms": "ipt"}, "arms must be a sequence of names"),
            ({"shocks": sb.Shock(0, 1, "alliance", -1.0)}, "shocks must be a sequence of Shock"),
            ({"alerts": (0, 1)}, r"alerts must be pairs \(person, session\)"),
        )
    ),
    (sb.simulate, ((3,), {"n_clients": 2, "rng": np.random.default_rng(1)}, r"of class Scenario \(got int\)")),
    (TRUTH.values, (("mood",), {"session": 1}, "unknown construct “mood”. The truth has symptoms")),
    (TRUTH.values, (("symptoms",), {"session": 0}, r"session must be a whole number of at least 1 \(got 0\)")),
    (sb.discrete_time_specification, ((ROWS, "xx"), {}, r"model “xx”\. Use one of ri-clpm, clpm, var")),
    (sb.discrete_time_specification, ((COHORT, "clpm"), {}, r"of class Panel \(got Cohort\)")),
    (sb.DiscreteTimeSpecification, ((("y",),), {"waves": 1}, r"waves must be .* at least 2 \(got 1\)")),
    (sb.DiscreteTimeSpecification, ((("y",),), {"waves": 3, "lags": "same"}, "unknown wave constraint “same”")),
    (sb.fit_discrete_time, ((ROWS, SPECIFICATION), {}, r"of class DiscreteTimeSpecification \(got Specification\)")),
    (sb.fit_discrete_time, ((ROWS, WAVES), {"information": "robust"}, "unknown information “robust”")),
    *(
        (sb.estimate_person_effects, (arguments, {}, message))
        for arguments, message in (
            ((ROWS, SIX, PARAMETERS, EDGES, 0.12), r"exactly 1 person \(got 12\)"),
            ((CLIENT, SIX, REFUSED.parameters, EDGES, 0.12), r"of class Parameters \(got None\)\. .*not refused"),
            ((CLIENT, SIX, KNOWN, EDGES, 0.12), "in_score_units"),
            ((CLIENT, SIX, PARAMETERS, EDGES[0], 0.12), r"edges must be pairs \(from, to\)"),
            ((CLIENT, SIX, PARAMETERS, EDGES, [0.1, 0.2]), r"one for each of 1 edges \(got the shape \(2,\)\)"),
            ((CLIENT, SIX, PARAMETERS, EDGES, "a"), "prior_sd must be numbers"),
        )
    ),
    (
        sb.fit_person_effects,
        (
            (CLIENT, SIX, PARAMETERS, EDGES),
            {"covariates": np.zeros((1, 1)), "names": "age"},
            "names must be a sequence of names",
        ),
    ),
    (
        sb.fit_person_effects,
        ((CLIENT, SIX, PARAMETERS, EDGES), {"covariates": [["old"]], "names": ["age"]}, "the first value is 'old'"),
    ),
    (
        sb.fit_person_effects,
        ((CLIENT, SIX, PARAMETERS, EDGES), {"names": ["age"]}, "names lists 1 covariates, but covariates is None"),
    ),
    (EFFECTS.draws, ((1, 5), {}, "rng must be a numpy")),
    (EFFECTS.draws, ((np.random.default_rng(1), -4), {}, r"n must be a whole number of at least 0 \(got -4\)")),
    (parts, ((), {"times": CLIENT.times[::-1]}, "times must not decrease from row to row")),
    (parts, ((), {"construct": "mood"}, "unknown construct “mood”")),
    (parts, ((), {"effects": None}, r"of class PersonEffects \(got None\)")),
    (parts, ((), {"times": CLIENT.times[:2]}, r"got \(2,\) and \(4, 6\)")),
    (parts, ((), {"last": 99}, "rows 0 to 99 do not exist in a course of 4 rows")),
    (parts().total, (("alliance",), {}, "sources must be a sequence of names")),
    (parts().total, ((("mood",),), {}, "no contribution of “mood”. The sources are alliance")),
    (sb.track, ((COHORT, SIX, PARAMETERS), {}, r"of class Panel \(got Cohort\)")),
    (sb.track, ((CLIENT, SIX, KNOWN), {}, "in_score_units")),
    (sb.track, ((CLIENT, SIX, PARAMETERS), {"until": "16"}, r"until must be a number \(got '16'\)")),
    (sb.track, ((CLIENT, SIX, PARAMETERS), {"until": float("nan")}, r"until must be finite \(got nan\)")),
    (
        sb.track,
        (
            (CLIENT, SIX, replace(PARAMETERS, level_mean=np.zeros(2))),
            {},
            "the parameters have 2 constructs, the specification 6",
        ),
    ),
    (
        sb.Parameters(drift=1, diffusion=2, level_mean=1, level_covariance=1, measurement_noise=1).named,  # type: ignore[arg-type]
        ((SPECIFICATION,), {}, "level_mean and measurement_noise must be arrays"),
    ),
    (sb.prior_from_set, ((ROWS, SPECIFICATION, "literature"), {}, r"Load one with securebase\.parameter_set\(\)")),
    (sb.ShrinkagePrior, (("a set", PARAMETERS, "strong"), {}, "prior strength must be a number")),
    (PARAMETERS.named, ((SPECIFICATION,), {}, "the parameters have 6 constructs")),
    (sb.Parameters.from_named, (({"drift": 1.0}, SPECIFICATION), {}, "“drift.symptoms,symptoms.” is missing")),
    (KNOWN.in_score_units, (({"symptoms": "phq9"},), {}, r"pair \(instrument, scale\)")),
    (KNOWN.with_trend, (("linear",), {}, "cannot take the trend “linear”")),
    (REFUSED.interval, (("drift",), {}, "no estimate “drift”")),
    (compare, ((REFUSED, None), {}, r"larger must be of class Fit \(got None\)")),
]


@pytest.mark.parametrize(("function", "refusal"), CASES)
def test_unusable_arguments_are_refused(function: Callable[..., object], refusal: Refusal) -> None:
    arguments, keywords, message = refusal
    with pytest.raises(SecurebaseError, match=message):
        function(*arguments, **keywords)


def test_a_missing_therapist_array_is_described_by_its_shape() -> None:
    therapists = sb.Specification(("y",), therapists=True)
    values = sb.Parameters(
        *(np.array(v) for v in ([[-0.5]], [[0.6]], [0.0], [[0.5]], [0.3])), therapist_covariance=np.eye(1)
    )
    from securebase.model.simulate import simulate_panel

    with pytest.raises(ModelError, match=r"but therapist is missing\. Pass an array \(2,\) with the number of each"):
        simulate_panel(therapists, values, [[0.0], [0.0]], np.random.default_rng(1))


def test_shocks_and_alerts_as_lists_and_numpy_integers_are_accepted() -> None:
    cohort = sb.simulate("default", n_clients=np.int64(2), rng=np.random.default_rng(1), alerts=[[0, 1]])  # type: ignore[list-item, arg-type]
    assert len(cohort) == 2
