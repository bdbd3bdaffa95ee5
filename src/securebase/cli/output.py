"""What a command says: progress on the side (stderr), results in calm columns, JSON where it was asked for."""

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

from securebase.errors import InputError
from securebase.model.fit import Fitted
from securebase.study.result import plain as as_plain

Tell = Callable[[str], None]


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Tell]:
    """A line on stderr that says what is being done; nothing where stderr is no terminal or `quiet` is set."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    with console.status("Starting") as status:
        yield status.update


@contextmanager
def counting(what: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr that goes from none done to all, with the time left; nothing where stderr is no terminal."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("left"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def climbing(tell: Tell) -> Callable[[int, float], None]:
    """The progress of a fit as a line."""
    return lambda step, value: tell(f"Fitting the model: step {step}, log-likelihood {value:,.3f}")


def as_json(value: Any, out: Path | None) -> None:
    """Write JSON to a file or to stdout; what is not a finite number is null."""
    deliver(json.dumps(as_plain(value), indent=2, ensure_ascii=False, allow_nan=False), out)


def deliver(text: str, out: Path | None) -> None:
    """Text to a file or to stdout. Raises InputError where the file cannot be written."""
    if out is None:
        click.echo(text)
        return
    try:
        out.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", where=str(out), advice="Name another file.") from None


def heading(text: str) -> None:
    click.echo()
    click.secho(text, bold=sys.stdout.isatty())


def sentences(lines: Sequence[str], indent: str = "  ") -> None:
    """Sentences wrapped to the width of the terminal, one below the other."""
    width = min(Console().width if sys.stdout.isatty() else 100, 100)
    for line in lines:
        click.echo(click.wrap_text(line, width, initial_indent=indent, subsequent_indent=indent + "  "))


def table(head: Sequence[str], rows: Sequence[Sequence[str]], indent: str = "  ") -> None:
    """Columns: the first to the left, the others to the right. A head of empty words is left out."""
    every = [*([list(head)] if any(head) else []), *[list(row) for row in rows]]
    widths = [max(len(row[i]) for row in every) for i in range(len(head))]
    for row in every:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        click.echo(indent + "  ".join(cells).rstrip())


def with_error(value: float, error: float | None) -> tuple[str, str]:
    """An estimate and its standard error, both to the second digit of the error."""
    if error is None or not math.isfinite(error) or error <= 0:
        return figure(value), "–"
    decimals = min(8, max(0, 1 - math.floor(math.log10(error))))
    return minus(f"{value:,.{decimals}f}"), f"{error:,.{decimals}f}"


def figure(value: float | None, digits: int = 4) -> str:
    """A number to four significant digits, never in powers of ten."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    decimals = min(8, max(0, digits - 1 - math.floor(math.log10(abs(value)))))
    return minus(f"{value:,.{decimals}f}")


def plain(value: float | None) -> str:
    """A score or a time as it was recorded, without idle zeros: 10, 3.5."""
    if value is None or not math.isfinite(value):
        return "–"
    return minus(f"{value:,.0f}" if value == int(value) else f"{value:,.6g}")


def minus(text: str) -> str:
    """A true minus sign, and none before zero."""
    bare = text.lstrip("-").replace(",", "")
    return text.removeprefix("-") if float(bare) == 0 else text.replace("-", "−")


def how_it_ended(fitted: Fitted) -> list[str]:
    """How a fit ended, in sentences; loud where it is anything but converged."""
    said = fitted.outcome
    if said.kind == "converged":
        return [f"Converged after {fitted.iterations} steps: flat gradient, positive-definite Hessian."]
    return [f"{said.kind.replace('_', ' ').upper()}. {said.sentence}", said.what_to_do]
