"""Published tables are read unchanged."""

import os
from pathlib import Path

import pytest

from securebase.exchange.csv_tables import read_cohort

needs_reference = pytest.mark.skipif(
    "SECUREBASE_REFERENCE" not in os.environ, reason="SECUREBASE_REFERENCE is not set: no reference data"
)


def data(name: str) -> Path:
    return Path(os.environ["SECUREBASE_REFERENCE"]) / "data" / name


@needs_reference
def test_pcit_sessions() -> None:
    """The file has 1,294 rows of 64 families, 237 rows without identifier, and 4 repeated family-sessions."""
    cohort = read_cohort(
        data("pcit_sessions.csv"),
        person="ParticipantID",
        time="SessionID",
        outcome="ECBI_Intensity",
        processes=["DPICS_Positive", "DPICS_Negative"],
    )
    reading = cohort.import_report
    assert reading is not None
    assert (len(cohort), reading.rows_in_file, reading.rows_used) == (64, 1531, 1290)
    assert [(s.count, s.reason) for s in reading.exclusions] == [
        (237, "no identifier in “ParticipantID”"),
        (4, "repeated person and time; the first row was kept, 1 with different values"),
    ]
    assert any("#NULL!" in remark for remark in reading.remarks)
    assert sum(len(e.sessions) for e in cohort.episodes) == 1290
    first = cohort.episodes[0]
    assert (first.person, [s.value for s in first.scores("ECBI_Intensity")]) == (
        "1",
        [176, 172, 170, 168, 173, 168, 174],
    )


@needs_reference
def test_pcit_columns_with_padded_and_duplicate_headers() -> None:
    cohort = read_cohort(
        data("pcit_sessions.csv"),
        person="ParticipantID",
        time="SessionID",
        outcome="ECBI_Problem_Raw",
        processes=["Race_Language_Predictor"],
    )
    assert cohort.import_report is not None
    assert (
        "Columns 4 and 8 are both named “ECBI_Problem_Raw” and have the same content; the first was read."
        in cohort.import_report.remarks
    )


@needs_reference
def test_cbt_bdi_sessions() -> None:
    cohort = read_cohort(data("cbt_bdi_sessions.csv"), person="ID", time="time", outcome="BDI", time_unit="day")
    reading = cohort.import_report
    assert reading is not None
    assert (len(cohort), reading.rows_used, [s.count for s in reading.exclusions]) == (557, 6964, [153])
    third = {s.at: s.value for s in cohort.episodes[2].scores("BDI")}
    assert third[140] == 23, "the first of two rows of that day"


@needs_reference
def test_simulated_panel_keeps_the_rows_without_any_value() -> None:
    cohort = read_cohort(
        data("ctsim_p2_N200_T12.csv"), person="id", time="time", outcome="Y1", processes=["Y2"], time_unit="file"
    )
    moments = {(e.person, a.at) for e in cohort.episodes for a in e.administrations}
    assert (len(cohort), len(moments)) == (200, 2400)
    assert [a.scores for a in cohort.episodes[0].administrations if a.at == 1.144] == [(), ()]


@needs_reference
@pytest.mark.parametrize(("name", "missing"), [("RICLPM.csv", 0), ("RICLPM_mcar20.csv", None)])
def test_wide_panel_without_identifiers(name: str, missing: int | None) -> None:
    cohort = read_cohort(data(name), person=None, outcome="y", processes=["x"], layout="wide")
    assert cohort.import_report is not None
    assert (len(cohort), cohort.import_report.cells_used + cohort.import_report.cells_missing) == (1189, 11890)
    assert (cohort.import_report.cells_missing == 0) == (missing == 0)
