"""Normal quantile-quantile plot of standardised residuals."""

from __future__ import annotations

from statistics import NormalDist

import altair as alt

from securebase.charts import style, tokens
from securebase.study.result import StudyResult

#: residuals drawn, evenly over the ranks, and the number of extreme residuals always drawn at both ends
MAX_POINTS, _ENDS = 200, 10


@style.skip_validation
def quantiles_chart(result: StudyResult, construct: str, *, width: int = style.HALF_WIDTH) -> alt.LayerChart:
    """Return the plot; points above the line at the right end are larger residuals than a normal distribution has."""
    residuals = sorted(r.value for r in result.trajectories.residuals.get(construct, ()))
    n, normal = len(residuals), NormalDist()
    step = max(1, n // MAX_POINTS)
    ranks = [i for i in range(n) if i % step == 0 or i < _ENDS or i >= n - _ENDS]
    rows = [{"expected": normal.inv_cdf((i + 0.5) / n), "value": residuals[i]} for i in ranks]
    reach = max([3.0, *(abs(v) for row in rows for v in row.values())])
    x = alt.X("expected:Q", axis=alt.Axis(title="normal quantile", grid=False, tickCount=6))
    y = alt.Y("value:Q", axis=alt.Axis(title=None, tickCount=6), scale=alt.Scale(domain=[-reach, reach]))
    ends = [{"expected": -3.2, "value": -3.2}, {"expected": 3.2, "value": 3.2}]
    chart = style.layer(
        style.table(ends).mark_line(color=tokens.LINE, strokeWidth=2, clip=True).encode(x=x, y=y),
        style.table(rows)
        .mark_circle(size=14, opacity=0.55, color=style.CONSTRUCT_COLOURS["alliance"])
        .encode(x=x, y=y),
        width=width,
        height=int(width * 0.6),
    )
    label = result.request.label(construct)
    beyond = sum(abs(v) > 3.0 for v in residuals) / n if n else 0.0
    return style.apply_theme(
        chart,
        label=f"Residual quantiles of {label}",
        description=f"{n} residuals of {label} against normal quantiles; {beyond:.1%} lie beyond 3, 0.3% are expected.",
    )
