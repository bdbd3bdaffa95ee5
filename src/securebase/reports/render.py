"""The one template environment of all reports: HTML in one file, no network, no script."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

#: printed in place of a missing number
NOTHING = "–"


@cache
def environment() -> Environment:
    """Templates of `reports/templates`; everything is escaped, and a name that is missing is an error."""
    env = Environment(
        loader=PackageLoader("securebase.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(fixed=fixed, standard=standard, points=points, percent=percent, count=count, p=p_value)
    env.filters.update(short=short, paired=paired, with_error=with_error, words=words)
    return env


def render(template: str, **context: Any) -> str:
    """One template with its context as text."""
    return environment().get_template(template).render(**context)


def fixed(value: float | None, decimals: int = 2) -> str:
    """1234.5 → 1,234.50 with a true minus sign; an en dash where there is no number."""
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def standard(value: float | None, decimals: int = 2) -> str:
    """A standardised figure without its leading zero: −.13."""
    text = fixed(value, decimals)
    return text.replace("0.", ".", 1) if text.lstrip("−").startswith("0.") else text


def points(value: float | None, digits: int = 3) -> str:
    """A figure in the scale's own points, to three significant digits, never in powers of ten."""
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
    """A score as it was recorded, without idle zeros: 68, 3.5."""
    return NOTHING if value is None or not math.isfinite(value) else f"{value:,.6g}".replace("-", "−")


def paired(value: float | None, error: float | None) -> str:
    """An estimate to the second digit of its standard error, so that both end at the same place."""
    if error is None or not math.isfinite(error) or error <= 0:
        return points(value, 4)
    return fixed(value, min(8, max(0, 1 - math.floor(math.log10(error)))))


def with_error(value: float | None, error: float | None) -> str:
    """Estimate (standard error), both to the error's second digit."""
    if error is None or not math.isfinite(error) or error <= 0:
        return points(value, 4)
    return f"{paired(value, error)} ({points(error, 2)})"


def words(name: str) -> str:
    """A name of the code as words: social_support → social support."""
    return name.replace("_", " ")
