"""Output of commands: progress on stderr, results as tables on stdout, JSON on request."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from securebase.errors import InputError, ModelError, NoEstimateError
from securebase.model.fit import FitResult
from securebase.schema import to_plain

ShowStatus = Callable[[str], None]


@contextmanager
def status_line(*, quiet: bool = False) -> Iterator[ShowStatus]:
    """Show the current step on stderr, unless stderr is not a terminal or `quiet` is set."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    with console.status("Starting") as status:
        yield status.update


@contextmanager
def progress_bar(label: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar with the time left on stderr, unless stderr is not a terminal or `quiet` is set."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("left"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def fit_progress(show: ShowStatus) -> Callable[[int, float], None]:
    """Return a callback that shows the progress of a fit."""
    return lambda step, value: show(f"Fitting the model: iteration {step}, log-likelihood {value:,.3f}")


def write_json(value: Any, out: Path | None) -> None:
    """Write JSON to a file or to stdout. Numbers that are not finite become null."""
    write_text(json.dumps(to_plain(value), indent=2, ensure_ascii=False, allow_nan=False), out)


def write_text(text: str, out: Path | None) -> None:
    """Write text to a file or to stdout. Raises InputError if the file cannot be written."""
    if out is None:
        click.echo(text)
        return
    write_bytes((text if text.endswith("\n") else text + "\n").encode(), out)


def write_bytes(content: bytes, out: Path) -> None:
    """Write a file. Raises InputError if it cannot be written."""
    try:
        out.write_bytes(content)
    except OSError as error:
        raise InputError(
            f"cannot write the file ({error.strerror})", where=str(out), advice="Choose another file."
        ) from None


def check_graph_file(graph: Path) -> None:
    """Raise a usage error unless a drawing can be written in the format that the name of the file ends in."""
    if graph.suffix not in (".svg", ".html"):
        raise click.UsageError(f"--graph must end in .svg or .html (got “{graph.name}”).")


def print_heading(text: str) -> None:
    """Print a heading after a blank line, in bold on a terminal."""
    click.echo()
    click.secho(text, bold=sys.stdout.isatty())


def print_sentences(lines: Sequence[str], indent: str = "  ") -> None:
    """Print sentences one below the other, wrapped to the width of the terminal."""
    width = min(Console().width if sys.stdout.isatty() else 100, 100)
    for line in lines:
        click.echo(click.wrap_text(line, width, initial_indent=indent, subsequent_indent=indent + "  "))


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]], indent: str = "  ") -> None:
    """Print a table: first column left-aligned, the others right-aligned. An empty head is omitted."""
    lines = [*([list(head)] if any(head) else []), *[list(row) for row in rows]]
    widths = [max(len(row[i]) for row in lines) for i in range(len(head))]
    for row in lines:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        click.echo(indent + "  ".join(cells).rstrip())


def format_estimate(value: float, error: float | None) -> tuple[str, str]:
    """Format an estimate and its standard error, both to the second significant digit of the error."""
    if error is None or not math.isfinite(error) or error <= 0:
        return format_number(value), "–"
    decimals = min(8, max(0, 1 - math.floor(math.log10(error))))
    return use_minus_sign(f"{value:,.{decimals}f}"), f"{error:,.{decimals}f}"


def format_number(value: float | None, digits: int = 4) -> str:
    """Format a number to `digits` significant digits, never in scientific notation."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    decimals = min(8, max(0, digits - 1 - math.floor(math.log10(abs(value)))))
    return use_minus_sign(f"{value:,.{decimals}f}")


def format_value(value: float | None) -> str:
    """Format a recorded score or time without trailing zeros: 10, 3.5."""
    if value is None or not math.isfinite(value):
        return "–"
    return use_minus_sign(f"{value:,.0f}" if value == int(value) else f"{value:,.6g}")


def use_minus_sign(text: str) -> str:
    """Replace the hyphen by a minus sign, and drop it before zero."""
    bare = text.lstrip("-").replace(",", "")
    return text.removeprefix("-") if float(bare) == 0 else text.replace("-", "−")


def check_ended(fitted: FitResult, table: Path) -> None:
    """Check that a fit ended with estimates.

    Raises ModelError (exit code 2) where the table was refused before the search, and NoEstimateError (exit code 3)
    where the search ended without estimates that can be interpreted.
    """
    outcome = fitted.outcome
    if fitted.ended_regularly:
        return
    refused = outcome.kind == "not_enough_data"
    kind = ModelError if refused else NoEstimateError
    sentence = outcome.sentence if refused else f"{outcome.kind.replace('_', ' ')}. {outcome.sentence}"
    raise kind(sentence, where=table.name, advice=outcome.what_to_do)


def format_outcome(fitted: FitResult) -> list[str]:
    """Return the outcome of a fit as sentences, in capitals where it did not converge."""
    outcome = fitted.outcome
    if outcome.kind == "converged":
        return [f"Converged after {fitted.iterations} iterations: zero gradient, positive-definite Hessian."]
    return [f"{outcome.kind.replace('_', ' ').upper()}. {outcome.sentence}", outcome.what_to_do]
