"""Output of `securebase fit --edges`: effects of the edges of a question, and the model chosen for them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from securebase.cli.options import TableOptions, check_output_file, read_table
from securebase.cli.output import (
    check_ended,
    format_outcome,
    print_heading,
    print_sentences,
    print_table,
    status_line,
    write_json,
)
from securebase.errors import InputError, NoEstimateError
from securebase.measurement.constructs import construct
from securebase.model.observations import panel
from securebase.model.theory import EdgeLocation, TheoryEdge, theory
from securebase.schema import plain_fields
from securebase.study.edges.joint import JointFit, Measures, fit_question, label, measures_of, measures_of_table
from securebase.study.edges.question import (
    ChosenConstruct,
    ConstructRole,
    Edge,
    choose_constructs,
    lagged_edges,
    parse_edges,
)
from securebase.study.edges.reading import read_edge_table
from securebase.study.phrases import number
from securebase.study.study import versions
from securebase.study.table import session_table

#: options of `fit` that go with --edges; the table options among them name the columns of a table without a dictionary
_APPLICABLE = frozenset(
    {
        *("table", "edges", "person", "time", "outcome", "process", "time_unit", "map", "layout", "missing", "decimal"),
        *("date_order", "asked_before", "asked_after", "json_wanted", "out"),
    }
)
_LEGEND = (
    "Every figure is the association of one construct with the change of another, given the other constructs in "
    "this model, and no verdict on cause. Effects that are not listed are held at zero."
)
_PRIOR = "Persistence, variances and measurement error have priors; effects have none (decision 28)."


def fit_edges(options: TableOptions, text: str, *, json_wanted: bool, out: Path | None) -> None:
    """Fit the model that a question about edges needs; print its effects, or write them as JSON."""
    _check_applicable()
    asked = parse_edges(text)
    with status_line(quiet=json_wanted) as show:
        show("Reading the table")
        measures = _measures(options, asked)
        for end in dict.fromkeys(end for edge in asked for end in edge):
            if end not in measures.columns:
                raise InputError(
                    f"“{end}” cannot be an end of an edge: {measures.unusable[end].removesuffix('.')}",
                    where=options.table.name,
                    advice="Ask about constructs that the table measures often enough.",
                )
        question = choose_constructs(asked, measures.columns)
        show(f"Fitting {len(question.constructs)} constructs")
        result = fit_question(question, measures)
    if json_wanted or out:
        write_json(_as_plain(result, measures, options.table.name), out if result.effects else None)
    if not json_wanted:
        _print(result, measures)
        if out and result.effects:
            click.echo(f"\nWrote {out}.")
    if result.fit is not None:
        check_ended(result.fit, options.table)
    if not result.effects:
        raise NoEstimateError(
            "none of these edges has an estimate", where=options.table.name, advice=_first_reason(result)
        )


def _check_applicable() -> None:
    """Check that no option was given that --edges decides itself. Raises a usage error otherwise."""
    context = click.get_current_context()
    for parameter in context.command.params:
        name = str(parameter.name)
        if name not in _APPLICABLE and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{parameter.opts[0]} cannot be combined with --edges, which chooses the model.")


def _measures(options: TableOptions, asked: Iterable[Edge]) -> Measures:
    """Return the columns of the constructs that the options name or, without an outcome, the data dictionary."""
    if options.outcome:
        cohort = read_table(options)
        rows = session_table(cohort, panel(cohort))
        return _with_ends(measures_of(rows, {name: name for name in rows.values}, cohort.days_per_unit), asked)
    check_output_file(options.table)
    ends = [TheoryEdge("asked", a, b, (), "?", EdgeLocation.STUDY, "asked") for a, b in asked]
    for edge in ends:
        construct(edge.from_construct), construct(edge.to_construct)
    edges = (*ends, *lagged_edges())
    constructs = dict.fromkeys(end for edge in edges for end in edge.ends)
    return measures_of_table(read_edge_table(options.table, edges), constructs)


def _with_ends(measures: Measures, asked: Iterable[Edge]) -> Measures:
    """Return the measures with a reason for every end that no option names. Raises InputError if it is unknown."""
    ends = {end for edge in asked for end in edge} - {*measures.columns, *measures.unusable}
    absent = {end: f"no column is named for {construct(end).label}; add --process {end}." for end in ends}
    return Measures(measures.rows, measures.columns, {**measures.unusable, **absent}, measures.days_per_unit)


def _print(result: JointFit, measures: Measures) -> None:
    fitted, question = result.fit, result.question
    print_heading("Fit")
    if result.first:
        print_sentences([f"From these data alone: {result.first}"])
    if fitted is not None:
        if fitted.instability:
            print_sentences([fitted.instability])
        # the effects have no prior, so the advice against testing a regularised estimate does not apply to them
        print_sentences([format_outcome(fitted)[0], _PRIOR] if fitted.is_regularised else format_outcome(fitted))
        print_sentences(
            [
                f"{fitted.n_parameters} parameters, {fitted.n_persons:,} persons, {fitted.n_observations:,} values; "
                f"random slopes for every construct."
            ]
        )
    if result.effects:
        print_heading("Effects: SDs of the state after one week, per SD")
        signs = _signs()
        rows = [
            (
                f"{_arrow(edge)} ({signs[edge] if edge in signs else _other_place(edge)})",
                f"{number(e.estimate)} ({number(e.interval[0])} to {number(e.interval[1])})",
                "" if e.shift is None else f"{number(e.shift)} SE with the prior",
            )
            for edge, e in result.effects.items()
        ]
        shown = 3 if any(row[2] for row in rows) else 2
        print_table(("", "estimate (95% interval)", "")[:shown], [row[:shown] for row in rows])
    if result.reasons:
        print_heading("No estimate")
        print_sentences([f"{_arrow(edge)}. {reason}" for edge, reason in result.reasons.items()])
    print_heading(f"Constructs in the model: {len(question.constructs)}")
    width = max(len(label(c.name)) for c in question.constructs)
    print_sentences([f"{label(c.name).ljust(width)}  {_why(c)}" for c in question.constructs])
    further = [edge for edge in question.effects if edge not in question.asked]
    print_heading(f"Other effects in the model: {len(further)}")
    print_sentences(["; ".join(map(_arrow, further)) or "none"])
    if question.omitted:
        print_heading("Edges of the theory into these ends that are not in the model")
        print_sentences([f"{reason}: {'; '.join(edges)}" for reason, edges in _omitted(result, measures).items()])
    click.echo()
    print_sentences([_LEGEND], indent="")


def _signs() -> dict[Edge, str]:
    return {(e.from_construct, e.to_construct): e.sign.replace("-", "−") for e in lagged_edges()}


def _arrow(path: Iterable[str]) -> str:
    return " → ".join(map(label, path))


def _other_place(edge: Edge) -> str:
    """Return where the theory has an edge that no drift represents; most are differences between persons."""
    known = any((e.from_construct, e.to_construct) == edge for e in theory().edges)
    return "in the theory, but not within persons over weeks" if known else "not in the theory"


def _why(chosen: ChosenConstruct) -> str:
    match chosen.role:
        case ConstructRole.END:
            return "end"
        case ConstructRole.CONFOUNDER:
            return f"confounder of {_arrow(chosen.path)}"
        case ConstructRole.ON_PATH:
            return f"on the path {_arrow(chosen.path)}"


def _omitted(result: JointFit, measures: Measures) -> dict[str, list[str]]:
    """Return the edges left out by reason; the reason why a column of the table is not usable is its own."""
    groups: dict[str, list[str]] = {}
    for edge, omission in result.question.omitted:
        detail = measures.unusable.get(edge[0], "").partition(". ")[0].removesuffix(".")
        groups.setdefault(str(omission), []).append(f"{_arrow(edge)} [{detail}]" if detail else _arrow(edge))
    return groups


def _first_reason(result: JointFit) -> str:
    return next(iter(result.reasons.values()), "")


def _as_plain(result: JointFit, measures: Measures, table: str) -> dict[str, Any]:
    fitted, question, signs = result.fit, result.question, _signs()
    effects = {
        edge: {**plain_fields(e, "estimate", "standard_error", "shift"), "lower": e.interval[0], "upper": e.interval[1]}
        for edge, e in result.effects.items()
    }
    return {
        "format": "securebase-edge-fit",
        "version": 1,
        "table": table,
        "outcome_of_fit": fitted.outcome.kind if fitted else None,
        "advice": f"{fitted.outcome.sentence} {fitted.outcome.what_to_do}".strip() if fitted else "",
        "instability": (fitted.instability if fitted else "") or None,
        "without_priors": result.first or None,
        **(plain_fields(fitted, "n_parameters", "n_persons", "n_observations", "held", "notes") if fitted else {}),
        "edges": [
            {"from": edge[0], "to": edge[1], "sign": signs.get(edge), "effect": effects.get(edge)}
            | {"reason": result.reasons.get(edge)}
            for edge in question.asked
        ],
        "constructs": [
            {"name": c.name, "column": result.columns[c.name], "role": c.role.value, "path": c.path}
            for c in question.constructs
        ],
        "effects": [{"from": a, "to": b} for a, b in question.effects],
        "omitted": [
            {"from": a, "to": b, "reason": str(omission), "detail": measures.unusable.get(a)}
            for (a, b), omission in question.omitted
        ],
        "versions": versions(),
    }
