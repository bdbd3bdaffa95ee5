"""Reader of instrument files: TOML in, `Instrument` out. An InstrumentError names the file and the field."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import TypeVar

from securebase.errors import InstrumentError
from securebase.measurement.change import reliable_change_points
from securebase.measurement.consistency import check_consistency
from securebase.measurement.constructs import Direction
from securebase.measurement.instrument import (
    AdministrationSchedule,
    Band,
    CourseStage,
    Instrument,
    Item,
    Licence,
    Method,
    MissingRule,
    Provenance,
    ReliableChange,
    ResponseOption,
    SafetyRule,
    Scale,
    WorkedExample,
)
from securebase.measurement.toml_fields import Fields

E = TypeVar("E", bound=StrEnum)

#: Keys that a file may hold: the fields of the classes. Items have a short form, and the key of `schedule` is “asked”.
_SCALE = frozenset(f.name for f in fields(Scale))
_ITEM = frozenset(f.name for f in fields(Item))
_TOP = frozenset(f.name for f in fields(Instrument)) - {"schedule"} | {"response", "item_labels", "asked"}


def read_instrument(file: str, content: bytes) -> Instrument:
    """Read and check the instrument in a TOML file. Errors call the file `file`."""
    try:
        values = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InstrumentError(f"invalid TOML: {error}", where=file, advice="Correct the line named.") from None
    top = Fields(file, values)
    instrument = _instrument(top)
    check_consistency(instrument, top)
    return instrument


def _instrument(top: Fields) -> Instrument:
    top.allow_only(*_TOP)
    return Instrument(
        id=top.text("id"),
        name=top.text("name"),
        about=top.text("about"),
        respondent=top.text("respondent"),
        moment=top.text("moment"),
        window=top.text("window"),
        items=_items(top),
        scales=tuple(_scale(f) for f in top.tables("scales")),
        licence=_licence(top.table("licence")),
        version=top.text("version", "1"),
        safety_rules=tuple(_safety_rule(f) for f in top.tables("safety_rules")),
        provenance=tuple(_provenance(f) for f in top.tables("provenance")),
        examples=tuple(_example(f) for f in top.tables("examples")),
        codes=_codes(top.table("codes")),
        notes=top.texts("notes"),
        own_wording=top.flag("own_wording", False),
        validated=top.flag("validated", True),
        schedule=_schedule(top.table("asked")),
    )


def _schedule(f: Fields) -> AdministrationSchedule | None:
    if not f.values:
        return None
    f.allow_only("at", "every", "first", "areas", "order")
    return AdministrationSchedule(
        at=tuple(_stage(f, value) for value in f.texts("at")),
        every=f.whole_number("every", 0),
        first=f.whole_number("first", 1),
        areas=f.texts("areas"),
        order=f.whole_number("order", 1),
    )


def _stage(f: Fields, value: str) -> CourseStage:
    try:
        return CourseStage(value)
    except ValueError:
        f.fail(f"unknown stage “{value}”", "at", f"Known: {', '.join(CourseStage)}.")


def _items(top: Fields) -> tuple[Item, ...]:
    """Read items from tables, or from labels where all share one response range. [response] holds the default range."""
    response = top.table("response")
    response.allow_only("minimum", "maximum", "step")
    labels, tables = top.texts("item_labels"), top.tables("items")
    if bool(labels) == bool(tables):
        top.fail("needs either “items” or “item_labels”, not both", "items")
    if labels:
        tables = [Fields(top.file, {"number": i, "label": t}, "item_labels") for i, t in enumerate(labels, start=1)]
    return tuple(_item(table, response) for table in tables)


def _item(f: Fields, response: Fields) -> Item:
    f.allow_only(*_ITEM)

    def range_value(field: str, default: float | None = None) -> float:
        return f.number(field) if field in f.values else response.number(field, default)

    return Item(
        number=f.whole_number("number"),
        label=f.text("label"),
        minimum=range_value("minimum"),
        maximum=range_value("maximum"),
        step=range_value("step", 1.0),
        text=f.text("text", ""),
        low_label=f.text("low_label", ""),
        high_label=f.text("high_label", ""),
        options=tuple(ResponseOption(o.number("value"), o.text("label")) for o in f.tables("options")),
        required=f.flag("required", False),
    )


def _scale(f: Fields) -> Scale:
    f.allow_only(*_SCALE)
    return Scale(
        id=f.text("id"),
        label=f.text("label"),
        construct=f.text("construct"),
        items=f.whole_numbers("items", required=True),
        method=_enum(f, "method", Method),
        missing=_enum(f, "missing", MissingRule),
        minimum=f.number("minimum"),
        maximum=f.number("maximum"),
        direction=_enum(f, "direction", Direction),
        max_missing=f.whole_number("max_missing", 0),
        reversed_items=f.whole_numbers("reversed_items"),
        only_without=f.whole_numbers("only_without"),
        claims=f.texts("claims"),
        multiplier=f.number("multiplier", 1.0),
        bands=tuple(Band(b.number("low"), b.number("high"), b.text("label")) for b in f.tables("bands")),
        reliable_change=_reliable_change(f.table("reliable_change")),
        remission_below=f.optional_number("remission_below"),
        caseness_from=f.optional_number("caseness_from"),
        response_fraction=f.optional_number("response_fraction"),
        clinical_mean=f.optional_number("clinical_mean"),
        clinical_sd=f.optional_number("clinical_sd"),
        normal_mean=f.optional_number("normal_mean"),
        normal_sd=f.optional_number("normal_sd"),
    )


def _reliable_change(f: Fields) -> ReliableChange | None:
    """Read published points, or compute them from SD and reliability."""
    if not f.values:
        return None
    f.allow_only("points", "sd", "reliability", "basis", "verified")
    sd, reliability, points = f.optional_number("sd"), f.optional_number("reliability"), f.optional_number("points")
    if points is None:
        if sd is None or reliability is None:
            f.fail("needs “points”, or “sd” and “reliability”")
        if not (sd > 0 and 0 <= reliability < 1):
            f.fail(f"sd must be > 0 and reliability in [0, 1) (got {sd:g} and {reliability:g})", "reliability")
        points = reliable_change_points(sd, reliability)
    elif sd is not None or reliability is not None:
        f.fail("needs either “points”, or “sd” and “reliability”, not both", "points")
    if points <= 0:
        f.fail(f"must be above 0 (got {points:g})", "points")
    return ReliableChange(points, f.text("basis"), f.flag("verified"), sd, reliability)


def _licence(f: Fields) -> Licence:
    f.allow_only("status", "holder", "may_ship_text")
    return Licence(f.text("status"), f.text("holder", ""), f.flag("may_ship_text", False))


def _safety_rule(f: Fields) -> SafetyRule:
    f.allow_only("item", "at_least", "concern")
    return SafetyRule(f.whole_number("item"), f.number("at_least"), f.text("concern"))


def _provenance(f: Fields) -> Provenance:
    f.allow_only("fact", "source", "verified")
    return Provenance(f.text("fact"), f.text("source"), f.flag("verified"))


def _codes(f: Fields) -> dict[str, str]:
    # an export names every instrument by a code system and a panel, so both are compulsory
    return {field: f.text(field) for field in ("system", "panel", *f.values)}


def _example(f: Fields) -> WorkedExample:
    f.allow_only("about", "responses", "scores", "safety_items")
    responses = {_item_number(f, key): value for key, value in _values(f, "responses", "missing").items()}
    return WorkedExample(responses, _values(f, "scores", "none"), f.whole_numbers("safety_items"), f.text("about", ""))


def _item_number(f: Fields, key: str) -> int:
    if not key.isdecimal():
        f.fail(f"item must be a number (got {key!r})", "responses")
    return int(key)


def _values(f: Fields, field: str, none_word: str) -> Mapping[str, float | None]:
    """Read a table of numbers. TOML has no null, so `none_word` marks a missing value."""
    table = f.table(field)
    return {k: None if v == none_word else table.as_number(v, k) for k, v in table.values.items()}


def _enum(f: Fields, field: str, kind: type[E]) -> E:
    value = f.text(field)
    try:
        return kind(value)
    except ValueError:
        f.fail(f"unknown {field} “{value}”", field, f"Known: {', '.join(kind)}.")
