"""Columns of the client's network, as known at the end of the day of each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from statistics import fmean

from securebase.exchange.clinic_table.course_rows import CourseRows, TableEntry
from securebase.exchange.clinic_table.worksheet_columns import NUMERIC
from securebase.exchange.data_dictionary import TableColumn
from securebase.ipt.network import (
    Network,
    circles_of,
    gives_support,
    mean_distance,
    network_at,
    network_members_at,
    tie_ratings,
)
from securebase.ipt.shelf import worksheets_with
from securebase.ipt.worksheet import Worksheet, WorksheetRole
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import CircleKind, Moment, SupportKind


def _count(name: str, label: str, claims: tuple[str, ...], construct: str = "") -> TableColumn:
    return TableColumn(
        name, label, "people", construct=construct, unit="people", minimum=0.0, moment=Moment.AFTER, claims=claims
    )


_SIZE = _count("network_size", "People inside the rings of the closeness circle", ("S62", "S75"), "network_size")
_KNOWN = _count("people_listed", "Living, non-professional people in the inventory", ("S75",))
_SUPPORTING = _count("people_supporting", "People who give the client any support", ("S83",))
_BY_KIND = {
    kind: _count(f"people_giving_{kind.value}", f"People who give the client support: {kind.label.lower()}", ("S83",))
    for kind in SupportKind
}
_RECIPROCITY = TableColumn(
    "reciprocity",
    "Share of relationships with mutual support, among those with a known direction of support",
    "people",
    minimum=0.0,
    maximum=1.0,
    moment=Moment.AFTER,
    claims=("S71",),
)
_WISHED = TableColumn(
    "wished_distance",
    "Mean distance between the present and the wished-for circle",
    "people",
    unit="radii of the widest ring",
    minimum=0.0,
    moment=Moment.AFTER,
    claims=("S71",),
)
#: What support depends on (S100), so that only people who give it are averaged: the two factors of one product.
_COMMITMENT, _OBJECTIVITY = "tie_commitment", "tie_objectivity"
_QUALITY = TableColumn(
    "support_quality",
    "Stands by the client × sees things fairly, each as a share of its scale (mean over people who give support)",
    "people",
    minimum=0.0,
    maximum=1.0,
    moment=Moment.AFTER,
    claims=("S100",),
)


def people_entries(courses: Sequence[CourseRows]) -> Iterator[TableEntry]:
    """Yield counts of the network, means of the ratings of relationships, and the wished-for distance."""
    for c, course in enumerate(courses):
        for r, row in enumerate(course.rows) if course.record.relationships else ():
            end_of_day = row.day + 1.0
            cells = _network_cells(course.record, network_at(course.record, end_of_day), end_of_day)
            cells |= _tie_cells(course.record, end_of_day)
            yield from (TableEntry(column, c, r, value) for column, value in cells.items())


def _network_cells(record: EpisodeRecord, network: Network, day: float) -> dict[TableColumn, float]:
    present, wished = circles_of(record, day=day), circles_of(record, CircleKind.WISHED, day)
    cells = {_KNOWN: float(len(network_members_at(record, day)))}
    if present:
        cells[_SIZE] = float(network.size)
    if network.rated:
        cells[_SUPPORTING] = float(network.giving_any)
        cells |= {column: float(network.giving[kind]) for kind, column in _BY_KIND.items()}
    if network.known_ties:
        cells[_RECIPROCITY] = network.mutual / network.known_ties
    if present and wished and (distance := mean_distance(present[-1], wished[-1])) is not None:
        cells[_WISHED] = distance
    return cells


def _tie_cells(record: EpisodeRecord, day: float) -> dict[TableColumn, float]:
    """Return the mean of the last rating of every member of the network, for each numeric field of the worksheet.

    How far people stand by the client and see things fairly, and the product of both, are means over those who give
    support.
    """
    members = network_members_at(record, day)
    last = [ratings[-1] for person in members if (ratings := tie_ratings(record, person.id, day))]
    supporting = [rating for rating in last if gives_support(rating)]
    cells: dict[TableColumn, float] = {}
    for spec in worksheets_with(WorksheetRole.TIE):
        for field in spec.fields:
            of_support = field.construct in (_COMMITMENT, _OBJECTIVITY)
            numbers = [v for r in (supporting if of_support else last) if (v := r.number(field.id)) is not None]
            if field.kind in NUMERIC and numbers:
                column = TableColumn(
                    field.construct or f"{spec.id}_{field.id}",
                    f"{spec.name}: {field.label} (mean over {'people who give support' if of_support else 'people'})",
                    "people",
                    construct=field.construct,
                    minimum=field.minimum,
                    maximum=field.maximum,
                    moment=Moment.AFTER,
                    claims=field.measures or spec.claims,
                )
                cells[column] = fmean(numbers)
        if products := [p for rating in supporting if (p := _support_quality(spec, rating)) is not None]:
            cells[_QUALITY] = fmean(products)
    return cells


def _support_quality(spec: Worksheet, rating: ArtefactRecord) -> float | None:
    """Return commitment × objectivity of one person, each as a share of its scale; None unless both are rated."""
    shares = [
        (value - field.minimum) / (field.maximum - field.minimum)
        for field in spec.fields
        if field.construct in (_COMMITMENT, _OBJECTIVITY) and (value := rating.number(field.id)) is not None
    ]
    return prod(shares) if len(shares) == 2 else None
