"""The eight known truths: how often does a study reach the right conclusion, miss it, reach a wrong one, or withhold?

By verdict: a study concludes of a link that it is there where its verdict is “stays”, and that it rests on a shared
trend where it is “fades”. With the fitted models: “stays” counts where every fitted reading of the trend shows the
same, “fades” where none does; this takes some twenty times as long, so it is asked of fewer cohorts.
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

from benchmarks.page import Part, table
from benchmarks.stored import plainly, replications
from securebase.measurement.constructs import Construct, Direction
from securebase.model.expectation import Sign
from securebase.model.observations import panel
from securebase.model.scenario import Scenario, scenario
from securebase.model.simulate import simulate
from securebase.records.cohort import Cohort
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from securebase.study.moderation import moderation_findings
from securebase.study.phrases import IntervalSide, interval_sides
from securebase.study.reciprocal import AssociationVerdict, LagFinding, estimate_lags
from securebase.study.result import ModelSummary, NotFitted
from securebase.study.study import study
from securebase.study.table import session_table
from securebase.study.variance import Correlation, correlate

EIGHT = (
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
#: clients in a cohort, how many cohorts, whether the fitted models are asked too
SIZES = ((60, 50, False), (60, 10, True))
#: the study of the gate needs a second cohort: it is made where there is a gate, and where there could seem to be one
ASKED_OF_GATES = ("alliance_as_gate", "alliance_sufficient")
SESSIONS, FOLLOW_UPS = 16, (4.0, 12.0, 26.0)
#: a scenario is told where its conclusion is reached in at least so many cohorts and a wrong one in at most so many
TOLD_FROM, WRONG_UP_TO = 0.5, 0.1
_SEED = 20251116

#: what each conclusion is made of: which links must be as expected, and what else must be told
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

#: what is expected of what is no link: correlations between persons and within sessions, the gate, the follow-up
SIGNS = {"between": "negative", "within": "negative", "gate": "negative", "relapse": "positive"}

LEGEND = {
    "co_trend_only": "that symptoms follow the alliance is said to rest on a shared trend, and no link is "
    "concluded the other way",
    "reverse_only": "fewer symptoms come before a better alliance, and none is concluded the other way",
    "common_cause_only": "people with a better alliance have fewer symptoms, sessions with a better alliance than "
    "usual have fewer symptoms than usual (correlations of own means, and of what is left of own lines, told from "
    "zero), and no link is concluded from one to the next. Symptoms are asked before a session and the alliance after "
    "it, so that a week that is good for both can look as if fewer symptoms came first",
    "alliance_sufficient": "a better alliance comes before fewer symptoms, and none of the four mechanisms does",
    "alliance_as_gate": "of clients in turn given IPT and supportive therapy, which is the same relationship without "
    "the techniques: being given the techniques bends the lag from alliance to symptoms downwards "
    "(`securebase.study.moderation`, verdict “stays”)",
    "one_mechanism": "more support comes before fewer symptoms, and neither the alliance nor another mechanism does",
    "all_four_equal": "each of the four mechanisms comes before symptoms with its sign, and the alliance does not",
    "relapse_on_withdrawal": "more support comes before fewer symptoms, and from the last session to the follow-up "
    f"after {FOLLOW_UPS[-1]:.0f} weeks symptoms rise (mean of all clients, 95% interval above zero)",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One scenario at one size. ended: right, withheld, missed, wrong → share of the cohorts. links: “from → to” →
    (sign expected, share concluded with that sign, with the other sign or where there is none, said to rest on a
    shared trend). also: other scenarios → share of these cohorts in which theirs would have been concluded too.
    models: whether the fitted models were asked too. irregular: the share of them that did not end as converged."""

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
    def is_told(self) -> bool:
        return self.ended["right"] >= TOLD_FROM and self.ended["wrong"] <= WRONG_UP_TO


def told(name: str, clients: int, cohorts: int, *, models: bool) -> Told:
    truth = scenario(name)
    known = plainly(
        {"stated": repr(truth.parameter_set.standardised), "happens": repr(truth.happens), "course": repr(truth.course)}
    )
    label = f"scenario-{name}-{clients}{'-models' if models else ''}"
    found = replications(label, partial(_one, name, clients, models), cohorts, depends_on=known)
    return summed(name, clients, found, models=models)


def summed(name: str, clients: int, found: list[dict[str, Any]], *, models: bool) -> Told:
    """What was found in every cohort, counted."""
    truth = scenario(name)
    conclusions = Counter(conclusion(name, f) for f in found)
    links = {}
    for (begin, end), sign in truth.expects.effects.items():
        said = [f["links"][f"{begin} → {end}"] for f in found]
        as_expected = float(np.mean([s == sign.value for s in said])) if sign is not Sign.NONE else 0.0
        against = float(np.mean([s in ("positive", "negative") and s != sign.value for s in said]))
        links[f"{begin} → {end}"] = (sign.value, as_expected, against, float(np.mean([s == "trend" for s in said])))
    return Told(
        scenario=name,
        name=truth.name,
        clients=clients,
        sessions=SESSIONS,
        cohorts=len(found),
        ended={kind: conclusions[kind] / len(found) for kind in ("right", "withheld", "missed", "wrong")},
        links=links,
        also={
            other: float(np.mean([conclusion(other, f) == "right" for f in found]))
            for other in EIGHT
            if other != name and (other != "alliance_as_gate" or name in ASKED_OF_GATES)
        },
        models=models,
        irregular=float(np.mean([outcome != "converged" for f in found for outcome in f["models"]] or [0.0])),
    )


def conclusion(name: str, found: Mapping[str, Any]) -> str:
    """What a study found, judged as if `name` were true: right, withheld, missed or wrong (the worst of its parts)."""
    links, more = QUESTIONS[name]
    expects = scenario(name).expects
    scores = [judged(found["links"][f"{a} → {b}"], expects.effects[a, b].value) for a, b in links]
    for what in more:
        if what == "trend":
            said = found["links"]["alliance → symptoms"]
            scores.append({"trend": "right", "open": "withheld"}.get(said, "wrong"))
        else:
            scores.append(judged(found[what], SIGNS[what]))
    return next(kind for kind in ("wrong", "missed", "withheld", "right") if kind in scores)


def judged(said: str, expected: str) -> str:
    """said: positive, negative, trend (it rests on a shared trend), or open (nothing is told)."""
    if said in ("positive", "negative"):
        return "right" if said == expected else "wrong"
    if expected == "none":
        return "right"
    return "missed" if said == "trend" else "withheld"


def _one(name: str, clients: int, models: bool, i: int) -> dict[str, Any]:
    """One cohort studied: what is said of every link, of the correlation of levels, after the end, and of the gate."""
    truth = scenario(name)
    asked = replace(
        truth, happens=replace(truth.happens, after_the_end=replace(truth.happens.after_the_end, follow_ups=FOLLOW_UPS))
    )
    rng = np.random.default_rng([_SEED, clients, i])
    cohort = simulate(asked, n_clients=clients, rng=rng, sessions=SESSIONS)
    during = during_therapy(cohort)
    if models:
        found = study(during)
        lags, fitted = found.lags, found.models
        moves = next(m for m in found.correlations if m.first == "alliance")
    else:
        # as the study does, without its fitted models
        table = session_table(during, panel(during, (during.outcome, *during.processes)))
        lags, fitted = estimate_lags(table, during.outcome, during.processes), None
        moves = correlate(table, "alliance", during.outcome)
    return {
        "links": {f"{lag.link.earlier} → {lag.link.later}": said_of(lag, fitted) for lag in lags},
        "between": _correlated(moves.between),
        "within": _correlated(moves.within_detrended),
        "relapse": _after_the_end(cohort),
        "gate": _gate(asked, clients, rng) if name in ASKED_OF_GATES else "open",
        "models": [getattr(m, "outcome", "not fitted") for m in fitted or ()],
    }


def said_of(lag: LagFinding, fitted: Sequence[ModelSummary | NotFitted] | None) -> str:
    """What is concluded of a lag: positive, negative, trend or open. fitted: None where no model was asked."""
    if lag.verdict not in (AssociationVerdict.PERSISTS, AssociationVerdict.ATTENUATES) or lag.main.detrended is None:
        return "open"
    stays = lag.verdict is AssociationVerdict.PERSISTS
    if fitted is not None and {*interval_sides(lag, fitted).values()} != {
        IntervalSide.SAME_SIGN if stays else IntervalSide.INCLUDES_ZERO
    }:
        return "open"
    if not stays:
        return "trend"
    return "positive" if lag.main.detrended.raw > 0 else "negative"


def during_therapy(cohort: Cohort) -> Cohort:
    """Without the follow-ups: after the end there is no therapy that could be the trend."""
    return replace(
        cohort,
        episodes=tuple(
            replace(e, administrations=tuple(a for a in e.administrations if a.at <= e.sessions[-1].at))
            for e in cohort.episodes
        ),
    )


def _after_the_end(cohort: Cohort) -> str:
    """Symptoms at the last follow-up less those at the last session that was answered, over clients."""
    rises = []
    for e in cohort.episodes:
        scores, end = e.symptom_scores, e.sessions[-1].at
        before, after = [s.value for s in scores if s.at <= end], [s.value for s in scores if s.at >= e.follow_ups[-1]]
        if before and after:
            rises.append(after[-1] - before[-1])
    mean, error = float(np.mean(rises)), float(np.std(rises, ddof=1) / np.sqrt(len(rises)))
    reach = float(stats.t.ppf(0.975, len(rises) - 1)) * error
    return _told(mean - reach, mean + reach)


def _correlated(found: Correlation | None) -> str:
    return "open" if found is None else _told(found.lower, found.upper)


def _told(lower: float, upper: float) -> str:
    return "positive" if lower > 0 else "negative" if upper < 0 else "open"


def _gate(of: Scenario, clients: int, rng: np.random.Generator) -> str:
    """As many clients again, in turn given IPT or the same relationship without its techniques: do techniques bend
    the lag from the alliance to symptoms?"""
    both = during_therapy(simulate(of, n_clients=clients, rng=rng, sessions=SESSIONS, arms=("ipt", "supportive")))
    marked = replace(
        both,
        episodes=tuple(_with_techniques(e) for e in both.episodes),
        constructs=(*both.constructs, Construct("techniques", "Techniques", Direction.UNKNOWN)),
    )
    rows = panel(marked, ("symptoms", "alliance", "techniques"))
    (bend,) = moderation_findings(session_table(marked, rows), "symptoms", ("alliance",), ("techniques",))
    if bend.detrended is None or bend.verdict not in (AssociationVerdict.PERSISTS, AssociationVerdict.ATTENUATES):
        return "open"
    if bend.verdict is AssociationVerdict.ATTENUATES:
        return "trend"
    return "positive" if bend.detrended.estimate > 0 else "negative"


def _with_techniques(e: EpisodeRecord) -> EpisodeRecord:
    """A column that says at every session whether this client's therapy has techniques."""
    given = float(e.arm == "ipt")
    scores = tuple(
        AdministrationRecord(
            "techniques", s.at, session=s.number, scores=(ScoreRecord("techniques", given, s.at, session=s.number),)
        )
        for s in e.sessions
    )
    return replace(e, administrations=(*e.administrations, *scores))


def all_told(most: int | None = None) -> list[Told]:
    return [
        told(name, clients, min(cohorts, most or cohorts), models=models)
        for clients, cohorts, models in SIZES
        for name in EIGHT
        if most is None or not models
    ]


def section(found: list[Told]) -> list[str]:
    kinds = ("right", "withheld", "missed", "wrong")
    least = min(t.cohorts for t in found)
    reach = 1.96 * (0.25 / least) ** 0.5
    lines = [
        "## The eight known truths",
        "",
        "![Conclusions reached in simulated cohorts of eight known truths](images/scenarios.svg)",
        "",
        f"Cohorts are drawn from scenarios whose truth is known ([simulation](explanation/simulation.md)), {SESSIONS} "
        "sessions each, and given to what `securebase study` computes. A study concludes that one thing comes before "
        "another where its verdict is “stays”, and that it rests on a shared trend where it is “fades”; where it says "
        "“with models”, only if every fitted reading of the trend agrees, all six constructs at once. **Right**: all "
        "of the scenario’s conclusion. **Withheld**: nothing false is said, but part of it cannot be told. **Missed**: "
        "something true is said to rest on a shared trend. **Wrong**: something is concluded that is not so. A "
        "scenario is called told where the right conclusion "
        f"is reached in at least {TOLD_FROM:.0%} of cohorts and a wrong one in at most {WRONG_UP_TO:.0%}. Chance moves "
        f"a share near one half by up to {reach:.0%} over {least} cohorts (95%).",
        "",
        *table(
            ["scenario", "clients", "cohorts", *kinds, "told?", "conclusions of others that would be reached too"],
            [
                (
                    f"`{t.scenario}`",
                    f"{t.clients}{', with models' if t.models else ''}",
                    t.cohorts,
                    *(f"{t.ended[kind]:.0%}" for kind in kinds),
                    "told" if t.is_told else "cannot be told",
                    ", ".join(
                        f"`{o}` {share:.0%}" for o, share in sorted(t.also.items(), key=lambda a: -a[1]) if share >= 0.1
                    ),
                )
                for t in found
            ],
            "lrrrrrrll",
        ),
        "",
        "The conclusion of each:",
        "",
        *(f"- `{name}`: {LEGEND[name]}." for name in EIGHT),
        "",
        "What was concluded of single links, with what is true (“none” can only be said wrongly: a study never says "
        "that there is nothing):",
        "",
        *table(
            ["scenario", "clients", "link", "truth", "concluded, rightly", "concluded, wrongly", "said to be trend"],
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
                for t in found
                for link, (sign, right, wrong, trend) in t.links.items()
            ],
            "lrllrrr",
        ),
        "",
    ]
    fitted = [t for t in found if t.models]
    if fitted:
        irregular = max(fitted, key=lambda t: t.irregular)
        lines += [
            "Fitted models that did not end as converged are counted with what they show (most in "
            f"`{irregular.scenario}`, {irregular.irregular:.0%}).",
            "",
        ]
    return lines


def gist(found: list[Told]) -> list[str]:
    out = []
    for clients, models in sorted({(t.clients, t.models) for t in found}):
        own = [t for t in found if (t.clients, t.models) == (clients, models)]
        yes, no = [t for t in own if t.is_told], [t for t in own if not t.is_told]
        how = "study with its fitted models" if models else "study, by its verdicts,"
        sentence = (
            f"**Known truths.** With {clients} clients and {SESSIONS} sessions a {how} tells {len(yes)} of {len(own)}"
        )
        sentence += f" ({', '.join(f'`{t.scenario}`' for t in yes)})" if yes else ""
        if no:
            sentence += f"; it cannot tell {', '.join(_right_in(t) for t in no)}"
        worst = max(own, key=lambda t: t.ended["wrong"])
        out.append(
            f"{sentence}. A wrong conclusion is reached most often in `{worst.scenario}`, {worst.ended['wrong']:.0%}."
        )
    return out


def _right_in(t: Told) -> str:
    return f"`{t.scenario}` (right in {t.ended['right']:.0%})"


PART = Part("scenarios", Told, all_told, section, gist=gist)


if __name__ == "__main__":
    for one in all_told(int(sys.argv[1]) if len(sys.argv) > 1 else None):
        print(one.scenario, one.clients, one.ended, one.also, asdict(one)["links"], one.irregular, flush=True)
