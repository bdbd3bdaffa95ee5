"""Common style of all charts: widths, theme, and one colour for each construct everywhere."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, Self, TypeVar

import altair as alt
from altair.utils import schemapi

from securebase.charts.tokens import INK, LIGHT, LINE, OTHER, PROCESSING, SKILLS, SOFT, STRESS, SUPPORT

#: One colour for each construct; a test measures that readers with colour vision deficiency can distinguish them.
CONSTRUCT_COLOURS = {
    "symptoms": LIGHT["symptoms"],
    "alliance": LIGHT["alliance"],
    "social_support": SUPPORT,
    "interpersonal_stress": STRESS,
    "emotional_processing": PROCESSING,
    "interpersonal_skills": SKILLS,
}

#: Widths of a whole chart in pixels: half a page, a page, a phone.
HALF_WIDTH, FULL_WIDTH, PHONE_WIDTH = 540, 1080, 330

_Chart = TypeVar(
    "_Chart",
    alt.Chart,
    alt.LayerChart,
    alt.HConcatChart,
    alt.VConcatChart,
    alt.ConcatChart,
    alt.FacetChart,
)
_Arguments = ParamSpec("_Arguments")


def colour(construct: str) -> str:
    """Return the colour of a construct; constructs outside the model get the neutral one."""
    return CONSTRUCT_COLOURS.get(construct, OTHER)


class _Validation:
    """Altair's check of every part, off while at least one thread builds a chart.

    Altair keeps the switch in one variable of the process: threads that overlap would restore each other's value, and
    could leave it off.
    """

    def __init__(self) -> None:
        self._lock, self._builders, self._off = threading.Lock(), 0, contextlib.ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if not self._builders:
                self._off.enter_context(schemapi.debug_mode(False))
            self._builders += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._builders -= 1
            if not self._builders:
                self._off.close()


_NO_VALIDATION = _Validation()


def skip_validation(build: Callable[_Arguments, _Chart]) -> Callable[_Arguments, _Chart]:
    """Let a function build its chart without a check of every part against Altair's schema.

    The checks take longer than the drawing, and the parts are always the same: the tests check them.
    """

    @functools.wraps(build)
    def build_faster(*arguments: _Arguments.args, **options: _Arguments.kwargs) -> _Chart:
        with _NO_VALIDATION:
            return build(*arguments, **options)

    return build_faster


class _Unit(alt.Chart):
    """A chart whose copies share their parts.

    Altair copies every part of a layer several times while it composes charts, and then replaces whole properties of
    the copy only.
    """

    def copy(self, deep: bool | Iterable[Any] = True, ignore: list[str] | None = None) -> Self:
        return super().copy(deep=False if deep is True else deep, ignore=ignore)


class _Layers(alt.LayerChart):
    """A layered chart whose copies share their parts, as those of its layers do."""

    def copy(self, deep: bool | Iterable[Any] = True, ignore: list[str] | None = None) -> Self:
        return super().copy(deep=False if deep is True else deep, ignore=ignore)


def table(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Return a chart without marks that holds `rows` as inline data."""
    # a tuple, because Altair copies a list with all its rows in every step
    return _Unit(alt.InlineData(values=tuple(dict(row) for row in rows)))


def layer(*layers: alt.Chart, fitted: bool = True, **properties: Any) -> alt.LayerChart:
    """Return a layered chart; with `fitted` the given width includes the axes."""
    sized: dict[str, Any] = {"autosize": alt.AutoSizeParams(type="fit", contains="padding")} if fitted else {}
    return _Layers(layer=layers, **sized, **properties)


#: Built once, because every `configure_…` method of Altair copies the whole chart with its rows.
_CONFIG = alt.Config(
    font="sans-serif",
    padding={"left": 2, "right": 6, "top": 6, "bottom": 2},
    view=alt.ViewConfig(stroke=None),
    axis=alt.AxisConfig(
        domain=False,
        ticks=False,
        gridColor=LINE,
        labelColor=SOFT,
        labelFontSize=11.5,
        labelPadding=6,
        titleColor=SOFT,
        titleFontSize=11.5,
        titleFontWeight="normal",
    ),
    header=alt.HeaderConfig(labelColor=INK, labelFontSize=13, titleColor=SOFT),
    legend=alt.LegendConfig(labelColor=SOFT, titleColor=SOFT, labelFontSize=11.5, titleFontSize=11.5),
    text=alt.MarkConfig(color=SOFT, fontSize=11.5),
    title=alt.TitleConfig(color=INK, fontSize=13, fontWeight="normal", anchor="start"),
)


def apply_theme(chart: _Chart, *, label: str, description: str) -> _Chart:
    """Return the chart with the common style and its text alternative.

    `label` is a short name, `description` says what the chart shows; `render.svg` writes both into the image.
    """
    themed: _Chart = chart.copy(deep=False)
    themed.config = _CONFIG
    themed.description = description
    themed.usermeta = {"label": label}
    themed.background = "transparent"
    return themed
