"""Import reports as sentences, and constructs of a cohort."""

import pytest

from securebase.measurement.constructs import construct, custom_construct
from securebase.records.cohort import Cohort, Exclusion, ImportReport


def test_an_import_report_in_sentences() -> None:
    skipped = (
        Exclusion("no identifier in “id”", 1200, rows=(3, 5, 8)),
        Exclusion("no time in “session”", 1, rows=(9,)),
        Exclusion("the value is unclear", 2, unit="cell"),
    )
    reading = ImportReport("t.csv", "f", 4000, 2799, 5598, 40, skipped, ("Cells are separated by tabs.",))
    assert reading.sentences() == (
        "t.csv: 2,799 of 4,000 rows used, 5,598 values read, 40 missing.",
        "Skipped 1,200 rows: no identifier in “id” (rows 3, 5, 8, …).",
        "Skipped 1 row: no time in “session” (row 9).",
        "Skipped 2 cells: the value is unclear.",
        "Cells are separated by tabs.",
    )


def test_a_count_of_one_is_singular() -> None:
    assert ImportReport("t.csv", "f", 1, 1, 1, 0).sentences() == ("t.csv: 1 of 1 row used, 1 value read, 0 missing.",)


def test_a_cohort_knows_its_constructs() -> None:
    cohort = Cohort((), (construct("symptoms"), custom_construct("warmth")), "symptoms", ("warmth",))
    assert (len(cohort), cohort.construct("warmth").label) == (0, "warmth")
    with pytest.raises(KeyError):
        cohort.construct("alliance")
