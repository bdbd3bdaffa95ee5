"""`securebase fit TABLE`: estimates of the model with standard errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click
import numpy as np
from click.core import ParameterSource

from securebase.cli.fit_json import described
from securebase.cli.options import TableOptions, cohort_of, model_options, table_options
from securebase.cli.output import (
    as_json,
    climbing,
    figure,
    heading,
    how_it_ended,
    minus,
    progress,
    sentences,
    table,
    with_error,
)
from securebase.model.discrete_time import WaveFit, WaveModel, fit_waves, wave_specification
from securebase.model.fit import Comparison, Fit, Fitted, fit, robust, towards_set
from securebase.model.fit.comparison import compared_or_why_not, special_case
from securebase.model.observations import panel
from securebase.model.parameters import Start, Trend
from securebase.records.cohort import Cohort
from securebase.study.checks import Checks, checks
from securebase.study.clinic_sets import named_set
from securebase.study.labels import by_part, in_words
from securebase.study.models import specification_for

CONTINUOUS = "continuous-time"


@click.command("fit")
@table_options
@model_options
@click.option(
    "--model",
    type=click.Choice([CONTINUOUS, *(m.value for m in WaveModel)]),
    default=CONTINUOUS,
    show_default=True,
    help="Continuous time, or a model that counts waves: random-intercept cross-lagged, cross-lagged, multilevel VAR.",
)
@click.option(
    "--equal",
    type=click.Choice(["lags", "residuals", "means"]),
    multiple=True,
    help="Hold this equal over waves; may be given again (models of waves).",
)
@click.option(
    "--information",
    type=click.Choice(["observed", "expected"]),
    default="observed",
    show_default=True,
    help="Where standard errors come from (models of waves).",
)
@click.option("--reliability", metavar="COL=VALUE", multiple=True, help="Reliability of a score, as a weak prior.")
@click.option("--towards", metavar="SET", help="Draw the estimates towards a parameter set (its id, or a file).")
@click.option("--strength", type=float, default=1.0, show_default=True, help="How strongly --towards pulls.")
@click.option("--starts", type=click.IntRange(1, 100), default=1, show_default=True, help="Climb from so many places.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of further starts.")
@click.option("--robust", "robust_wanted", is_flag=True, help="Standard errors that hold where scores are not normal.")
@click.option(
    "--against",
    type=click.Choice([Trend.NONE.value, Start.STATIONARY.value]),
    help="Test the model against its special case without a trend, or with a stationary start.",
)
@click.option("--checks", "checks_wanted", is_flag=True, help="Say what the model does not reproduce.")
@click.option("--json", "json_wanted", is_flag=True, help="Print everything as JSON.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the JSON to a file.")
def command(
    options: TableOptions,
    *,
    own_change: bool,
    start_deviation: bool,
    model: str,
    equal: tuple[str, ...],
    information: Literal["observed", "expected"],
    reliability: tuple[str, ...],
    towards: str | None,
    strength: float,
    starts: int,
    seed: int,
    robust_wanted: bool,
    against: str | None,
    checks_wanted: bool,
    json_wanted: bool,
    out: Path | None,
) -> None:
    """Fit the model to TABLE and print its estimates with standard errors.

    Estimates are on the natural scale, per unit of time: drift[a,b] is the push of b on a. In a model of waves
    lags[a 3,b 2] leads from b at wave 2 to a at wave 3.
    """
    _belong_together(model)
    if robust_wanted and towards:
        raise click.UsageError("--robust is of a fit to the data alone; leave it or --towards out.")
    if against and towards:
        raise click.UsageError("--against compares fits to the data alone; leave it or --towards out.")
    _of_some_use(towards=towards, starts=starts, checked=checks_wanted)
    fitted: Fit | WaveFit
    checked: Checks | None = None
    compared: Comparison | str | None = None
    with progress(quiet=json_wanted) as tell:
        tell("Reading the table")
        cohort = cohort_of(options)
        rows = panel(cohort)
        if model == CONTINUOUS:
            specification = specification_for(
                rows,
                options.reading_of_trend,
                options.start_of_state,
                random_slopes=own_change,
                free_start_mean=start_deviation,
            )
            fitted = fit(
                rows,
                specification,
                progress=climbing(tell),
                reliability=_numbers(reliability),
                starts=starts,
                rng=np.random.default_rng(seed),
                towards=towards_set(rows, specification, named_set(towards), strength) if towards else None,
            )
            if against:
                tell("Fitting the special case")
                smaller = fit(
                    rows,
                    special_case(specification, against),
                    reliability=_numbers(reliability),
                    starts=starts,
                    rng=np.random.default_rng(seed),
                )
                compared = compared_or_why_not(smaller, fitted)
            if robust_wanted and fitted.outcome.kind in ("converged", "boundary"):
                tell("Computing robust standard errors")
                fitted = robust(fitted, rows)
            if checks_wanted and fitted.outcome.kind in ("converged", "boundary", "regularised"):
                tell("Simulating tables from the model")
                checked = checks(fitted, rows, np.random.default_rng(seed))
        else:
            waves = wave_specification(
                rows,
                model,
                equal_lags="lags" in equal,
                equal_residuals="residuals" in equal,
                equal_means="means" in equal,
            )
            fitted = fit_waves(rows, waves, information=information, progress=climbing(tell))
    if json_wanted or out:
        found = {"parameters": _estimates(fitted), **described(fitted, cohort)}
        asked = {"comparison": (against, compared), "checks": (checks_wanted, checked)}
        as_json(found | {name: value for name, (wanted, value) in asked.items() if wanted}, out)
    if not json_wanted:
        _print(fitted, cohort)
        if compared:
            heading(f"Against the special case “{against}”")
            sentences([compared if isinstance(compared, str) else compared.sentence])
        if checked:
            _print_checks(checked)
        if out:
            click.echo(f"\nWritten to {out}.")


def _of_some_use(*, towards: str | None, starts: int, checked: bool) -> None:
    """Raises a usage error for an option that says how to do what was not asked for."""
    given = click.get_current_context().get_parameter_source
    if given("strength") is ParameterSource.COMMANDLINE and not towards:
        raise click.UsageError("--strength says how strongly --towards pulls; name a set with --towards.")
    if given("seed") is ParameterSource.COMMANDLINE and starts == 1 and not checked:
        raise click.UsageError("--seed is of further starts and of checks; ask for them with --starts or --checks.")


def _belong_together(model: str) -> None:
    """Raises a usage error where an option was given that the model has no use for."""
    context = click.get_current_context()
    of_waves = ("equal", "information")
    of_time = (
        "trend",
        "start",
        "own_change",
        "start_deviation",
        "indicator",
        "covariate",
        "therapist",
        "input",
        "reliability",
        "towards",
        "strength",
        "starts",
        "seed",
        "against",
        "robust_wanted",
        "checks_wanted",
    )
    for name in of_waves if model == CONTINUOUS else of_time:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            kind = "counts waves" if model == CONTINUOUS else "is in continuous time"
            shown = name.removesuffix("_wanted").replace("_", "-")
            raise click.UsageError(f"--{shown} belongs to a model that {kind}, not to --model {model}.")
    if model == WaveModel.VAR and context.get_parameter_source("equal") is ParameterSource.COMMANDLINE:
        raise click.UsageError("In the VAR everything is equal over waves, so --equal says nothing more.")


def _numbers(pairs: tuple[str, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    for pair in pairs:
        name, _, value = pair.rpartition("=")
        try:
            found[name] = float(value)
        except ValueError:
            raise click.UsageError(f"--reliability wants COL=VALUE, not “{pair}”.") from None
    return found


def _estimates(fitted: Fitted) -> dict[str, Any]:
    found: dict[str, Any] = {}
    shares = fitted.from_data if isinstance(fitted, Fit) else {}
    for name, e in fitted.estimates.items():
        lower, upper = fitted.interval(name) or (None, None)
        found[name] = {"estimate": e.value, "standard_error": e.standard_error, "lower": lower, "upper": upper}
        if shares:
            found[name]["from_data"] = shares.get(name)
    return found


def _print(fitted: Fit | WaveFit, cohort: Cohort) -> None:
    if cohort.reading:
        heading("Data")
        sentences(cohort.reading.sentences())
    heading(f"Model: {_named(fitted)}")
    sentences(how_it_ended(fitted))
    sentences(fitted.notes)
    if fitted.log_likelihood is None:
        return
    sentences(
        [
            f"Log-likelihood {figure(fitted.log_likelihood, 10)} with {fitted.n_parameters} parameters, "
            f"{fitted.n_persons:,} persons, {fitted.n_observations:,} values; {fitted.kernel} kernel, "
            f"{fitted.seconds:.2f}\u00a0s.",
            *(
                []
                if fitted.aic is None
                else [f"AIC {figure(fitted.aic, 7)}, BIC {figure(fitted.bic, 7)} (n = persons)."]
            ),
        ]
    )
    unit = fitted.specification.time_unit if isinstance(fitted, Fit) else "wave"
    heading(f"Estimates, natural scale, per {unit if unit != 'file' else 'unit of time in the file'}")
    shares = fitted.from_data if isinstance(fitted, Fit) else {}
    head = ("", "estimate", "robust SE" if fitted.errors == "robust" else "SE", "95% from", "to")
    for what, names in by_part(fitted):
        if what:
            click.echo()
            sentences([what])
        rows = [
            (
                name,
                *with_error(fitted.estimates[name].value, fitted.estimates[name].standard_error),
                *_interval(fitted, name),
                *([_share(shares.get(name))] if shares else []),
            )
            for name in names
        ]
        table((*head, "from data") if shares else head, rows, indent="    ")


def _interval(fitted: Fitted, name: str) -> tuple[str, str]:
    """Both ends of the interval, as fine as the estimate."""
    ends, error = fitted.interval(name), fitted.estimates[name].standard_error
    return ("–", "–") if ends is None else (with_error(ends[0], error)[0], with_error(ends[1], error)[0])


def _print_checks(found: Checks) -> None:
    heading(f"What the model does not reproduce ({found.replicates} simulated tables)")
    sentences(found.summary)
    heading("Residuals, one step ahead, in units of their predicted spread")
    head = ("", "n", "mean", "SD", "autocorrelation", "skewness", "excess kurtosis", "beyond 3")
    rows = [
        (
            r.score,
            f"{r.n:,}",
            *(minus(f"{v:.2f}") for v in (r.mean, r.sd)),
            figure(r.autocorrelation, 2),
            *(minus(f"{v:.2f}") for v in (r.skewness, r.kurtosis)),
            f"{r.beyond:.1%}",
        )
        for r in found.residuals
    ]
    table(head, rows)
    heading("Figures of the data beside simulated tables")
    table(
        ("", "data", "middle", "95 of 100", ""),
        [
            (
                r.what,
                figure(r.observed, 3),
                figure(r.middle, 3),
                f"{figure(r.lower, 3)} to {figure(r.upper, 3)}",
                "" if r.is_reproduced else "not reproduced",
            )
            for r in found.reproduced
        ],
    )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _named(fitted: Fit | WaveFit) -> str:
    if isinstance(fitted, Fit):
        return in_words(fitted.specification)
    of = fitted.specification
    return (
        f"waves {of.first_wave} to {of.first_wave + of.waves - 1}, {'with' if of.levels else 'without'} usual levels, "
        f"lags {of.lags}, residuals {of.residuals}, means {of.means}, start {of.start}"
    )
