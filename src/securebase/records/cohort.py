"""`Cohort`: many episodes with what is known of their source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from securebase.measurement.constructs import Construct
from securebase.records.episode import EpisodeRecord


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Rows or cells that were not used, and why. `rows` holds the first few row numbers of the file (header = 1)."""

    reason: str
    count: int
    unit: str = "row"
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a reader did with a file: nothing is dropped in silence."""

    file: str
    fingerprint: str
    rows_in_file: int
    rows_used: int
    cells_used: int
    cells_missing: int
    exclusions: tuple[Exclusion, ...] = ()
    remarks: tuple[str, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """The same in plain sentences, one for each kind of thing that was left out."""
        head = (
            f"{self.file}: {self.rows_used:,} of {_plural(self.rows_in_file, 'row')} used, "
            f"{_plural(self.cells_used, 'value')} read, {self.cells_missing:,} missing."
        )
        left_out = [f"Skipped {_plural(s.count, s.unit)}: {s.reason}{_where(s)}." for s in self.exclusions]
        return (head, *left_out, *self.remarks)


def _plural(count: int, unit: str) -> str:
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"


def _where(skipped: Exclusion) -> str:
    if not skipped.rows:
        return ""
    more = ", …" if skipped.count > len(skipped.rows) else ""
    noun = "row" if skipped.count == 1 else "rows"
    return f" ({noun} {', '.join(str(r) for r in skipped.rows)}{more})"


@dataclass(frozen=True, slots=True)
class Cohort:
    """Many episodes measured on the same constructs. `outcome` and `processes` name the roles in a study.

    covariates, inputs, therapists, indicators: what a model of the cohort is to know beside one score a construct.
    """

    episodes: tuple[EpisodeRecord, ...]
    constructs: tuple[Construct, ...]
    outcome: str
    processes: tuple[str, ...] = ()
    #: unit in which the times of the source were given, and how many days one of it is
    time_unit: str = "week"
    days_per_unit: float = 7.0
    import_report: ImportReport | None = None
    simulated: bool = False
    seed: int | None = None
    remarks: tuple[str, ...] = field(default=())
    covariates: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    #: clients of one therapist share something
    therapists: bool = False
    #: construct → the (instrument, scale) of each of its several columns, the leading one first
    indicators: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.episodes)

    def construct(self, name: str) -> Construct:
        """The construct with this name, or KeyError."""
        return {c.name: c for c in self.constructs}[name]
