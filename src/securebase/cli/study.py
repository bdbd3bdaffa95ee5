"""`securebase study TABLE`: analysis and report of a table of therapy sessions."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import click
import numpy as np

from securebase.cli.options import TableOptions, add_table_options, read_table
from securebase.cli.output import (
    format_number,
    print_heading,
    print_sentences,
    print_table,
    status_line,
    write_json,
    write_text,
)
from securebase.cli.study_questions import QuestionOptions, add_question_options, build_questions
from securebase.reports.study_report import study_report
from securebase.study.design_phrases import estimate_in_words, occasion_in_words
from securebase.study.design_verdict import DesignVerdict
from securebase.study.estimator import LagEstimate
from securebase.study.labels import describe_trend
from securebase.study.parts import NotFitted
from securebase.study.phrases import number, p_value
from securebase.study.questions.answers import columns_of
from securebase.study.questions.arms import ArmsAnswer
from securebase.study.reciprocal import LagFinding
from securebase.study.result import StudyResult
from securebase.study.study import OCCASIONS, study
from securebase.study.trial.effect_rows import format_effects
from securebase.study.verdict import Verdict
from securebase.study.verdict_phrases import RUNG_LABELS, detrended_label, detrended_legend, identified_by


@click.command("study")
@add_table_options
@add_question_options
@click.option(
    "--moderator",
    metavar="COL",
    multiple=True,
    help="Column that may moderate the lagged effect of each process on the outcome; repeatable.",
)
@click.option("--curvature", is_flag=True, help="Test whether the lagged effect of each process is nonlinear.")
@click.option(
    "--rivals",
    metavar="COL COL",
    nargs=2,
    help="Compare two processes: which precedes more improvement in the outcome and in all other processes.",
)
@click.option(
    "--assigned",
    metavar="COL",
    multiple=True,
    help="Column that was assigned by chance (prompts, doses, an arm), as numbers; repeatable.",
)
@click.option(
    "--occasion",
    type=click.Choice(OCCASIONS),
    default="session",
    show_default=True,
    help="What a row of the table stands for. Only sessions have columns measured before and after them.",
)
@click.option("--json", "json_wanted", is_flag=True, help="Print all results as JSON.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to this HTML file.")
def command(
    options: TableOptions,
    asked: QuestionOptions,
    *,
    moderator: tuple[str, ...],
    curvature: bool,
    rivals: tuple[str, str] | None,
    assigned: tuple[str, ...],
    occasion: str,
    json_wanted: bool,
    out: Path | None,
) -> None:
    """Analyse TABLE: which of two columns tends to come first, variance, lags in both directions, and fitted models.

    Each ordered pair of a process and the outcome gets one verdict: refused, together, leads, contradicted or
    inconclusive. No verdict states a cause.
    """
    if occasion != "session" and (options.asked_before or options.asked_after):
        raise click.UsageError("--asked-before and --asked-after need --occasion session.")
    questions = build_questions(asked, options)
    with status_line(quiet=json_wanted) as show:
        show("Reading the table")
        result = study(
            read_table(options, (*moderator, *assigned, *columns_of(questions)), arm=asked.arm),
            trend=options.trend_form,
            start=options.initial_state,
            processes=options.process,
            moderators=moderator,
            curvature=curvature,
            rivals=rivals or (),
            assigned=assigned,
            questions=questions,
            occasion=occasion,
            progress=show,
            rng=np.random.default_rng(1),
        )
        if asked.effects:
            arms = [answer for answer in result.answers if isinstance(answer, ArmsAnswer)]
            write_text(
                format_effects(options.table.stem, [e for answer in arms for e in answer.effects]), asked.effects
            )
        if out:
            show("Writing the report")
            write_text(study_report(result), out)
    if json_wanted:
        write_json(result.to_json(), None)
    else:
        _print(result)
        if out:
            click.echo(f"\nWrote {out}.")


def _verdict_row(verdict: Verdict, result: StudyResult) -> tuple[str, ...]:
    """Return the table row of one ordered pair."""
    name = f"{result.request.label(verdict.earlier)} → {result.request.label(verdict.later)}"
    interval = f" ({number(verdict.interval[0])} to {number(verdict.interval[1])})" if verdict.interval else ""
    estimate = "–" if verdict.estimate is None else f"{number(verdict.estimate)}{interval}"
    p, adjusted = _p(verdict.p), _p(verdict.p_adjusted)
    detrended = detrended_label(verdict) or "–"
    return name, RUNG_LABELS[verdict.rung], estimate, p, adjusted, identified_by(verdict), detrended


def _p(p: float | None) -> str:
    return "–" if p is None else p_value(p).removeprefix("p ").removeprefix("= ")


def _lag_row(lag: LagFinding, result: StudyResult) -> tuple[str, str, str, str]:
    """Return the table row of one lag: standardised estimate (SE) for each adjustment."""
    step = lag.link.step.describe(result.request.occasion)
    name = f"{result.request.label(lag.link.earlier)} → {result.request.label(lag.link.later)}, {step}"
    estimates = (lag.main.centred, lag.main.detrended, lag.time_adjusted.detrended)
    first, second, third = (_figures(lag) for lag in estimates)
    return name, first, second, third


def _figures(lag: LagEstimate | None) -> str:
    return f"{number(lag.estimate)} ({number(lag.standard_error, 3)})" if lag else "–"


def _print_verdicts(result: StudyResult) -> None:
    """Print the verdict of each ordered pair, then the sentences."""
    print_heading("Which column tends to come first?")
    print_sentences([detrended_legend(result.request.occasion)])
    print_table(
        ("", "", "estimate (95% interval)", "p", "corrected", "persons that identify it", "when detrended"),
        [_verdict_row(verdict, result) for verdict in result.verdicts],
    )
    for words in dict.fromkeys((*result.findings_in_words, result.settle_in_words)):
        if words:
            click.echo()
            print_sentences([words])


def _print_designs(result: StudyResult) -> None:
    """Print the verdict of each pair in a design that settles an order, then the sentences."""
    print_heading("Designs that settle an order")
    print_table(
        ("", "", "", "estimate (95% interval)", "p", "corrected"),
        [_design_row(verdict, result) for verdict in result.designs],
    )
    for words in dict.fromkeys(result.designs_in_words):
        click.echo()
        print_sentences([words])


def _design_row(verdict: DesignVerdict, result: StudyResult) -> tuple[str, ...]:
    """Return the table row of one ordered pair in a design."""
    name = f"{result.request.label(verdict.earlier)} → {result.request.label(verdict.later)}"
    p, adjusted = _p(verdict.p), _p(verdict.p_adjusted)
    return name, occasion_in_words(verdict), RUNG_LABELS[verdict.rung], estimate_in_words(verdict), p, adjusted


def _print_lags(result: StudyResult) -> None:
    """Print the lags, and indented below each its sensitivity analyses and the fitted models."""
    print_heading("Lags, standardised (SE): within-person centred, detrended, adjusted for the common time course")
    print_table(("", "centred", "detrended", "+ common course"), [_lag_row(lag, result) for lag in result.lags])
    details = (result.figures_in_words, result.model_in_words, result.alternatives_in_words)
    for lag, *figures in zip(result.lags, *details, strict=True):
        click.echo()
        print_sentences([_lag_row(lag, result)[0]])
        print_sentences([" ".join(part for part in figures if part)], indent="    ")


def _print_answers(result: StudyResult, *, on_first_page: bool) -> None:
    """Print the answers to further questions with their tables."""
    labels = result.request.labels
    shown = [answer for answer in result.answers if answer.on_first_page == on_first_page]
    for heading, answers in groupby(shown, key=lambda answer: answer.heading):
        print_heading(heading)
        for answer in answers:
            click.echo()
            print_sentences([answer.sentences(labels)])
            figures = answer.figure_sentences(labels)
            print_sentences([figures] if figures else [], indent="    ")
            for table in answer.tables(labels):
                click.echo()
                print_sentences([table.caption])
                print_table(table.columns, table.rows)


def _print(result: StudyResult) -> None:
    print_heading("Data")
    if result.import_report:
        print_sentences(result.import_report.sentences())
    _print_answers(result, on_first_page=True)
    if result.designs:
        _print_designs(result)
    if result.verdicts:
        _print_verdicts(result)
        _print_lags(result)
    if result.moderation:
        print_heading("Moderation and nonlinearity")
        for words, figures in zip(result.moderation_in_words, result.moderation_figures_in_words, strict=True):
            click.echo()
            print_sentences([words])
            print_sentences([figures] if figures else [], indent="    ")
    if result.rivals:
        print_heading("Rivals")
        for words, figures in zip(result.rivals_in_words, result.rivals_figures_in_words, strict=True):
            click.echo()
            print_sentences([words])
            print_sentences([figures] if figures else [], indent="    ")
    _print_answers(result, on_first_page=False)
    print_heading("Fitted model")
    for model in result.models:
        name = describe_trend(model.trend).capitalize()
        if isinstance(model, NotFitted):
            print_sentences([f"{name} could not be fitted. {model.reason}"])
        else:
            ended = model.outcome.replace("_", " ")
            advice = "" if model.converged else f" {model.sentence} {model.what_to_do}"
            print_sentences([f"{name}: {ended}, log-likelihood {format_number(model.log_likelihood, 8)}.{advice}"])
    if result.checks:
        print_heading("Model checks")
        print_sentences(result.checks.summary)
    print_heading("What this design can and cannot answer")
    for heading, sentences in (("It can answer:", result.scope.can), ("It cannot answer:", result.scope.cannot)):
        print_sentences([heading])
        print_sentences(sentences, indent="    ")
    print_heading("Limitations")
    print_sentences(result.limits)
