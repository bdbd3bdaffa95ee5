"""Treatment arms: how often a simulated trial concludes that they are equivalent, or that one is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.page import Part, table
from benchmarks.stored import as_text, replications
from question_truths import draw_trial
from securebase.measurement.constructs import Direction
from securebase.model.scenario import scenario
from securebase.records.cohort import Cohort
from securebase.records.episode import EpisodeRecord
from securebase.study.calibration.samples import CohortSample
from securebase.study.calibration.sampling import draw_cohort
from securebase.study.questions.question import QuestionData
from securebase.study.table import SessionTable
from securebase.study.trial.members import TrialArms
from securebase.study.trial.visits import planned_course
from securebase.study.verdicts.randomised import EQUIVALENT

REPLICATIONS, REPLICATIONS_OF_TABLES = 200, 1000
#: persons of each arm of the simulated trials
PERSONS = 400
#: chance that a client drops out of a simulated trial, of which at least 80% must complete
DROPOUT = 0.1


#: arms that are compared with interpersonal psychotherapy in the package's own simulated trials
OTHERS = ("other_therapy", "waiting_list")


@dataclass(frozen=True, slots=True)
class TrialCell:
    """Trials of one truth that shares no code with the package. true: difference in SDs."""

    truth: str
    true: float
    draw: Callable[[int], QuestionData]


_SELECTIVE: Mapping[str, Any] = {"selective": (0.6, -0.6), "dropout": 0.04}
CELLS = (
    TrialCell("no difference, 2 × 100", 0.0, partial(draw_trial, n=100)),
    TrialCell("the same, dropout by state", 0.0, partial(draw_trial, n=100, **_SELECTIVE)),
    TrialCell("no difference, 2 × 20", 0.0, partial(draw_trial, n=20)),
    TrialCell(
        "no difference, 2 × 10 therapists with 10%", 0.0, partial(draw_trial, n=100, therapists=10, therapist_share=0.1)
    ),
    TrialCell("exactly .20, 2 × 400", 0.2, partial(draw_trial, n=400, effect=0.2)),
    TrialCell("the same, dropout by state", 0.2, partial(draw_trial, n=400, effect=0.2, **_SELECTIVE)),
    TrialCell("half an SD, 2 × 100", 0.5, partial(draw_trial, n=100, effect=0.5)),
)


@dataclass(frozen=True, slots=True)
class TrialRate:
    """Shares of trials that conclude so. g, completers: means of g and of g among completers; rated: at the end.

    coverage: share of 95% intervals that hold the true difference; None where it is not known.
    """

    truth: str
    true: float | None
    replications: int
    equivalent: float
    differ: float
    g: float
    completers: float
    coverage: float | None
    rated: float


def _trial(samples: Mapping[str, CohortSample]) -> QuestionData:
    """Return the samples of several arms as one table."""
    tables = [sample.table(("symptoms",)) for sample in samples.values()]
    person = np.concatenate([table.person + PERSONS * k for k, table in enumerate(tables)])
    times, symptoms = (np.concatenate(v) for v in zip(*((t.times, t.values["symptoms"]) for t in tables), strict=True))
    n = PERSONS * len(tables)
    rows = SessionTable(n, person, times, {"symptoms": symptoms}, tables[0].moments, "week")
    persons = tuple(map(str, range(n)))
    arms = [name for name in samples for _ in range(PERSONS)]
    episodes = tuple(EpisodeRecord(person, arm=arm) for person, arm in zip(persons, arms, strict=True))
    cohort = Cohort(episodes, (), "symptoms")
    panel: Any = None
    return QuestionData(cohort, persons, rows, panel, "symptoms", (), {"symptoms": Direction.HIGHER_IS_WORSE})


def _simulate(replication: int) -> dict[str, Any]:
    """Compare both other arms with the same sample of interpersonal psychotherapy."""
    truth = scenario("default")
    truth = replace(truth, course=replace(truth.course, dropout=DROPOUT))
    rng = np.random.default_rng(replication)
    arms = {name: draw_cohort(truth, PERSONS, rng, arm=name) for name in ("ipt", *OTHERS)}
    return {name: _conclude(_trial({"ipt": arms["ipt"], name: arms[name]}), "ipt") for name in OTHERS}


def _draw(position: int, replication: int) -> dict[str, Any]:
    return _conclude(CELLS[position].draw(replication), "old")


def _conclude(data: QuestionData, reference: str) -> dict[str, Any]:
    arms = TrialArms.of(data, reference)
    course = planned_course(data.table, data.outcome, None)
    (effect,), ratings = arms.compare(data, course, (), EQUIVALENT)
    return {
        "conclusion": str(effect.conclusion),
        "g": effect.g.estimate,
        "interval": [effect.g.lower, effect.g.upper],
        "completers": effect.completers.estimate if effect.completers else None,
        "rated": float(np.isfinite(ratings.rated[:, -1]).mean()),
    }


def _rate(truth: str, true: float | None, results: list[dict[str, Any]]) -> TrialRate:
    conclusions = [r["conclusion"] for r in results]
    return TrialRate(
        truth,
        true,
        len(results),
        float(np.mean([c == "equivalent" for c in conclusions])),
        float(np.mean([c in ("better", "worse") for c in conclusions])),
        float(np.mean([r["g"] for r in results])),
        float(np.mean([r["completers"] for r in results])),
        None if true is None else float(np.mean([r["interval"][0] <= true <= r["interval"][1] for r in results])),
        float(np.mean([r["rated"] for r in results])),
    )


def measure() -> list[TrialRate]:
    simulated = replications(
        "trials",
        _simulate,
        REPLICATIONS,
        depends_on=as_text({"others": OTHERS, "persons": PERSONS, "dropout": DROPOUT}),
        modules=("benchmarks.trials",),
    )
    rates = [_rate(f"{name} and ipt", None, [r[name] for r in simulated]) for name in OTHERS]
    for position, cell in enumerate(CELLS):
        results = replications(
            "trials",
            partial(_draw, position),
            REPLICATIONS_OF_TABLES,
            depends_on=as_text({"truth": cell.truth, "position": position}),
            modules=("benchmarks.trials",),
        )
        rates.append(_rate(cell.truth, cell.true, results))
    return rates


def section(results: list[TrialRate]) -> list[str]:
    return [
        "## Treatment arms",
        "",
        f"What `securebase study --arm` concludes about simulated trials with a margin of {EQUIVALENT:.2f} SDs. Rows "
        f"one and two: {PERSONS} clients in each arm of the scenario `default`, simulated by the package. All others: "
        "truths that share no code with it, with ratings missing at random; *dropout by state*: in one arm persons "
        "who are worse leave, in the other those who are better. g: mean estimate by the mixed model, beside that of "
        "completers only. Repeat with `python -m benchmarks trials`.",
        "",
        *table(
            [
                "truth",
                "true g",
                "trials",
                "equivalent",
                "better or worse",
                "g",
                "completers",
                "coverage",
                "rated at end",
            ],
            [
                (
                    r.truth,
                    "–" if r.true is None else f"{r.true:.2f}",
                    f"{r.replications:,}",
                    f"{r.equivalent:.1%}",
                    f"{r.differ:.1%}",
                    f"{r.g:.3f}",
                    f"{r.completers:.3f}",
                    "–" if r.coverage is None else f"{r.coverage:.1%}",
                    f"{r.rated:.0%}",
                )
                for r in results
            ],
            "lrrrrrrrr",
        ),
        "",
    ]


def highlights(results: list[TrialRate]) -> list[str]:
    alike, waiting = results[0], results[1]
    met = "met" if alike.equivalent >= 0.8 and waiting.equivalent <= 0.05 else "**not met**"
    wrong = max(r.differ for r in results if r.true == 0.0)
    too_often = max(r.equivalent for r in results if r.true == EQUIVALENT)
    return [
        f"**Treatment arms.** Of simulated trials with 2 × {PERSONS} clients, {alike.equivalent:.1%} conclude that "
        f"another therapy is equivalent to IPT, and {waiting.equivalent:.1%} that a waiting list is; the targets, at "
        f"least 80% and at most 5%, are {met}. Without a difference, at most {wrong:.1%} state one; a difference as "
        f"large as the margin is called equivalent in at most {too_often:.1%} (target 5%, apart from chance)."
    ]


PART = Part("trials", TrialRate, measure, section, highlights=highlights)
