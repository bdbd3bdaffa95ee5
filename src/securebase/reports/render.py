"""Template environment of all HTML reports: one file each, without network or script."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from securebase.charts.tokens import light_sheet

#: printed in place of a missing number
NOTHING = "–"


@cache
def environment() -> Environment:
    """Return the environment of `reports/templates`; everything is escaped, and a missing name is an error."""
    env = Environment(
        loader=PackageLoader("securebase.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(fixed=fixed, standard=standard, points=points, percent=percent, count=count, p=p_value)
    env.globals.update(tokens=Markup(light_sheet()))  # noqa: S704 (read from tokens.toml)
    env.filters.update(short=short, paired=paired, with_error=with_error, words=words)
    return env


def render(template: str, **context: Any) -> str:
    """Return a template rendered with its context."""
    return environment().get_template(template).render(**context)


def fixed(value: float | None, decimals: int = 2) -> str:
    """Return a number with fixed decimals (1,234.50) and a true minus sign; an en dash if missing."""
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def standard(value: float | None, decimals: int = 2) -> str:
    """Return a standardised figure without its leading zero: −.13."""
    text = fixed(value, decimals)
    return text.replace("0.", ".", 1) if text.lstrip("−").startswith("0.") else text


def points(value: float | None, digits: int = 3) -> str:
    """Return a figure in points of its scale to three significant digits, never in powers of ten."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    decimals = min(8, max(0, digits - 1 - math.floor(math.log10(abs(value)))))
    return fixed(value, decimals)


def percent(value: float | None) -> str:
    return NOTHING if value is None or not math.isfinite(value) else f"{value:.0%}"


def count(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}"


def p_value(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return NOTHING
    return "< .001" if value < 0.001 else standard(value, 3)


def short(value: float | None) -> str:
    """Return a score as it was recorded, without trailing zeros: 68, 3.5."""
    return NOTHING if value is None or not math.isfinite(value) else f"{value:,.6g}".replace("-", "−")


def paired(value: float | None, error: float | None) -> str:
    """Return an estimate rounded at the second significant digit of its standard error."""
    if error is None or not math.isfinite(error) or error <= 0:
        return points(value, 4)
    return fixed(value, min(8, max(0, 1 - math.floor(math.log10(error)))))


def with_error(value: float | None, error: float | None) -> str:
    """Return “estimate (standard error)”, both rounded at the second significant digit of the error."""
    if error is None or not math.isfinite(error) or error <= 0:
        return points(value, 4)
    return f"{paired(value, error)} ({points(error, 2)})"


def words(name: str) -> str:
    """Return an identifier as words: social_support → social support."""
    return name.replace("_", " ")
