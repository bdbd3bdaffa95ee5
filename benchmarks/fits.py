"""Time of a whole fit with standard errors, and its log-likelihood compared with a recorded maximum."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks import reference
from benchmarks.cohorts import panel, specification
from benchmarks.page import Part, PerformanceTarget, seconds, table
from benchmarks.timing import minimum_seconds
from securebase.model.fit import fit
from securebase.model.panel import Panel
from securebase.model.specification import Specification, Start, Trend

#: log-likelihood of ctsim_p2_N200_T12.csv, maximised independently with the dense normal density; relative tolerance
BEST, NEAR = -5492.164065121, 1e-8


@dataclass(frozen=True, slots=True)
class Fitted:
    """One fit with standard errors, from the default start values.

    apart: relative difference of the log-likelihood from the recorded maximum, None without one. mark: seconds
    allowed, 0 without a target.
    """

    label: str
    constructs: int
    rows: int
    persons: int
    start: str
    missing: float
    parameters: int
    seconds: float
    runs: int
    outcome: str
    log_likelihood: float
    apart: float | None
    mark: float
    recorded_times: str


def fits() -> list[Fitted]:
    recorded, second = reference.RECORDED["ctsem"], reference.RECORDED["OpenMx"]
    results = []
    public_data = reference.panel("ctsim_p2_N200_T12.csv", "id", "time", ("Y1", "Y2"), ("file", 1.0))
    if public_data is not None:
        model = Specification(("Y1", "Y2"), Trend.NONE, Start.FREE, time_unit="file", days_per_unit=1.0)
        recorded_times = f"ctsem {recorded:g} s, OpenMx {second:g} s"
        results.append(_time_fit("ctsim_p2_N200_T12.csv", public_data, model, 9, 0.03, recorded_times, best=BEST))
    recorded = reference.RECORDED["ctsem, 6 constructs"]
    for label, p, persons, rows, start, missing, runs, mark, recorded_times in (
        ("", 2, 200, 12, Start.FREE, 0.1, 9, 0.0, ""),
        ("", 2, 200, 10, Start.STATIONARY, 0.0, 9, 0.0, ""),
        ("", 6, 200, 12, Start.FREE, 0.1, 5, 0.5, f"ctsem {recorded:g} s; OpenMx more than an hour"),
        ("", 6, 1000, 16, Start.STATIONARY, 0.1, 3, 0.0, ""),
        ("", 6, 10_000, 12, Start.FREE, 0.1, 1, 20.0, ""),
    ):
        data = panel(p, persons, rows, irregular=True, missing=missing, seed=2)
        results.append(_time_fit(label or "simulated", data, specification(p, start=start), runs, mark, recorded_times))
    return results


def _time_fit(
    label: str,
    data: Panel,
    model: Specification,
    runs: int,
    mark: float,
    recorded_times: str,
    best: float | None = None,
) -> Fitted:
    result = fit(data, model)
    seconds_per_fit = minimum_seconds(lambda: fit(data, model), runs)
    assert result.log_likelihood is not None
    observed = data.n_observations / (len(data.times) * model.p)
    return Fitted(
        label=label,
        constructs=model.p,
        rows=round(len(data.times) / data.n_persons),
        persons=data.n_persons,
        start=model.start.value,
        missing=1.0 - observed,
        parameters=result.n_parameters,
        seconds=seconds_per_fit,
        runs=runs,
        outcome=result.outcome.kind,
        log_likelihood=result.log_likelihood,
        apart=None if best is None else (best - result.log_likelihood) / abs(best),
        mark=mark,
        recorded_times=recorded_times,
    )


def section(results: list[Fitted]) -> list[str]:
    lines = [
        "## One fit with standard errors",
        "",
        "Irregular gaps, default start values, processor time on one core, minimum of several fits.",
        "",
        *table(
            ["data", "constructs", "rows", "persons", "start", "missing", "parameters", "seconds", "fits", "outcome"],
            [
                (
                    f.label,
                    f.constructs,
                    f.rows,
                    f"{f.persons:,}",
                    f.start,
                    f"{f.missing:.0%}",
                    f.parameters,
                    f"{f.seconds:.3f}",
                    f.runs,
                    f.outcome.replace("_", " "),
                )
                for f in results
            ],
            "lrrrlrrrrl",
        ),
        "",
    ]
    for f in results:
        if f.apart is not None:
            lines += [
                f"On `{f.label}` the log-likelihood is {f.log_likelihood:.9f}. Its relative difference from an "
                f"independent maximum of the dense normal density is {abs(f.apart):.0e}.",
                "",
            ]
    return lines


def performance_targets(results: list[Fitted]) -> list[PerformanceTarget]:
    targets = []
    if not any(f.apart is not None for f in results):
        reason = "not measured: SECUREBASE_REFERENCE is not set"
        targets.append(
            PerformanceTarget("fit with standard errors, ctsim_p2_N200_T12.csv", "at most 30 ms", reason, None)
        )
    for f in results:
        if not f.mark:
            continue
        target, measured, ratio = f"at most {seconds(f.mark)}", seconds(f.seconds), f.seconds / f.mark
        if f.apart is not None:
            target += f", log-likelihood {BEST} within {NEAR:g}"
            measured += f", relative difference {abs(f.apart):.0e}"
            if f.apart > NEAR:
                ratio = max(ratio, f.apart / NEAR)
        if f.outcome != "converged":
            measured += f", outcome {f.outcome}"
        targets.append(
            PerformanceTarget(
                f"fit with standard errors, {f.constructs} constructs, {f.persons:,} clients, {f.rows} rows, "
                f"{f.parameters} parameters",
                target,
                measured,
                ratio,
                f.recorded_times,
            )
        )
    return targets


def highlights(results: list[Fitted]) -> list[str]:
    compared = [f for f in results if f.apart is not None]
    if not compared:
        return []
    first, recorded = compared[0], reference.RECORDED["ctsem"]
    return [
        f"**Compared with ctsem**, recorded on an idle core for the same file: {recorded / first.seconds:.0f} times as "
        f"fast ({recorded:g} s, here {seconds(first.seconds)}); relative difference of the log-likelihood from that of "
        f"the dense normal density {abs(first.apart or 0):.0e}."
    ]


PART = Part("fits", Fitted, fits, section, performance_targets, highlights)
