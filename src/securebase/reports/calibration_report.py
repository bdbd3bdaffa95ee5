"""A calibration as one HTML file (a strip for each figure, the table, what fails and why), and in other forms."""

from __future__ import annotations

import json

from markupsafe import Markup

from securebase.charts import style
from securebase.charts.calibration_strips import strips_chart
from securebase.charts.render import svg
from securebase.errors import InputError
from securebase.reports.render import render
from securebase.study.calibration.designs import DESIGNS
from securebase.study.calibration.run import Calibration
from securebase.study.calibration.table import as_json, markdown, rows, summary
from securebase.study.calibration.target import Basis, TargetVerdict
from securebase.study.result import plain

#: pixels of the strips on a page and on a phone
_PAGE, _PHONE = style.WHOLE - 260, style.PHONE + 20


#: endings of files that a calibration can be written to
KINDS = (".html", ".md", ".json", ".svg")


def check_kind(kind: str, where: str) -> None:
    """Raises InputError for a file that a calibration cannot be written to, before anything is simulated."""
    if kind not in KINDS:
        raise InputError(f"there is no “{kind}” of a calibration", where=where, advice=f"Known are {', '.join(KINDS)}.")


def as_text(made: Calibration, kind: str, command: str, *, picture: str = "") -> str:
    """The calibration as .html, .md, .json or .svg. `picture`: where the table (.md) finds the strips, if anywhere."""
    match kind:
        case ".html":
            return calibration_report(made, command)
        case ".md":
            return markdown(made, command, picture=picture)
        case ".json":
            return json.dumps(plain(as_json(made)), indent=2, ensure_ascii=False, allow_nan=False)
        case ".svg":
            return _alone(svg(strips_chart(made, width=_PAGE)))
    raise InputError(f"there is no “{kind}” of a calibration", advice=f"Known are {', '.join(KINDS)}.")


def _alone(drawn: str) -> str:
    """A picture that no page lends its font and its paper to."""
    return drawn.replace("<svg ", '<svg font-family="sans-serif" style="background:#ffffff" ', 1)


def calibration_report(made: Calibration, command: str) -> str:
    """The whole report as HTML text. `command`: what was typed to make it."""
    every = rows(made)
    return render(
        "calibration_report.html",
        made=made,
        command=command,
        summary=summary(made),
        rows=every,
        failed=[r for r in every if r.verdict == TargetVerdict.FAILED.value],
        waiting=[r for r in every if r.verdict == TargetVerdict.NOT_SIMULATED.value],
        designs=tuple(DESIGNS.values()),
        bases=tuple(Basis),
        # made by our own renderer from numbers and escaped words
        wide=Markup(svg(strips_chart(made, width=_PAGE))),  # noqa: S704
        narrow=Markup(svg(strips_chart(made, width=_PHONE))),  # noqa: S704
    )
