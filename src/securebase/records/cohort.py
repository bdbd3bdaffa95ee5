"""Cohorts: episodes with their constructs and an import report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from securebase.measurement.constructs import Construct
from securebase.records.episode import EpisodeRecord


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Excluded rows, cells or persons with the reason. `rows` holds the first few row numbers (header = 1)."""

    reason: str
    count: int
    unit: str = "row"
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Account of an import: rows and values used, exclusions with reasons, and remarks."""

    file: str
    fingerprint: str
    rows_in_file: int
    rows_used: int
    cells_used: int
    cells_missing: int
    exclusions: tuple[Exclusion, ...] = ()
    remarks: tuple[str, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """Return the report as sentences, one for each kind of exclusion."""
        head = (
            f"{self.file}: {self.rows_used:,} of {_pluralise(self.rows_in_file, 'row')} used, "
            f"{_pluralise(self.cells_used, 'value')} read, {self.cells_missing:,} missing."
        )
        excluded = [f"Skipped {_pluralise(s.count, s.unit)}: {s.reason}{_format_rows(s)}." for s in self.exclusions]
        return (head, *excluded, *self.remarks)


def _pluralise(count: int, unit: str) -> str:
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"


def _format_rows(skipped: Exclusion) -> str:
    if not skipped.rows:
        return ""
    ellipsis = ", …" if skipped.count > len(skipped.rows) else ""
    noun = "row" if skipped.count == 1 else "rows"
    return f" ({noun} {', '.join(str(r) for r in skipped.rows)}{ellipsis})"


@dataclass(frozen=True, slots=True)
class Cohort:
    r"""Episodes of many persons, measured on the same constructs.

    `securebase.read_cohort` reads one from a table, `securebase.simulate` draws one.

    Parameters
    ----------
    episodes : tuple of EpisodeRecord
        One course of therapy per person.
    constructs : tuple of Construct
        The measured constructs with direction and moment of measurement.
    outcome : str
        Name of the outcome construct.
    processes : tuple of str
        Names of the process constructs.
    time_unit : str, default "week"
        Unit of the times in the source. Times in the records are always in days.
    days_per_unit : float, default 7.0
        Length of `time_unit` in days.
    import_report : ImportReport, optional
        Rows and values read, exclusions and remarks, if the cohort comes from a file.
    simulated : bool, default False
        True for simulated data.
    seed : int, optional
        Seed of the simulation.
    remarks : tuple of str
        Remarks for readers of a report.
    covariates : tuple of str
        Time-invariant covariates that a model of the cohort includes.
    inputs : tuple of str
        Time-varying inputs that a model includes.
    therapists : bool, default False
        True if a model includes a therapist level.
    indicators : mapping of str to tuple
        Construct → (instrument, scale) of its indicators, the reference indicator first.
    before_and_after : mapping of str to (str, str)
        Outcome or process rated twice a session → constructs with the rating before and the rating after it. One of
        them is the outcome or process itself, which lags and models use.

    Examples
    --------
    >>> import securebase
    >>> table = b"who,session,mood\nA,1,12\nA,2,9\nB,1,15\n"
    >>> cohort = securebase.read_cohort(table, person="who", time="session", outcome="mood")
    >>> len(cohort), [episode.person for episode in cohort.episodes]
    (2, ['A', 'B'])
    >>> cohort.import_report.rows_used
    3
    """

    episodes: tuple[EpisodeRecord, ...]
    constructs: tuple[Construct, ...]
    outcome: str
    processes: tuple[str, ...] = ()
    time_unit: str = "week"
    days_per_unit: float = 7.0
    import_report: ImportReport | None = None
    simulated: bool = False
    seed: int | None = None
    remarks: tuple[str, ...] = field(default=())
    covariates: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    therapists: bool = False
    indicators: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    before_and_after: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.episodes)

    def construct(self, name: str) -> Construct:
        """Return the construct with this name, or raise KeyError."""
        return {c.name: c for c in self.constructs}[name]
