"""Reader of instrument files: TOML in, `Instrument` out. An InstrumentError names the file and the field."""

from __future__ import annotations

from typing import Any

from securebase.errors import InstrumentError
from securebase.measurement.consistency import check_consistency
from securebase.measurement.instrument import Instrument, ResponseOption
from securebase.schema import Number, Place, ShelfStruct, Text, convert, json_schema, parse_toml


class ItemRange(ShelfStruct, frozen=True):
    """Range of all items that give none of their own, and answers besides it that count as missing."""

    minimum: Number | None = None
    maximum: Number | None = None
    step: Number = 1.0
    options: tuple[ResponseOption, ...] = ()


class ShortItems(ShelfStruct, frozen=True):
    """The short form of items: labels that share one range, in place of one table an item."""

    item_labels: tuple[Text, ...] = ()
    response: ItemRange = ItemRange()


def read_instrument(file: str, content: bytes) -> Instrument:
    """Read and check the instrument in a TOML file. Errors call the file `file`."""
    place = Place(file, InstrumentError)
    instrument = convert(_expand_items(parse_toml(content, place), place), Instrument, place)
    check_consistency(instrument, place)
    return instrument


def _expand_items(values: dict[str, Any], place: Place) -> dict[str, Any]:
    """Return the tables of the file with one table an item, each with its range."""
    default = values.get("response", {})
    short = convert({key: values.pop(key) for key in ("item_labels", "response") if key in values}, ShortItems, place)
    items = values.get("items", [])
    if bool(short.item_labels) == bool(items):
        place.fail("needs either “items” or “item_labels”, not both", "items")
    if short.item_labels:
        items = [{"number": n, "label": label} for n, label in enumerate(short.item_labels, start=1)]
    if isinstance(items, list):
        items = [default | item if isinstance(item, dict) else item for item in items]
    return values | {"items": items}


def instrument_schema() -> dict[str, Any]:
    """Return the JSON Schema of instrument files: the struct and the short form of its items."""
    schema = json_schema(Instrument, "An instrument of Securebase")
    kinds, short = schema["$defs"], json_schema(ShortItems, "")["$defs"]
    kinds["Instrument"]["properties"] |= short["ShortItems"]["properties"]
    kinds["Instrument"]["required"].remove("items")
    kinds["Item"]["required"] = ["number", "label"]
    kinds["ItemRange"] = short["ItemRange"]
    return schema
