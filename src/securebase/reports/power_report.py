"""The power of a planned study as one HTML file, as a table or as JSON."""

from __future__ import annotations

import json

from markupsafe import Markup

from securebase.charts import style
from securebase.charts.power_curves import Measure, power_chart
from securebase.charts.render import svg
from securebase.errors import InputError, check_class
from securebase.reports.render import render, words
from securebase.study.labels import describe_parameter
from securebase.study.power.phrases import (
    CURVE_SENTENCE,
    count_outcomes,
    effect_in_words,
    effects_in_words,
    required_clients_in_words,
    setting_in_words,
)
from securebase.study.power.plan import PowerPlan, Setting
from securebase.study.power.result import OUTCOMES, PowerResult

#: pixels of a picture: half a row of a page, or the full width of a phone
_COLUMN = 400


def as_text(result: PowerResult, kind: str) -> str:
    """Return the result as html, csv or json. Raises InputError for any other kind."""
    match kind:
        case "html":
            return power_report(result)
        case "csv":
            return result.to_csv()
        case "json":
            return json.dumps(result.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    raise InputError(f"unknown file type “{kind}”", advice="Use html, csv or json.")


def power_report(result: PowerResult) -> str:
    """Return the report of a power analysis as one HTML file.

    Parameters
    ----------
    result : PowerResult
        Result of `power`.

    Returns
    -------
    str
        The page, with curves of power, precision and bias for every setting of the plan.

    Examples
    --------
    >>> import securebase
    >>> plan = securebase.PowerPlan(clients=(50,), sessions=(8,), replications=10)
    >>> page = securebase.power_report(securebase.power(plan))
    >>> page[:15]
    '<!doctype html>'
    """
    check_class(result, PowerResult, "result", advice="Pass the result of securebase.power.")
    plan = result.plan
    return render(
        "power_report.html",
        result=result,
        plan=plan,
        truth=plan.truth,
        settings=[(s, setting_in_words(s, plan)) for s in plan.settings],
        charts={s: _charts(result, s) for s in plan.settings},
        answers=[required_clients_in_words(answer, plan) for answer in result.required_clients],
        parameters=_parameters(plan),
        ended=dict(sorted(count_outcomes(result.cells).items(), key=lambda item: OUTCOMES.index(item[0]))),
        effects=effects_in_words(plan),
        first_effect=effect_in_words(plan.effects[0]),
        curve=CURVE_SENTENCE,
        level=f"{100 * (1 - plan.alpha):g}%",
    )


def _parameters(plan: PowerPlan) -> dict[str, list[tuple[str, float]]]:
    """Return heading → labels and values of the simulated model's parameters, with the first effect of the plan."""
    specification = plan.truth.specification
    unit = specification.time_unit if specification.time_unit != "file" else "unit of time"
    labels = {name: words(name) for name in (*specification.constructs, *specification.scores)}
    truth = plan.truth.with_effect(plan.earlier, plan.later, plan.effects[0])
    parts: dict[str, list[tuple[str, float]]] = {}
    for name, value in truth.parameters.named(specification).items():
        heading, label = describe_parameter(name, labels, unit)
        parts.setdefault(heading, []).append((label, value))
    return parts


def _charts(result: PowerResult, setting: Setting) -> dict[str, Markup]:
    def draw(measure: Measure, width: int) -> Markup:
        # safe: drawn by our own renderer from numbers and escaped words
        return Markup(svg(power_chart(result, setting, measure, width=width)))  # noqa: S704

    return {
        "wide": draw("power", style.FULL_WIDTH - 260),
        "narrow": draw("power", style.PHONE_WIDTH + 20),
        "precision": draw("precision", _COLUMN),
        "bias": draw("bias", _COLUMN),
    }
