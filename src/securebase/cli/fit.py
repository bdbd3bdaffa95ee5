"""`securebase fit TABLE`: maximum likelihood estimates of the model with standard errors."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Literal

import click
import numpy as np
from click.core import ParameterSource

from securebase.cli.fit_edges import fit_edges
from securebase.cli.fit_json import fit_summary
from securebase.cli.options import TableOptions, add_model_options, add_table_options, read_table
from securebase.cli.output import (
    check_ended,
    fit_progress,
    format_estimate,
    format_number,
    format_outcome,
    print_heading,
    print_sentences,
    print_table,
    status_line,
    use_minus_sign,
    write_json,
)
from securebase.model.discrete_time import (
    DiscreteTimeFit,
    DiscreteTimeModel,
    discrete_time_specification,
    fit_discrete_time,
)
from securebase.model.fit import Comparison, Fit, FitResult, fit, prior_from_set, with_robust_errors
from securebase.model.fit.comparison import compare_or_explain, special_case
from securebase.model.observations import panel
from securebase.model.specification import Start, Trend
from securebase.records.cohort import Cohort
from securebase.study.check_results import ModelChecks
from securebase.study.checks import check_fit
from securebase.study.clinic_sets import named_set
from securebase.study.labels import describe_specification, group_by_part
from securebase.study.models import specification_for

CONTINUOUS = "continuous-time"


@click.command("fit")
@partial(add_table_options, outcome_required=False)
@add_model_options
@click.option(
    "--edges",
    metavar="A→B,B→C",
    help="Estimate only these effects between constructs of the theory, in a model that also has their mediators and "
    "confounders. Columns come from the data dictionary beside TABLE, or from --outcome and --process.",
)
@click.option(
    "--model",
    type=click.Choice([CONTINUOUS, *(m.value for m in DiscreteTimeModel)]),
    default=CONTINUOUS,
    show_default=True,
    help="Continuous-time model, or a discrete-time panel model: RI-CLPM, CLPM or multilevel VAR.",
)
@click.option(
    "--equal",
    type=click.Choice(["lags", "residuals", "means"]),
    multiple=True,
    help="Constrain these parameters to be equal across waves; repeatable (discrete-time models).",
)
@click.option(
    "--information",
    type=click.Choice(["observed", "expected"]),
    default="observed",
    show_default=True,
    help="Information matrix for standard errors (discrete-time models).",
)
@click.option(
    "--reliability",
    metavar="COL=VALUE",
    multiple=True,
    help="Reliability of a score, as a weak prior on its measurement error; repeatable.",
)
@click.option("--prior", metavar="SET", help="Shrink estimates towards a parameter set (its id, or a file).")
@click.option("--prior-strength", type=float, default=1.0, show_default=True, help="Weight of the --prior.")
@click.option(
    "--starts", type=click.IntRange(1, 100), default=1, show_default=True, help="Number of start values (multistart)."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of --starts and --checks.")
@click.option("--robust", "robust_wanted", is_flag=True, help="Sandwich standard errors, robust against non-normality.")
@click.option(
    "--compare-with",
    type=click.Choice([Trend.NONE.value, Start.STATIONARY.value]),
    help="Likelihood-ratio test against the nested model without a trend, or with a stationary start.",
)
@click.option(
    "--checks",
    "checks_wanted",
    is_flag=True,
    help="Check the model: residuals, and data compared with 100 simulated tables.",
)
@click.option("--json", "json_wanted", is_flag=True, help="Print everything as JSON.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the JSON to a file.")
def command(
    options: TableOptions,
    *,
    random_slopes: bool,
    free_start_mean: bool,
    edges: str | None,
    model: str,
    equal: tuple[str, ...],
    information: Literal["observed", "expected"],
    reliability: tuple[str, ...],
    prior: str | None,
    prior_strength: float,
    starts: int,
    seed: int,
    robust_wanted: bool,
    compare_with: str | None,
    checks_wanted: bool,
    json_wanted: bool,
    out: Path | None,
) -> None:
    """Fit the model to TABLE and print estimates with standard errors. It needs --outcome or --edges.

    A fit that does not end regularly prints its reason, no estimates, and ends with exit code 3.

    Estimates are on the natural scale, per unit of time: drift[a,b] is the effect of b on the rate of change of a. In
    a discrete-time model, lags[a 3,b 2] is the effect of b at wave 2 on a at wave 3.
    """
    if edges is not None:
        fit_edges(options, edges, json_wanted=json_wanted, out=out)
        return
    if not options.outcome:
        raise click.MissingParameter(param_hint="'--outcome'", param_type="option")
    _check_options_of_model(model)
    if robust_wanted and prior:
        raise click.UsageError("--robust cannot be combined with --prior: it needs a maximum likelihood fit.")
    if compare_with and prior:
        raise click.UsageError(
            "--compare-with cannot be combined with --prior: the test needs maximum likelihood fits."
        )
    _check_dependent_options(prior=prior, starts=starts, run_checks=checks_wanted)
    fitted: Fit | DiscreteTimeFit
    model_checks: ModelChecks | None = None
    comparison: Comparison | str | None = None
    with status_line(quiet=json_wanted) as show:
        show("Reading the table")
        cohort = read_table(options)
        rows = panel(cohort)
        if model == CONTINUOUS:
            specification = specification_for(
                rows,
                options.trend_form,
                options.initial_state,
                random_slopes=random_slopes,
                free_start_mean=free_start_mean,
            )
            fitted = fit(
                rows,
                specification,
                progress=fit_progress(show),
                reliability=_numbers(reliability),
                starts=starts,
                rng=np.random.default_rng(seed),
                prior=prior_from_set(rows, specification, named_set(prior), prior_strength) if prior else None,
            )
            if compare_with:
                show("Fitting the nested model")
                nested = fit(
                    rows,
                    special_case(specification, compare_with),
                    reliability=_numbers(reliability),
                    starts=starts,
                    rng=np.random.default_rng(seed),
                )
                comparison = compare_or_explain(nested, fitted)
            if robust_wanted and fitted.outcome.kind in ("converged", "boundary"):
                show("Computing robust standard errors")
                fitted = with_robust_errors(fitted, rows)
            if checks_wanted and fitted.ended_regularly:
                show("Simulating tables from the model")
                model_checks = check_fit(fitted, rows, np.random.default_rng(seed))
        else:
            waves = discrete_time_specification(
                rows,
                model,
                equal_lags="lags" in equal,
                equal_residuals="residuals" in equal,
                equal_means="means" in equal,
            )
            fitted = fit_discrete_time(rows, waves, information=information, progress=fit_progress(show))
    file = out if fitted.ended_regularly else None
    if json_wanted or file:
        parameters = _estimates(fitted) if fitted.ended_regularly else {}
        content = {**fit_summary(fitted, cohort), "parameters": parameters}
        plain_checks = model_checks.to_json() if model_checks else None
        optional = {"comparison": (compare_with, comparison), "checks": (checks_wanted, plain_checks)}
        write_json(content | {name: value for name, (requested, value) in optional.items() if requested}, file)
    check_ended(fitted, options.table)
    if not json_wanted:
        _print(fitted, cohort)
        if comparison:
            print_heading(f"Likelihood-ratio test against the nested model “{compare_with}”")
            print_sentences([comparison if isinstance(comparison, str) else comparison.sentence])
        if model_checks:
            _print_checks(model_checks)
        if out:
            click.echo(f"\nWrote {out}.")


def _check_dependent_options(*, prior: str | None, starts: int, run_checks: bool) -> None:
    """Check that options which modify another option come with it. Raises a usage error otherwise."""
    source = click.get_current_context().get_parameter_source
    if source("prior_strength") is ParameterSource.COMMANDLINE and not prior:
        raise click.UsageError("--prior-strength needs --prior.")
    if source("seed") is ParameterSource.COMMANDLINE and starts == 1 and not run_checks:
        raise click.UsageError("--seed needs --starts or --checks.")


def _check_options_of_model(model: str) -> None:
    """Check that every option given applies to the model. Raises a usage error otherwise."""
    context = click.get_current_context()
    discrete_only = ("equal", "information")
    continuous_only = (
        "trend",
        "start",
        "random_slopes",
        "free_start_mean",
        "indicator",
        "covariate",
        "therapist",
        "input",
        "reliability",
        "prior",
        "prior_strength",
        "starts",
        "seed",
        "compare_with",
        "robust_wanted",
        "checks_wanted",
    )
    for name in discrete_only if model == CONTINUOUS else continuous_only:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            kind = "discrete-time models" if model == CONTINUOUS else "the continuous-time model"
            option = name.removesuffix("_wanted").replace("_", "-")
            raise click.UsageError(f"--{option} applies to {kind} only, not to --model {model}.")
    if model == DiscreteTimeModel.VAR and context.get_parameter_source("equal") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--equal does not apply to --model var, whose parameters are all equal across waves.")


def _numbers(pairs: tuple[str, ...]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for pair in pairs:
        name, _, value = pair.rpartition("=")
        try:
            numbers[name] = float(value)
        except ValueError:
            raise click.UsageError(f"--reliability must have the form COL=VALUE (got “{pair}”).") from None
    return numbers


def _estimates(fitted: FitResult) -> dict[str, Any]:
    estimates: dict[str, Any] = {}
    shares = fitted.data_share if isinstance(fitted, Fit) else {}
    for name, e in fitted.estimates.items():
        lower, upper = fitted.interval(name) or (None, None)
        estimates[name] = {"estimate": e.value, "standard_error": e.standard_error, "lower": lower, "upper": upper}
        if shares:
            estimates[name]["from_data"] = shares.get(name)
    return estimates


def _print(fitted: Fit | DiscreteTimeFit, cohort: Cohort) -> None:
    if fitted.instability:
        print_heading("Unstable")
        print_sentences([fitted.instability])
    if cohort.import_report:
        print_heading("Data")
        print_sentences(cohort.import_report.sentences())
    print_heading(f"Model: {_model_name(fitted)}")
    print_sentences(format_outcome(fitted))
    print_sentences(fitted.notes)
    print_sentences(
        [
            f"Log-likelihood {format_number(fitted.log_likelihood, 10)} with {fitted.n_parameters} parameters, "
            f"{fitted.n_persons:,} persons, {fitted.n_observations:,} values; {fitted.kernel} kernel, "
            f"{fitted.seconds:.2f}\u00a0s.",
            *(
                []
                if fitted.aic is None
                else [f"AIC {format_number(fitted.aic, 7)}, BIC {format_number(fitted.bic, 7)} (n = persons)."]
            ),
        ]
    )
    unit = fitted.specification.time_unit if isinstance(fitted, Fit) else "wave"
    print_heading(f"Estimates, natural scale, per {unit if unit != 'file' else 'unit of time in the file'}")
    shares = fitted.data_share if isinstance(fitted, Fit) else {}
    head = ("", "estimate", "robust SE" if fitted.standard_error_method == "robust" else "SE", "95% from", "to")
    for part, names in group_by_part(fitted):
        if part:
            click.echo()
            print_sentences([part])
        rows = [
            (
                name,
                *format_estimate(fitted.estimates[name].value, fitted.estimates[name].standard_error),
                *_interval(fitted, name),
                *([_share(shares.get(name))] if shares else []),
            )
            for name in names
        ]
        print_table((*head, "from data") if shares else head, rows, indent="    ")


def _interval(fitted: FitResult, name: str) -> tuple[str, str]:
    """Format both ends of the interval with the decimals of the estimate."""
    ends, error = fitted.interval(name), fitted.estimates[name].standard_error
    return ("–", "–") if ends is None else (format_estimate(ends[0], error)[0], format_estimate(ends[1], error)[0])


def _print_checks(result: ModelChecks) -> None:
    print_heading(f"Model checks ({result.replicates} simulated tables)")
    print_sentences(result.summary)
    print_heading("Standardised one-step-ahead residuals")
    head = ("", "n", "mean", "SD", "autocorrelation", "skewness", "excess kurtosis", "beyond 3")
    rows = [
        (
            r.score,
            f"{r.n:,}",
            *(use_minus_sign(f"{v:.2f}") for v in (r.mean, r.sd)),
            format_number(r.autocorrelation, 2),
            *(use_minus_sign(f"{v:.2f}") for v in (r.skewness, r.kurtosis)),
            f"{r.beyond:.1%}",
        )
        for r in result.residuals
    ]
    print_table(head, rows)
    print_heading("Statistics of the data compared with simulated tables")
    print_table(
        ("", "data", "median", "95% interval", ""),
        [
            (
                r.statistic,
                format_number(r.observed, 3),
                format_number(r.median, 3),
                f"{format_number(r.lower, 3)} to {format_number(r.upper, 3)}",
                "" if r.is_reproduced else "not reproduced",
            )
            for r in result.predictive
        ],
    )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _model_name(fitted: Fit | DiscreteTimeFit) -> str:
    if isinstance(fitted, Fit):
        return describe_specification(fitted.specification)
    spec = fitted.specification
    return (
        f"waves {spec.first_wave} to {spec.first_wave + spec.waves - 1}, "
        f"{'with' if spec.levels else 'without'} random intercepts, "
        f"lags {spec.lags}, residuals {spec.residuals}, means {spec.means}, start {spec.start}"
    )
