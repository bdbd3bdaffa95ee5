"""The eight known truths: how often a study’s former verdict is right, withheld, misses the truth, or is wrong.

By verdict (`former_verdict`): “persists” counts as a link, “attenuates” as an association that rests on a shared trend.
With the fitted models: “persists” counts only if every fitted model of the trend shows the link, “attenuates” only if
none does. This takes about twenty times as long and is done in fewer cohorts.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.former_verdict import FormerVerdict, IntervalSide, former_verdict, interval_sides, verdict_of_lag
from benchmarks.page import Part, table
from benchmarks.stored import as_text, replications
from securebase.measurement.constructs import Construct, Direction
from securebase.model.expectation import Sign
from securebase.model.observations import panel
from securebase.model.scenario import Scenario, scenario
from securebase.model.simulate import simulate
from securebase.records.cohort import Cohort
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from securebase.study.moderation import moderation_findings
from securebase.study.parts import ModelSummary, NotFitted
from securebase.study.reciprocal import LagFinding, estimate_lags
from securebase.study.study import study
from securebase.study.table import session_table
from securebase.study.variance import Correlation, correlate

KNOWN_TRUTHS = (
    "co_trend_only",
    "reverse_only",
    "common_cause_only",
    "alliance_sufficient",
    "alliance_as_gate",
    "one_mechanism",
    "all_four_equal",
    "relapse_on_withdrawal",
)
MECHANISMS = ("social_support", "interpersonal_stress", "emotional_processing", "interpersonal_skills")
#: clients per cohort, number of cohorts, True to use the fitted models too
SIZES = ((60, 50, False), (60, 10, True))
#: scenarios with a second cohort for the test of moderation: one with moderation, one that could be mistaken for it
WITH_MODERATION_STUDY = ("alliance_as_gate", "alliance_sufficient")
SESSIONS, FOLLOW_UPS = 16, (4.0, 12.0, 26.0)
#: a scenario is recovered if at least this share of cohorts is right and at most this share wrong
RIGHT_FROM, WRONG_UP_TO = 0.5, 0.1
_SEED = 20251116

#: parts of each conclusion: links with an expected result, and other results
QUESTIONS: Mapping[str, tuple[tuple[tuple[str, str], ...], tuple[str, ...]]] = {
    "co_trend_only": ((("symptoms", "alliance"),), ("trend",)),
    "reverse_only": ((("symptoms", "alliance"), ("alliance", "symptoms")), ()),
    "common_cause_only": ((("alliance", "symptoms"), ("symptoms", "alliance")), ("between", "within")),
    "alliance_sufficient": ((("alliance", "symptoms"), *((m, "symptoms") for m in MECHANISMS)), ()),
    "alliance_as_gate": ((), ("gate",)),
    "one_mechanism": (tuple((c, "symptoms") for c in (*MECHANISMS, "alliance")), ()),
    "all_four_equal": (tuple((c, "symptoms") for c in (*MECHANISMS, "alliance")), ()),
    "relapse_on_withdrawal": ((("social_support", "symptoms"),), ("relapse",)),
}

#: expected signs of results other than links: correlations between persons and within sessions, moderation, relapse
SIGNS = {"between": "negative", "within": "negative", "gate": "negative", "relapse": "positive"}

LEGEND = {
    "co_trend_only": "the association from alliance to later symptoms rests on a shared trend, and the study "
    "concludes no link in the other direction",
    "reverse_only": "fewer symptoms precede a better alliance, and the study concludes no link in the other direction",
    "common_cause_only": "clients with a better alliance have fewer symptoms, sessions with an above-average alliance "
    "have below-average symptoms (correlations of person means, and of detrended values, with intervals that exclude "
    "zero), and the study concludes no lagged link. Symptoms are rated before a session and the alliance after it, so "
    "after a week that is good for both, lower symptoms can seem to have come first",
    "alliance_sufficient": "a better alliance precedes fewer symptoms, and none of the four mechanisms does",
    "alliance_as_gate": "clients receive IPT and supportive therapy (the same relationship without the techniques) in "
    "turn, and the techniques make the lagged effect of the alliance on symptoms more negative "
    "(`securebase.study.moderation`, verdict “persists”)",
    "one_mechanism": "more support precedes fewer symptoms, and neither the alliance nor another mechanism does",
    "all_four_equal": "each of the four mechanisms precedes symptoms with its sign, and the alliance does not",
    "relapse_on_withdrawal": "more support precedes fewer symptoms, and symptoms rise from the last session to the "
    f"follow-up after {FOLLOW_UPS[-1]:.0f} weeks (mean of all clients, 95% interval above zero)",
}


@dataclass(frozen=True, slots=True)
class Assessment:
    """Results for one scenario at one size.

    ended: right, withheld, missed, wrong → share of the cohorts. links: “from → to” → (expected sign, share concluded
    with that sign, share concluded with another sign, share attributed to a shared trend). also: other scenario →
    share of cohorts in which its conclusion would have been reached too. models: True if the fitted models were used
    too. irregular: share of these that did not converge.
    """

    scenario: str
    name: str
    clients: int
    sessions: int
    cohorts: int
    ended: dict[str, float]
    links: dict[str, tuple[str, float, float, float]]
    also: dict[str, float]
    models: bool
    irregular: float

    @property
    def is_recovered(self) -> bool:
        return self.ended["right"] >= RIGHT_FROM and self.ended["wrong"] <= WRONG_UP_TO


def assess(name: str, clients: int, cohorts: int, *, models: bool) -> Assessment:
    truth = scenario(name)
    signature = as_text(
        {"stated": repr(truth.parameter_set.standardised), "happens": repr(truth.happens), "course": repr(truth.course)}
    )
    label = f"scenario-{name}-{clients}{'-models' if models else ''}"
    results = replications(label, partial(_study_cohort, name, clients, models), cohorts, depends_on=signature)
    return summarise(name, clients, results, models=models)


def summarise(name: str, clients: int, results: list[dict[str, Any]], *, models: bool) -> Assessment:
    """Count the results of all cohorts."""
    truth = scenario(name)
    conclusions = Counter(conclusion(name, f) for f in results)
    links = {}
    for (begin, end), sign in truth.expects.effects.items():
        concluded = [f["links"][f"{begin} → {end}"] for f in results]
        as_expected = float(np.mean([s == sign.value for s in concluded])) if sign is not Sign.NONE else 0.0
        against = float(np.mean([s in ("positive", "negative") and s != sign.value for s in concluded]))
        links[f"{begin} → {end}"] = (
            sign.value,
            as_expected,
            against,
            float(np.mean([s == "trend" for s in concluded])),
        )
    return Assessment(
        scenario=name,
        name=truth.name,
        clients=clients,
        sessions=SESSIONS,
        cohorts=len(results),
        ended={kind: conclusions[kind] / len(results) for kind in ("right", "withheld", "missed", "wrong")},
        links=links,
        also={
            alternative: float(np.mean([conclusion(alternative, f) == "right" for f in results]))
            for alternative in KNOWN_TRUTHS
            if alternative != name and (alternative != "alliance_as_gate" or name in WITH_MODERATION_STUDY)
        },
        models=models,
        irregular=float(np.mean([outcome != "converged" for f in results for outcome in f["models"]] or [0.0])),
    )


def conclusion(name: str, result: Mapping[str, Any]) -> str:
    """Return right, withheld, missed or wrong: the worst part of a study's result, judged as if `name` were true."""
    links, other_results = QUESTIONS[name]
    expects = scenario(name).expects
    scores = [judge(result["links"][f"{a} → {b}"], expects.effects[a, b].value) for a, b in links]
    for question in other_results:
        if question == "trend":
            link = result["links"]["alliance → symptoms"]
            scores.append({"trend": "right", "open": "withheld"}.get(link, "wrong"))
        else:
            scores.append(judge(result[question], SIGNS[question]))
    return next(kind for kind in ("wrong", "missed", "withheld", "right") if kind in scores)


def judge(concluded: str, expected: str) -> str:
    """Judge one conclusion: positive, negative, trend (it rests on a shared trend) or open (inconclusive)."""
    if concluded in ("positive", "negative"):
        return "right" if concluded == expected else "wrong"
    if expected == "none":
        return "right"
    return "missed" if concluded == "trend" else "withheld"


def _study_cohort(name: str, clients: int, models: bool, i: int) -> dict[str, Any]:
    """Study one cohort: links, correlations of levels, relapse after the end, and moderation."""
    truth = scenario(name)
    after = replace(truth.happens.after_the_end, follow_ups=FOLLOW_UPS)
    truth = replace(truth, happens=replace(truth.happens, after_the_end=after))
    rng = np.random.default_rng([_SEED, clients, i])
    cohort = simulate(truth, n_clients=clients, rng=rng, sessions=SESSIONS)
    therapy = drop_follow_ups(cohort)
    if models:
        result = study(therapy)
        lags, fitted = result.lags, result.models
        correlation = next(m for m in result.correlations if m.first == "alliance")
    else:
        # the same steps as in a study, without its fitted models
        table = session_table(therapy, panel(therapy, (therapy.outcome, *therapy.processes)))
        lags, fitted = estimate_lags(table, therapy.outcome, therapy.processes), None
        correlation = correlate(table, "alliance", therapy.outcome)
    return {
        "links": {f"{lag.link.earlier} → {lag.link.later}": conclusion_of_lag(lag, fitted) for lag in lags},
        "between": _sign_of_correlation(correlation.between),
        "within": _sign_of_correlation(correlation.within_detrended),
        "relapse": _sign_of_relapse(cohort),
        "gate": _test_moderation(truth, clients, rng) if name in WITH_MODERATION_STUDY else "open",
        "models": [getattr(m, "outcome", "not fitted") for m in fitted or ()],
    }


def conclusion_of_lag(lag: LagFinding, fitted: Sequence[ModelSummary | NotFitted] | None) -> str:
    """Return positive, negative, trend or open for a lag. `fitted` is None where no model was fitted."""
    verdict = verdict_of_lag(lag)
    if verdict not in (FormerVerdict.PERSISTS, FormerVerdict.ATTENUATES) or lag.main.detrended is None:
        return "open"
    persists = verdict is FormerVerdict.PERSISTS
    if fitted is not None and {*interval_sides(lag, verdict, fitted).values()} != {
        IntervalSide.SAME_SIGN if persists else IntervalSide.INCLUDES_ZERO
    }:
        return "open"
    if not persists:
        return "trend"
    return "positive" if lag.main.detrended.raw > 0 else "negative"


def drop_follow_ups(cohort: Cohort) -> Cohort:
    """Return the cohort without its follow-ups, because therapy causes no trend after its end."""
    return replace(
        cohort,
        episodes=tuple(
            replace(e, administrations=tuple(a for a in e.administrations if a.at <= e.sessions[-1].at))
            for e in cohort.episodes
        ),
    )


def _sign_of_relapse(cohort: Cohort) -> str:
    """Return the sign of the mean change from the last answered session to the last follow-up."""
    rises = []
    for e in cohort.episodes:
        scores, end = e.symptom_scores, e.sessions[-1].at
        before, after = [s.value for s in scores if s.at <= end], [s.value for s in scores if s.at >= e.follow_ups[-1]]
        if before and after:
            rises.append(after[-1] - before[-1])
    mean, standard_error = float(np.mean(rises)), float(np.std(rises, ddof=1) / np.sqrt(len(rises)))
    half_width = float(stats.t.ppf(0.975, len(rises) - 1)) * standard_error
    return _sign(mean - half_width, mean + half_width)


def _sign_of_correlation(correlation: Correlation | None) -> str:
    return "open" if correlation is None else _sign(correlation.lower, correlation.upper)


def _sign(lower: float, upper: float) -> str:
    return "positive" if lower > 0 else "negative" if upper < 0 else "open"


def _test_moderation(truth: Scenario, clients: int, rng: np.random.Generator) -> str:
    """Test in a new cohort whether techniques moderate the lag from alliance to symptoms.

    Its clients alternate between IPT and the same relationship without techniques.
    """
    cohort = drop_follow_ups(simulate(truth, n_clients=clients, rng=rng, sessions=SESSIONS, arms=("ipt", "supportive")))
    rated = replace(
        cohort,
        episodes=tuple(_add_techniques(e) for e in cohort.episodes),
        constructs=(*cohort.constructs, Construct("techniques", "Techniques", Direction.UNKNOWN)),
    )
    rows = panel(rated, ("symptoms", "alliance", "techniques"))
    (finding,) = moderation_findings(session_table(rated, rows), "symptoms", ("alliance",), ("techniques",))
    verdict = former_verdict(finding.centred, finding.detrended, finding.time_adjusted)
    if finding.detrended is None or verdict not in (FormerVerdict.PERSISTS, FormerVerdict.ATTENUATES):
        return "open"
    if verdict is FormerVerdict.ATTENUATES:
        return "trend"
    return "positive" if finding.detrended.estimate > 0 else "negative"


def _add_techniques(e: EpisodeRecord) -> EpisodeRecord:
    """Add a score at every session: 1 if this client's therapy has techniques, else 0."""
    has_techniques = float(e.arm == "ipt")
    scores = tuple(
        AdministrationRecord(
            "techniques",
            s.at,
            session=s.number,
            scores=(ScoreRecord("techniques", has_techniques, s.at, session=s.number),),
        )
        for s in e.sessions
    )
    return replace(e, administrations=(*e.administrations, *scores))


def assess_all(limit: int | None = None) -> list[Assessment]:
    return [
        assess(name, clients, min(cohorts, limit or cohorts), models=models)
        for clients, cohorts, models in SIZES
        for name in KNOWN_TRUTHS
        if limit is None or not models
    ]


def section(results: list[Assessment]) -> list[str]:
    kinds = ("right", "withheld", "missed", "wrong")
    min_cohorts = min(t.cohorts for t in results)
    margin = 1.96 * (0.25 / min_cohorts) ** 0.5
    lines = [
        "## The eight known truths",
        "",
        "![Conclusions reached in simulated cohorts of eight known truths](images/scenarios.svg)",
        "",
        f"Cohorts with {SESSIONS} sessions are simulated from scenarios with known truth "
        "([simulation](explanation/simulation.md)) and judged by the former verdict of a study, the detrended "
        "association ([decision 24](decisions/0024-verdicts-replace-the-ratio-rule.md)). A verdict “persists” "
        "counts as a conclusion that one construct precedes the other, “attenuates” as a conclusion that their "
        "association rests on a shared trend; rows “with models” also require that all fitted trends agree, with "
        "all six constructs in one model. **Right**: the scenario’s whole conclusion is reached. **Withheld**: no "
        "false conclusion, but part of the true one is inconclusive. **Missed**: a true effect is attributed to a "
        "shared trend. **Wrong**: a false conclusion. A scenario counts as recovered if the right conclusion is "
        f"reached in at least {RIGHT_FROM:.0%} of cohorts and a wrong one in at most {WRONG_UP_TO:.0%}. Over "
        f"{min_cohorts} cohorts, the 95% margin of error of a share near one half is {margin:.0%}.",
        "",
        *table(
            ["scenario", "clients", "cohorts", *kinds, "recovered", "conclusions of other scenarios reached too"],
            [
                (
                    f"`{t.scenario}`",
                    f"{t.clients}{', with models' if t.models else ''}",
                    t.cohorts,
                    *(f"{t.ended[kind]:.0%}" for kind in kinds),
                    "yes" if t.is_recovered else "no",
                    ", ".join(
                        f"`{o}` {share:.0%}" for o, share in sorted(t.also.items(), key=lambda a: -a[1]) if share >= 0.1
                    ),
                )
                for t in results
            ],
            "lrrrrrrll",
        ),
        "",
        "Right conclusions:",
        "",
        *(f"- `{name}`: {LEGEND[name]}." for name in KNOWN_TRUTHS),
        "",
        "Conclusions about single links. Where the truth is “none”, every conclusion is wrong, because a study never "
        "concludes that an effect is absent:",
        "",
        *table(
            ["scenario", "clients", "link", "truth", "right sign", "wrong sign", "attributed to trend"],
            [
                (
                    f"`{t.scenario}`",
                    f"{t.clients}{', with models' if t.models else ''}",
                    link.replace("_", " "),
                    sign,
                    "" if sign == "none" else f"{right:.0%}",
                    f"{wrong:.0%}",
                    f"{trend:.0%}",
                )
                for t in results
                for link, (sign, right, wrong, trend) in t.links.items()
            ],
            "lrllrrr",
        ),
        "",
    ]
    fitted = [t for t in results if t.models]
    if fitted:
        irregular = max(fitted, key=lambda t: t.irregular)
        lines += [
            "Fitted models that did not converge are included (most often in "
            f"`{irregular.scenario}`, {irregular.irregular:.0%}).",
            "",
        ]
    return lines


def highlights(results: list[Assessment]) -> list[str]:
    sentences = []
    for clients, models in sorted({(t.clients, t.models) for t in results}):
        group = [t for t in results if (t.clients, t.models) == (clients, models)]
        recovered, not_recovered = [t for t in group if t.is_recovered], [t for t in group if not t.is_recovered]
        basis = "verdicts and fitted models" if models else "verdicts"
        sentence = (
            f"**Known truths.** With {clients} clients and {SESSIONS} sessions, the {basis} of a study recover "
            f"{len(recovered)} of {len(group)} scenarios"
        )
        sentence += f" ({', '.join(f'`{t.scenario}`' for t in recovered)})" if recovered else ""
        if not_recovered:
            sentence += f", but not {', '.join(_name_and_share(t) for t in not_recovered)}"
        worst = max(group, key=lambda t: t.ended["wrong"])
        sentences.append(
            f"{sentence}. Wrong conclusions are most frequent in `{worst.scenario}` ({worst.ended['wrong']:.0%})."
        )
    return sentences


def _name_and_share(t: Assessment) -> str:
    return f"`{t.scenario}` (right: {t.ended['right']:.0%})"


PART = Part("scenarios", Assessment, assess_all, section, highlights=highlights)


if __name__ == "__main__":
    for assessment in assess_all(int(sys.argv[1]) if len(sys.argv) > 1 else None):
        print(asdict(assessment), flush=True)
