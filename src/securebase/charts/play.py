"""Simulated courses under a choice beside the ordinary ones: mean and 80% band of a construct over the sessions."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

import altair as alt
import numpy as np

from securebase.charts import style, tokens
from securebase.measurement.constructs import construct as construct_of
from securebase.model.simulate.play import Play, PlayedCourses, Stressor
from securebase.picture import play_phrases as words

#: pixels of one panel; it serves a phone and a third of a page
SIZE = (340, 210)
_CHOSEN, _ORDINARY = "this choice", "ordinary course"
#: colour and dashes of each line
_LOOKS = {_CHOSEN: (tokens.ACCENT, [1, 0]), _ORDINARY: (tokens.SOFT, [5, 4])}
#: characters of a line of notes above three panels
_LINE = 140
_TICKS = [1, 4, 8, 12, 16]
_KEY = alt.Legend(title=None, orient="bottom", direction="horizontal", symbolSize=500, columnPadding=24)


def value_range(courses: Play, constructs: Sequence[str]) -> tuple[float, float]:
    """Return one range of values for several panels, so that their distances can be compared."""
    columns = [courses.index(name) for name in constructs]
    both = (courses.chosen, courses.ordinary)
    low = min(float(played.lower[:, columns].min()) for played in both)
    high = max(float(played.upper[:, columns].max()) for played in both)
    return float(np.floor(2 * low) / 2), float(np.ceil(2 * high) / 2)


@style.skip_validation
def play_chart(courses: Play, construct: str, *, values: tuple[float, float]) -> alt.LayerChart:
    """Return the panel of one construct: a solid line with a tinted band, and the ordinary course dashed on grey."""
    return style.apply_theme(
        _panel(courses, construct, values).properties(
            width=SIZE[0], height=SIZE[1], autosize=alt.AutoSizeParams(type="fit", contains="padding")
        ),
        label=construct_of(construct).label,
        description=words.difference_sentence(courses, construct),
    )


@style.skip_validation
def play_charts(
    courses: Play, constructs: Sequence[str], *, columns: int, notes: Sequence[str] = ()
) -> alt.ConcatChart:
    """Return the panels of several constructs as one drawing with a key. notes: sentences above them."""
    values = value_range(courses, constructs)
    panels = [
        _panel(courses, name, values, key=not n).properties(
            title=construct_of(name).label, width=SIZE[0] - 60, height=SIZE[1] - 60
        )
        for n, name in enumerate(constructs)
    ]
    return style.apply_theme(
        alt.concat(*panels, columns=columns, spacing=24, **_title(notes)),
        label=f"{words.MARK} {words.choice_words(courses.choice, courses.n)}.",
        description=" ".join(words.difference_sentence(courses, name) for name in constructs),
    )


def _title(notes: Sequence[str]) -> dict[str, alt.TitleParams]:
    lines = [line for note in notes for line in wrap(note, _LINE)]
    return {"title": alt.TitleParams(lines, anchor="start", fontWeight="normal", offset=16)} if lines else {}


def _panel(courses: Play, construct: str, values: tuple[float, float], *, key: bool = False) -> alt.LayerChart:
    column = courses.index(construct)
    chosen, ordinary = (_rows(played, column) for played in (courses.chosen, courses.ordinary))
    x = alt.X(
        "session:Q",
        axis=alt.Axis(title="session", grid=False, values=_TICKS),
        scale=alt.Scale(domain=[1, courses.sessions], nice=False),
    )
    scale = alt.Scale(domain=list(values), nice=False)
    y = alt.Y("mean:Q", axis=alt.Axis(title=None, tickCount=5), scale=scale)
    band = {"x": x, "y": alt.Y("lower:Q", scale=scale, title=None), "y2": alt.Y2("upper:Q")}
    drawn = {_ORDINARY: ordinary} if courses.choice.is_ordinary else {_CHOSEN: chosen, _ORDINARY: ordinary}
    looks = [_LOOKS[name] for name in drawn]
    scales = [alt.Scale(domain=list(drawn), range=[look[k] for look in looks]) for k in (0, 1)]
    legend = _KEY if key else None
    lines = [{**row, "course": name} for name, rows in drawn.items() for row in rows]
    layers = [style.table(ordinary).mark_area(color=tokens.BAND).encode(**band)]
    if not courses.choice.is_ordinary:
        layers.append(style.table(chosen).mark_area(color=tokens.ACCENT, opacity=0.22).encode(**band))
    layers.append(
        style.table(lines)
        .mark_line(strokeWidth=2.4)
        .encode(
            x=x,
            y=y,
            color=alt.Color("course:N", scale=scales[0], legend=legend),
            strokeDash=alt.StrokeDash("course:N", scale=scales[1], legend=legend),
        )
    )
    if courses.choice.stressor is not Stressor.NONE:
        event = {"session": courses.choice.at, "name": words.STRESSORS[courses.choice.stressor].lower()}
        late = courses.choice.at > courses.sessions / 2
        layers += [
            style.table([event]).mark_rule(color=tokens.SOFT, strokeWidth=1).encode(x=x),
            style.table([event])
            .mark_text(align="right" if late else "left", dx=-5 if late else 5, dy=8, color=tokens.SOFT)
            .encode(x=x, y=alt.value(0), text=alt.Text("name:N")),
        ]
    return style.layer(*layers, fitted=False)


def _rows(played: PlayedCourses, column: int) -> list[dict[str, float]]:
    return [
        {"session": n, "mean": float(mean), "lower": float(lower), "upper": float(upper)}
        for n, (mean, lower, upper) in enumerate(
            zip(played.mean[:, column], played.lower[:, column], played.upper[:, column], strict=True), start=1
        )
    ]
