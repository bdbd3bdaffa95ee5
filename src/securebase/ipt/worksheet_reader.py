"""Reader of worksheet files: one TOML file → `Worksheet`. Every ShelfError names the file and the invalid field."""

from __future__ import annotations

from securebase.errors import ShelfError
from securebase.ipt.worksheet import Field, FieldKind, Worksheet, WorksheetGroup, WorksheetRole
from securebase.measurement.constructs import UNMEASURED_CONSTRUCTS
from securebase.schema import Place, read_toml


def read_worksheet(file: str, content: bytes) -> Worksheet:
    """Read and check the worksheet in a TOML file. `file` is the name that errors show. Raises ShelfError."""
    place = Place(file, ShelfError)
    spec = read_toml(content, Worksheet, place)
    for n, field in enumerate(spec.fields, start=1):
        _check_field(field, place.at("fields", n))
    _check(spec, place)
    return spec


def _check_field(field: Field, place: Place) -> None:
    _check_construct(field, place)
    if field.minimum >= field.maximum:
        place.fail(f"must be above the minimum (got {field.maximum:g}, minimum {field.minimum:g})", "maximum")
    if (field.kind in {FieldKind.CHOICE, FieldKind.CHOICES}) != bool(field.options):
        place.fail("a choice needs options, and no other kind of field has them", "options")
    if len({o.value for o in field.options}) != len(field.options):
        place.fail("every option needs its own value", "options")
    if (field.kind is FieldKind.ROWS) != bool(field.columns):
        place.fail("a list needs columns, and no other kind of field has them", "columns")
    ids = [c.id for c in field.columns]
    if len(set(ids)) != len(ids):
        place.fail(f"every column needs its own id (got {', '.join(ids)})", "columns")
    for n, column in enumerate(field.columns, start=1):
        column_place = place.at("columns", n)
        if column.kind is FieldKind.ROWS:
            column_place.fail("a list must not be a column of another list", "kind")
        _check_field(column, column_place)


def _check(spec: Worksheet, place: Place) -> None:
    ids = [f.id for f in spec.fields]
    if not ids:
        place.fail("must hold at least one field", "fields")
    if len(set(ids)) != len(ids):
        place.fail(f"every field needs its own id (got {', '.join(ids)})", "fields")
    if spec.title and (field := spec.field(spec.title)) is None:
        place.fail(f"unknown field “{spec.title}”", "title", f"Known: {', '.join(ids)}.")
    elif spec.title and field is not None and field.kind is FieldKind.ROWS:
        place.fail(f"must not be a list (got “{spec.title}”)", "title")
    if spec.about_person and any(f.kind is FieldKind.PERSON for f in spec.fields):
        place.fail("must not ask for a person again", "fields", "The worksheet is about one person: see about_label.")
    _check_construct(spec, place)
    _check_claims(spec, spec.claims, place)
    for n, field in enumerate(spec.fields, start=1):
        _check_claims(field, spec.claims, place.at("fields", n))
    if spec.client_fills and not spec.for_client:
        place.fail("a worksheet that the client fills in must be shown to the client", "client_fills")
    for name in ("client_name", "client_about"):
        if spec.for_client != bool(getattr(spec, name)):
            rule = "is required" if spec.for_client else "is allowed only"
            place.fail(f"{rule} with for_client = true", name)
    for key in ("summary", "repeated"):
        if unknown := [name for name in getattr(spec, key) if spec.field(name) is None]:
            place.fail(f"unknown field “{unknown[0]}”", key, f"Known: {', '.join(ids)}.")
    for n, follow_up in enumerate(spec.follows, start=1):
        if unknown := [name for name in follow_up.fields if spec.field(name) is None]:
            place.at("follows", n).fail(f"unknown field “{unknown[0]}”", "fields", f"Known: {', '.join(ids)}.")
    if spec.page == "timeline" and spec.add is None:
        place.fail("is required for a worksheet of the timeline", "add", "Give the label of its link.")
    if (spec.role is WorksheetRole.AREA_WORK) != (spec.group is WorksheetGroup.AREA):
        place.fail(f"must be “area_work” in the group “area”, and only there (group: “{spec.group.value}”)", "role")
    if spec.role is WorksheetRole.AREA_WORK:
        for name in ("add", "areas"):
            if not getattr(spec, name):
                place.fail("is required for the role “area_work”", name)


def _check_construct(part: Worksheet | Field, place: Place) -> None:
    """Check that a worksheet or a field names a construct that no questionnaire measures: its column has that name."""
    if part.construct and part.construct not in UNMEASURED_CONSTRUCTS:
        known = ", ".join(UNMEASURED_CONSTRUCTS)
        place.fail(
            f"must be a construct without a questionnaire (got “{part.construct}”)", "construct", f"Known: {known}."
        )


def _check_claims(part: Worksheet | Field, claims: tuple[str, ...], place: Place) -> None:
    """Check that a worksheet or a field measures, or is a tool for, only claims that the worksheet serves."""
    for name in ("measures", "tools"):
        if unknown := [claim for claim in getattr(part, name) if claim not in claims]:
            place.fail(f"must be among the claims of the worksheet (got “{unknown[0]}”)", name)
