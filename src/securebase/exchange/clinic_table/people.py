"""Columns of the client's network, as known at the end of the day of each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean

from securebase.exchange.clinic_table.course_rows import CourseRows, TableEntry
from securebase.exchange.clinic_table.worksheet_columns import NUMERIC
from securebase.exchange.data_dictionary import TableColumn
from securebase.ipt.network import Network, circles_of, mean_distance, network_at, network_members_at, tie_ratings
from securebase.ipt.shelf import worksheets_with
from securebase.ipt.worksheet import WorksheetRole
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
    """Return the mean of the last rating of every member of the network, for each numeric field of the worksheet."""
    members = network_members_at(record, day)
    last = [ratings[-1] for person in members if (ratings := tie_ratings(record, person.id, day))]
    cells: dict[TableColumn, float] = {}
    for spec in worksheets_with(WorksheetRole.TIE):
        for field in spec.fields:
            numbers = [v for rating in last if (v := rating.number(field.id)) is not None]
            if field.kind in NUMERIC and numbers:
                column = TableColumn(
                    field.construct or f"{spec.id}_{field.id}",
                    f"{spec.name}: {field.label} (mean over people)",
                    "people",
                    construct=field.construct,
                    minimum=field.minimum,
                    maximum=field.maximum,
                    moment=Moment.AFTER,
                    claims=field.measures or spec.claims,
                )
                cells[column] = fmean(numbers)
    return cells
