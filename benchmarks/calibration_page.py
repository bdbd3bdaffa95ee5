"""Coverage that the calibration page shows for simulated clinics, beside the true one in a large independent sample.

The true coverage is that of the forecasts that client pages make. In one world they come from the model that drew the
scores, in the others they do not. It is counted from panels and their filter, without a record and the page's own code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.page import Part, table
from benchmarks.stored import as_text, replications
from securebase.model.panel import Panel
from securebase.model.simulate import simulate_panel
from securebase.model.track import track
from securebase.picture import calibration_phrases
from securebase.picture.calibration import ClinicShare, clinic_share
from securebase.picture.fingerprints import default_parameter_set
from securebase.picture.series import DEFAULT_MEASURES, HALF_50, HALF_90
from securebase.picture.verification import Tally, Verification, verify_course
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord, TherapySessionRecord
from securebase.records.vocabulary import Moment

Scores = NDArray[np.float64]
CLINICS, CLIENTS, TRUE_CLIENTS, CHUNK = 40, 100, 2000, 100
#: sessions held in a course of 16, at least and at most
HELD, PLANNED = (10, 16), 16
#: complete sessions from which a client page forecasts
GATE = 6
#: points by which the coverage of a clinic may miss the true one, and share of the clinics that have to keep to it
POINTS, KEPT = 5.0, 0.95
#: symptoms on the PHQ-9, which ends at 0 and 27; the other scales end at 0 and 10
MEASURES = {**DEFAULT_MEASURES, "symptoms": ("phq9", "total")}
ENDS, SYMPTOM_ENDS = (0.0, 10.0), (0.0, 27.0)
LEVELS = {Verification.IN_50: HALF_50, Verification.IN_90: HALF_90}


def _heavier_noise(symptoms: Scores, rng: np.random.Generator) -> Scores:
    """Add error with 3 degrees of freedom, SD 3: more and heavier than the questionnaire's reliability says."""
    return symptoms + 3.0 / np.sqrt(3) * rng.standard_t(3, len(symptoms))


def _late_rise(symptoms: Scores, rng: np.random.Generator) -> Scores:
    """Let symptoms of half of the clients rise by 1.5 points a session from session 7 on: a trend the model lacks."""
    return symptoms + (rng.random() < 0.5) * 1.5 * np.clip(np.arange(len(symptoms)) - 5, 0, None)


def _jumps(symptoms: Scores, rng: np.random.Generator) -> Scores:
    """Move symptoms for good by 7 points, up or down, in one session of ten."""
    steps = (rng.random(len(symptoms)) < 0.1) * rng.choice([-7.0, 7.0], len(symptoms))
    return symptoms + np.cumsum(steps)


WORLDS: Mapping[str, Callable[[Scores, np.random.Generator], Scores]] = {
    "the model itself": lambda symptoms, _: symptoms,
    "heavier noise than assumed": _heavier_noise,
    "a late rise in half of the clients": _late_rise,
    "sudden jumps": _jumps,
}


@dataclass(frozen=True, slots=True)
class CalibrationResult:
    """One world: by level the true coverage, and that of each clinic with its interval; the pages' verdicts, counted.

    unbounded: true coverage if scales had no ends, of the first world only.
    """

    world: str
    clients: int
    true_clients: int
    true: dict[str, float]
    clinics: dict[str, list[list[float]]]
    verdicts: dict[str, int]
    unbounded: dict[str, float] | None


def draw_panels(world: str, clients: int, rng: np.random.Generator, *, ends: bool = True) -> Iterator[Panel]:
    """Yield clients with weekly sessions and complete scores, which end where their scales end if `ends`."""
    known = default_parameter_set()
    parameters = known.in_score_units(MEASURES)
    for _ in range(clients):
        times = np.arange(rng.integers(HELD[0], HELD[1] + 1), dtype=np.float64)
        panel = simulate_panel(known.specification, parameters, [times], rng)
        scores, k = panel.scores.copy(), panel.constructs.index("symptoms")
        scores[:, k] = WORLDS[world](scores[:, k], rng)
        if ends:
            symptoms, scores = scores[:, k], np.clip(scores, *ENDS)
            scores[:, k] = np.clip(symptoms, *SYMPTOM_ENDS)
        yield replace(panel, scores=scores)


def as_record(panel: Panel) -> EpisodeRecord:
    """Return the record of one client, as the workbench would have it."""
    forms = []
    for row, time in enumerate(panel.times):
        for name in ("phq9", "session_before", "session_after"):
            moment = Moment.AFTER if name == "session_after" else Moment.BEFORE
            at = panel.days_per_unit * float(time) + (0.04 if moment is Moment.AFTER else -0.04)
            scores = tuple(
                ScoreRecord(construct, float(value), at, moment, row + 1, name, scale)
                for construct, value in zip(panel.constructs, panel.scores[row], strict=True)
                for form, scale in (MEASURES[construct],)
                if form == name
            )
            forms.append(AdministrationRecord(name, at, moment, row + 1, scores=scores))
    sessions = tuple(TherapySessionRecord(n, panel.days_per_unit * float(t)) for n, t in enumerate(panel.times, 1))
    return EpisodeRecord(
        "client", tuple(forms), sessions, planned_sessions=PLANNED, symptom_measure=MEASURES["symptoms"]
    )


def clinic_coverage(records: list[EpisodeRecord]) -> dict[Verification, ClinicShare]:
    """Return the coverage as the page of the clinic shows it."""
    parameters = default_parameter_set()
    tallies = [verify_course(r, as_of=r.last_at + 1.0, parameter_set=parameters) for r in records]
    return {what: clinic_share(t.get(what, Tally(0, 0)) for t in tallies) for what in LEVELS}


def true_hits(world: str, clients: int, rng: np.random.Generator, *, ends: bool = True) -> dict[str, int]:
    """Count forecasts of independent clients, and those that held, from the filter of each panel."""
    known = default_parameter_set()
    parameters = known.in_score_units(MEASURES)
    hits = {"forecasts": 0, **{what.value: 0 for what in LEVELS}}
    for panel in draw_panels(world, clients, rng, ends=ends):
        course = track(panel, known.specification, parameters)
        k = panel.constructs.index("symptoms")
        mean, sd, value = (a[GATE:, k] for a in (course.predicted, course.predicted_sd, panel.scores))
        hits["forecasts"] += len(value)
        for what, half in LEVELS.items():
            low, high = (mean + sign * half * sd for sign in (-1, 1))
            if ends:
                low, high = np.clip(low, *SYMPTOM_ENDS), np.clip(high, *SYMPTOM_ENDS)
            hits[what.value] += int(((low <= value) & (value <= high)).sum())
    return hits


def one_clinic(world: str, replication: int) -> dict[str, Any]:
    """Return what the page shows for one clinic: coverage with interval, and the verdict."""
    rng = np.random.default_rng([replication, list(WORLDS).index(world), 1])
    shares = clinic_coverage([as_record(panel) for panel in draw_panels(world, CLIENTS, rng)])
    coverage = {what.value: [shares[what].value, shares[what].low, shares[what].high] for what in LEVELS}
    return {**coverage, "verdict": calibration_phrases.verdict(shares[Verification.IN_90])}


def some_truth(world: str, chunk: int, *, ends: bool = True) -> dict[str, int]:
    """Count CHUNK independent clients."""
    return true_hits(world, CHUNK, np.random.default_rng([chunk, list(WORLDS).index(world), 2]), ends=ends)


def measure() -> list[CalibrationResult]:
    return [_measure_world(world) for world in WORLDS]


def _measure_world(world: str) -> CalibrationResult:
    def run(name: str, work: Callable[[str, int], dict[str, Any]], times: int) -> list[dict[str, Any]]:
        return replications(
            f"calibration_{name}",
            partial(work, world),
            times,
            depends_on=as_text({"world": world}),
            modules=("benchmarks.calibration_page",),
        )

    chunks = TRUE_CLIENTS // CHUNK
    clinics = run("clinics", one_clinic, CLINICS)
    verdicts = [clinic["verdict"] for clinic in clinics]
    without_ends = run("unbounded", partial(some_truth, ends=False), chunks) if world == next(iter(WORLDS)) else []
    return CalibrationResult(
        world,
        CLIENTS,
        TRUE_CLIENTS,
        _shares(run("truth", some_truth, chunks)),
        {what.value: [clinic[what.value] for clinic in clinics] for what in LEVELS},
        {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
        _shares(without_ends) if without_ends else None,
    )


def _shares(chunks: list[dict[str, int]]) -> dict[str, float]:
    forecasts = sum(chunk["forecasts"] for chunk in chunks)
    return {what.value: sum(chunk[what.value] for chunk in chunks) / forecasts for what in LEVELS}


def share_within(result: CalibrationResult) -> float:
    """Return the share of clinics whose coverage at both levels is within POINTS of the true one."""
    misses = [
        [100 * abs(value - result.true[level]) for value, _, _ in clinics] for level, clinics in result.clinics.items()
    ]
    return float(np.mean([max(pair) <= POINTS for pair in zip(*misses, strict=True)]))


def section(results: list[CalibrationResult]) -> list[str]:
    first = results[0]
    nominal = " and ".join(f"{share:.1%}" for share in (first.unbounded or {}).values())
    return [
        "## Calibration of a clinic",
        "",
        f"The [calibration page](how-to/check-the-calibration.md) of {len(first.clinics['in_50'])} simulated clinics "
        f"of {first.clients} clients in each world. True: share of forecasts that hold in {first.true_clients:,} "
        "independent clients of the same world, counted from the filter of their scores without the page’s code. "
        "Shown: mean over the clinics, and the largest distance of a clinic from the true share. Covered: 95% "
        "intervals that contain the true share. The last columns are the clinics whose page calls forecasts too "
        "certain, or too cautious. Courses have 10 to 16 weekly sessions. Noise is heavier by an SD of 3 points (t "
        "with 3 degrees of freedom); the late rise is 1.5 points a session from session 7 on; a jump moves symptoms "
        "by 7 points in one session of ten. The PHQ-9 is bounded at 0 and 27, where scores vary less than the model "
        f"assumes; without bounds, forecasts of the first world hold in {nominal}.",
        "",
        *table(
            [
                "world",
                *(f"{n}: {name}" for n in ("50%", "90%") for name in ("true", "shown (largest miss)", "covered")),
                f"within {POINTS:g} points",
                "too certain",
                "too cautious",
            ],
            [(r.world, *_cells(r), f"{share_within(r):.0%}", *_verdicts(r)) for r in results],
            "l",
        ),
        "",
    ]


def _cells(result: CalibrationResult) -> Iterator[str]:
    for level, clinics in result.clinics.items():
        value, low, high = np.array(clinics).T
        true = result.true[level]
        yield f"{true:.1%}"
        yield f"{value.mean():.1%} ({100 * np.abs(value - true).max():.1f} points)"
        yield f"{np.mean((low <= true) & (true <= high)):.0%}"


def _verdicts(result: CalibrationResult) -> tuple[str, str]:
    n = sum(result.verdicts.values())
    certain, cautious = (
        sum(times for verdict, times in result.verdicts.items() if word in verdict) for word in ("certain", "cautious")
    )
    return f"{certain} of {n}", f"{cautious} of {n}"


def highlights(results: list[CalibrationResult]) -> list[str]:
    worst = min(share_within(r) for r in results)
    return [
        f"**Calibration of a clinic.** In each world, {worst:.0%} or more of the clinics of {results[0].clients} "
        f"clients show a coverage within {POINTS:g} points of the true one; the target is {KEPT:.0%}: "
        f"{'met' if worst >= KEPT else '**not met**'}."
    ]


PART = Part("calibration_page", CalibrationResult, measure, section, highlights=highlights)
