"""One TOML file of the shelf → `Instrument`. Says in an InstrumentError which field of which file is not sound."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import TypeVar

from securebase.errors import InstrumentError
from securebase.measurement.change import reliable_change_points
from securebase.measurement.consistency import check_sound
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

#: what a file may say is what the classes hold; items may also be given in short
_SCALE = frozenset(f.name for f in fields(Scale))
_ITEM = frozenset(f.name for f in fields(Item))
_TOP = frozenset(f.name for f in fields(Instrument)) | {"response", "item_labels"}


def read_instrument(file: str, content: bytes) -> Instrument:
    """The instrument that a TOML file describes, checked for soundness. `file` is the name that errors show."""
    try:
        values = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InstrumentError(f"is no readable TOML ({error})", where=file, advice="Mend the line it names.") from None
    top = Fields(file, values)
    instrument = _instrument(top)
    check_sound(instrument, top)
    return instrument


def _instrument(top: Fields) -> Instrument:
    top.only(*_TOP)
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
        asked=_asked(top.table("asked")),
    )


def _asked(f: Fields) -> AdministrationSchedule | None:
    if not f.values:
        return None
    f.only("at", "every", "first", "areas", "order")
    return AdministrationSchedule(
        at=tuple(_stage(f, value) for value in f.texts("at")),
        every=f.whole("every", 0),
        first=f.whole("first", 1),
        areas=f.texts("areas"),
        order=f.whole("order", 1),
    )


def _stage(f: Fields, value: str) -> CourseStage:
    try:
        return CourseStage(value)
    except ValueError:
        f.fail(f"“{value}” is not known", "at", f"Known are: {', '.join(CourseStage)}.")


def _items(top: Fields) -> tuple[Item, ...]:
    """Items one by one, or, where all answer alike, only their labels; both take the range in [response]."""
    response = top.table("response")
    response.only("minimum", "maximum", "step")
    labels, tables = top.texts("item_labels"), top.tables("items")
    if bool(labels) == bool(tables):
        top.fail("give either “items” or “item_labels”", "items")
    if labels:
        tables = [Fields(top.file, {"number": i, "label": t}, "item_labels") for i, t in enumerate(labels, start=1)]
    return tuple(_item(table, response) for table in tables)


def _item(f: Fields, response: Fields) -> Item:
    f.only(*_ITEM)

    def ranged(field: str, default: float | None = None) -> float:
        return f.number(field) if field in f.values else response.number(field, default)

    return Item(
        number=f.whole("number"),
        label=f.text("label"),
        minimum=ranged("minimum"),
        maximum=ranged("maximum"),
        step=ranged("step", 1.0),
        text=f.text("text", ""),
        low_label=f.text("low_label", ""),
        high_label=f.text("high_label", ""),
        options=tuple(ResponseOption(o.number("value"), o.text("label")) for o in f.tables("options")),
        required=f.flag("required", False),
    )


def _scale(f: Fields) -> Scale:
    f.only(*_SCALE)
    return Scale(
        id=f.text("id"),
        label=f.text("label"),
        construct=f.text("construct"),
        items=f.wholes("items", required=True),
        method=_one_of(f, "method", Method),
        missing=_one_of(f, "missing", MissingRule),
        minimum=f.number("minimum"),
        maximum=f.number("maximum"),
        direction=_one_of(f, "direction", Direction),
        max_missing=f.whole("max_missing", 0),
        reversed_items=f.wholes("reversed_items"),
        only_without=f.wholes("only_without"),
        claims=f.texts("claims"),
        multiplier=f.number("multiplier", 1.0),
        bands=tuple(Band(b.number("low"), b.number("high"), b.text("label")) for b in f.tables("bands")),
        reliable_change=_reliable_change(f.table("reliable_change")),
        remission_below=f.maybe_number("remission_below"),
        caseness_from=f.maybe_number("caseness_from"),
        response_fraction=f.maybe_number("response_fraction"),
        clinical_mean=f.maybe_number("clinical_mean"),
        clinical_sd=f.maybe_number("clinical_sd"),
        normal_mean=f.maybe_number("normal_mean"),
        normal_sd=f.maybe_number("normal_sd"),
    )


def _reliable_change(f: Fields) -> ReliableChange | None:
    """Either tabled points, or a spread and a reliability to compute them from."""
    if not f.values:
        return None
    f.only("points", "sd", "reliability", "basis", "verified")
    sd, reliability, points = f.maybe_number("sd"), f.maybe_number("reliability"), f.maybe_number("points")
    if points is None:
        if sd is None or reliability is None:
            f.fail("give “points”, or “sd” and “reliability”")
        if not (sd > 0 and 0 <= reliability < 1):
            f.fail("sd must be above 0 and reliability from 0 to below 1", "reliability")
        points = reliable_change_points(sd, reliability)
    elif sd is not None or reliability is not None:
        f.fail("give either “points”, or “sd” and “reliability”", "points")
    if points <= 0:
        f.fail("must be above 0", "points")
    return ReliableChange(points, f.text("basis"), f.flag("verified"), sd, reliability)


def _licence(f: Fields) -> Licence:
    f.only("status", "holder", "may_ship_text")
    return Licence(f.text("status"), f.text("holder", ""), f.flag("may_ship_text", False))


def _safety_rule(f: Fields) -> SafetyRule:
    f.only("item", "at_least", "concern")
    return SafetyRule(f.whole("item"), f.number("at_least"), f.text("concern"))


def _provenance(f: Fields) -> Provenance:
    f.only("fact", "source", "verified")
    return Provenance(f.text("fact"), f.text("source"), f.flag("verified"))


def _codes(f: Fields) -> dict[str, str]:
    return {field: f.text(field) for field in f.values}


def _example(f: Fields) -> WorkedExample:
    f.only("about", "responses", "scores", "safety_items")
    responses = {_item_number(f, key): value for key, value in _values(f, "responses", "missing").items()}
    return WorkedExample(responses, _values(f, "scores", "none"), f.wholes("safety_items"), f.text("about", ""))


def _item_number(f: Fields, key: str) -> int:
    if not key.isdecimal():
        f.fail(f"names its items by number, found {key!r}", "responses")
    return int(key)


def _values(f: Fields, field: str, word_for_none: str) -> Mapping[str, float | None]:
    """A table of numbers in which one word stands for no value, since TOML has none."""
    table = f.table(field)
    return {k: None if v == word_for_none else table.as_number(v, k) for k, v in table.values.items()}


def _one_of(f: Fields, field: str, kind: type[E]) -> E:
    value = f.text(field)
    try:
        return kind(value)
    except ValueError:
        f.fail(f"“{value}” is not known", field, f"Known are: {', '.join(kind)}.")
