"""Calibration as one HTML file (a strip for each figure, the table, failures and reasons) or in other formats."""

from __future__ import annotations

import json

from markupsafe import Markup

from securebase.charts import style, tokens
from securebase.charts.calibration_strips import strips_chart
from securebase.charts.render import svg
from securebase.errors import InputError
from securebase.reports.render import render
from securebase.schema import to_plain
from securebase.study.calibration.designs import DESIGNS
from securebase.study.calibration.run import Calibration
from securebase.study.calibration.table import as_json, markdown, rows, summary
from securebase.study.calibration.target import Basis, TargetVerdict

#: pixels of the strips on a page and on a phone
_PAGE, _PHONE = style.FULL_WIDTH - 260, style.PHONE_WIDTH + 20
#: supported file name extensions
KINDS = (".html", ".md", ".json", ".svg")


def check_kind(kind: str, path: str) -> None:
    """Raise InputError for an unsupported file type, before the simulation starts."""
    if kind not in KINDS:
        raise InputError(f"unknown file type “{kind}”", where=path, advice=f"Use one of {', '.join(KINDS)}.")


def as_text(calibration: Calibration, kind: str, command: str, *, picture: str = "") -> str:
    """Return the calibration as .html, .md, .json or .svg. `picture`: path of the image of the strips (.md only)."""
    match kind:
        case ".html":
            return calibration_report(calibration, command)
        case ".md":
            return markdown(calibration, command, picture=picture)
        case ".json":
            return json.dumps(to_plain(as_json(calibration)), indent=2, ensure_ascii=False, allow_nan=False)
        case ".svg":
            return _standalone(svg(strips_chart(calibration, width=_PAGE)))
    raise InputError(f"unknown file type “{kind}”", advice=f"Use one of {', '.join(KINDS)}.")


def _standalone(drawing: str) -> str:
    """Return the SVG with a font and background of its own, for use outside a page."""
    return drawing.replace("<svg ", f'<svg font-family="sans-serif" style="background:{tokens.CARD}" ', 1)


def calibration_report(calibration: Calibration, command: str) -> str:
    """Return the report as HTML. `command`: the command line that produced it."""
    table_rows = rows(calibration)
    return render(
        "calibration_report.html",
        calibration=calibration,
        command=command,
        summary=summary(calibration),
        rows=table_rows,
        failed=[r for r in table_rows if r.verdict == TargetVerdict.FAILED.value],
        waiting=[r for r in table_rows if r.verdict == TargetVerdict.NOT_SIMULATED.value],
        designs=tuple(DESIGNS.values()),
        bases=tuple(Basis),
        # safe: drawn by our own renderer from numbers and escaped words
        wide=Markup(svg(strips_chart(calibration, width=_PAGE))),  # noqa: S704
        narrow=Markup(svg(strips_chart(calibration, width=_PHONE))),  # noqa: S704
    )
